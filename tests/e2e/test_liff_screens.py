"""Every screen of the check-in page in a real browser: from first use to an approved correction, help, own data."""

import base64
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FrameLocator, Page, expect

from tests.demo.duties import OpenDuty
from tests.demo.phones import NEWCOMERS, supervisor
from tests.demo.processes import ROOT
from tests.e2e.conftest import CHROMIUM, PATIENCE_MS
from tests.e2e.running import RunningDemo
from tests.e2e.test_liff import EXPECTED_ERRORS, open_page
from tests.e2e.test_main_job import CONFIRM_ZONE, Phone

__all__ = ["EXPECTED_ERRORS"]
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
    pytest.mark.xdist_group("make_run"),
    # The first test waits for the demonstration's first run.
    pytest.mark.timeout(240),
]
expect.set_options(timeout=PATIENCE_MS)

ZH, EN = "zh-Hant-TW", "en"
# The oldest phones in use.
NARROW_PX = 320
SIGNED_IN = {ZH: "簽到完成", EN: "Signed in"}
SENT = {ZH: "已送出", EN: "Sent"}
APPROVED = {ZH: "已核准", EN: "Approved"}
CORRECTED = {ZH: "補打卡，經核准", EN: "added by an approved correction"}
# A grey dot as PNG.
PHOTO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def speak(liff: FrameLocator | Page, language: str) -> None:
    """Switch the page to a language, on whichever screen it is."""
    if liff.locator("html").get_attribute("lang") != language:
        liff.get_by_test_id("language").click()
    expect(liff.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize(("language", "who"), [(ZH, 3), (EN, 4)])
def test_from_first_use_to_an_approved_correction(page: Page, demo: RunningDemo, language: str, who: int):
    """A newcomer enrols, accepts the notice, signs in, asks for a forgotten punch; the supervisor approves it."""
    newcomer = demo.workspace.rows("officers")[-NEWCOMERS + who]
    phone = Phone(page, newcomer["staff_no"])
    code = phone.by("phone-note").inner_text().split()[-1]
    phone.by("liff-open").click()
    liff = page.frame_locator('[data-testid="liff-frame"]')
    expect(liff.get_by_test_id("bind")).to_be_visible()
    speak(liff, language)
    liff.locator("#staff_no").fill(newcomer["staff_no"])
    liff.locator("#code").fill(code)
    liff.get_by_test_id("bind").click()
    liff.get_by_test_id("accept").click()
    expect(liff.get_by_test_id("who")).to_have_text(newcomer["name"])
    phone.walk_into(CONFIRM_ZONE)
    expect(liff.get_by_test_id("sensed")).to_have_attribute("data-proof", "there")
    liff.get_by_test_id("tap-in").click()
    expect(liff.get_by_test_id("recorded")).to_contain_text(SIGNED_IN[language])
    liff.get_by_test_id("go-corrections").click()
    liff.get_by_test_id("new-correction").click()
    liff.locator("#direction-in").check()
    liff.locator("#time").fill("00:01")
    liff.get_by_test_id("correction-form").get_by_role("button").first.click()
    liff.get_by_test_id("photo").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": PHOTO})
    liff.get_by_test_id("send-correction").click()
    expect(liff.get_by_test_id("correction-done")).to_contain_text(SENT[language])
    asked = liff.get_by_test_id("correction")
    expect(asked).to_have_attribute("data-state", "requested")
    reason = asked.locator("p").nth(2).inner_text()
    approve(page, demo, newcomer["name"], language)
    phone = Phone(page, newcomer["staff_no"])
    liff = open_page(phone, page)
    liff.get_by_test_id("go-corrections").click()
    expect(liff.get_by_test_id("correction")).to_have_attribute("data-state", "approved")
    expect(liff.get_by_test_id("correction")).to_contain_text(APPROVED[language])
    expect(liff.get_by_test_id("correction")).to_contain_text(reason)
    liff.get_by_test_id("go-history").click()
    liff.locator("button.day").last.click()
    expect(liff.get_by_test_id("day-detail")).to_contain_text(CORRECTED[language])


def approve(page: Page, demo: RunningDemo, name: str, language: str) -> None:
    """The supervisor looks at the photo and approves with one tap."""
    liff = open_page(Phone(page, supervisor(demo.workspace)), page)
    speak(liff, language)
    liff.get_by_test_id("go-unit").click()
    request = liff.get_by_test_id("request").filter(has_text=name)
    request.get_by_test_id("show-picture").click()
    expect(request.get_by_role("img")).to_be_visible()
    request.get_by_test_id("approve").click()
    expect(liff.get_by_test_id("decided")).to_have_text(APPROVED[language])
    expect(request).to_have_count(0)


def test_the_doctor_hears_the_beacon_and_remembers_what_helped(page: Page, on_duty: Iterator[OpenDuty]):
    phone = Phone(page, next(on_duty).staff_no)
    phone.by("switch-consent").uncheck()
    phone.walk_into_silently(CONFIRM_ZONE)
    liff = open_page(phone, page)
    liff.get_by_test_id("to-doctor").click()
    liff.get_by_test_id("doctor-begin").click()
    expect(liff.get_by_test_id("listening")).to_contain_text("正在等信標")
    consent = liff.get_by_test_id("step").get_by_text("提供使用資料")
    while not consent.is_visible():
        liff.get_by_test_id("doctor-next").click()
    phone.by("switch-consent").check()
    liff.get_by_test_id("doctor-done").click()
    phone.by("zone-again", zone=CONFIRM_ZONE).click()
    expect(liff.get_by_test_id("doctor-heard")).to_contain_text("「開啟 LINE Beacon」有用")
    liff.get_by_test_id("doctor-today").click()
    expect(liff.get_by_test_id("sensed")).to_have_attribute("data-proof", "there")
    liff.get_by_test_id("help").locator("summary").click()
    liff.get_by_test_id("help-doctor").click()
    liff.get_by_test_id("doctor-begin").click()
    liff.get_by_test_id("doctor-next").click()
    expect(liff.get_by_test_id("step")).to_contain_text("上次是這一步有用")


def test_the_code_on_the_zones_screen_signs_in_where_no_beacon_is_heard(
    page: Page, demo: RunningDemo, on_duty: Iterator[OpenDuty]
):
    phone = Phone(page, next(on_duty).staff_no)
    liff = open_page(phone, page)
    liff.get_by_test_id("to-place").click()
    liff.locator("#site_code").fill("1111 1111")
    liff.get_by_test_id("send-code").click()
    expect(liff.get_by_test_id("place-problem")).to_contain_text("現場碼不正確")
    screen = page.context.new_page()
    screen.goto(demo.screen())
    expect(screen.locator("#code")).not_to_be_empty()
    screen.screenshot(path=ROOT / "var" / "screens" / "zone-screen.png")
    code = screen.locator("#code").inner_text()
    screen.close()
    liff.locator("#site_code").fill(code)
    liff.get_by_test_id("send-code").click()
    expect(liff.get_by_test_id("sensed")).to_contain_text("已用其他方式證明")
    liff.get_by_test_id("tap-in").click()
    expect(liff.get_by_test_id("recorded")).to_contain_text("現場螢幕上的簽到碼")


def test_a_position_by_the_officers_own_act_signs_in_where_bluetooth_is_off(page: Page, on_duty: Iterator[OpenDuty]):
    phone = Phone(page, next(on_duty).staff_no)
    phone.by("switch-bluetooth").click()
    phone.walk_into_silently(CONFIRM_ZONE)
    liff = open_page(phone, page)
    liff.get_by_test_id("to-place").click()
    expect(liff.get_by_test_id("location")).to_contain_text("不留座標")
    liff.get_by_test_id("locate").click()
    expect(liff.get_by_test_id("sensed")).to_contain_text("已用其他方式證明")
    liff.get_by_test_id("tap-in").click()
    expect(liff.get_by_test_id("recorded")).to_contain_text("手機定位距此約")


def test_the_own_data_a_request_and_a_calendar_of_ones_own(page: Page, on_duty: Iterator[OpenDuty]):
    staff_no = next(on_duty).staff_no
    liff = open_page(Phone(page, staff_no), page)
    liff.get_by_test_id("go-more").click()
    liff.get_by_test_id("make-calendar").click()
    address = liff.get_by_test_id("calendar-url").inner_text()
    feed = page.request.get(address)
    assert feed.headers["content-type"].startswith("text/calendar")
    assert feed.text().startswith("BEGIN:VCALENDAR\r\n")
    liff.get_by_test_id("end-calendar").click()
    expect(liff.get_by_test_id("calendar-url")).to_have_count(0)
    assert page.request.get(address).status == 404
    liff.get_by_test_id("open-privacy").click()
    expect(liff.get_by_test_id("notice")).to_contain_text("您已於")
    liff.get_by_test_id("get-data").click()
    expect(liff.get_by_test_id("own-data")).to_contain_text("點開來看")
    liff.get_by_test_id("own-data").locator("summary").click()
    expect(liff.get_by_test_id("data")).to_contain_text(staff_no)
    liff.locator("#kind").select_option("correct")
    liff.locator("textarea").fill("職稱有誤")
    liff.get_by_test_id("ask").click()
    expect(liff.get_by_test_id("asked-request")).to_contain_text("職稱有誤")


def test_a_double_tap_two_tabs_and_the_back_button_make_one_punch(page: Page, on_duty: Iterator[OpenDuty]):
    phone = Phone(page, next(on_duty).staff_no)
    phone.walk_into(CONFIRM_ZONE)
    liff = open_page(phone, page)
    expect(liff.get_by_test_id("sensed")).to_have_attribute("data-proof", "there")
    address = phone.by("liff-frame").get_attribute("src")
    assert address
    second = page.context.new_page()
    second.goto(address)
    expect(second.get_by_test_id("tap-in")).to_be_visible()
    liff.get_by_test_id("tap-in").dblclick()
    second.get_by_test_id("tap-in").click()
    for tab in (liff, second):
        expect(tab.get_by_test_id("recorded")).to_contain_text("簽到完成")
        expect(tab.get_by_test_id("punch")).to_have_count(1)
    second.get_by_test_id("go-history").click()
    expect(second.get_by_test_id("month")).to_be_visible()
    second.get_by_test_id("go-corrections").click()
    expect(second.get_by_test_id("new-correction")).to_be_visible()
    second.go_back()
    expect(second.get_by_test_id("month")).to_be_visible()
    second.go_back()
    expect(second.get_by_test_id("recorded")).to_be_visible()
    second.close()


# Colours do not depend on the language, nor words on the scheme: each is looked at once.
@pytest.mark.parametrize(("language", "scheme"), [(ZH, "light"), (EN, "dark")])
def test_every_screen_is_for_everybody(
    page: Page, on_duty: Iterator[OpenDuty], demo: RunningDemo, scheme: Literal["light", "dark"], language: str
):
    """No serious finding of axe-core, on a narrow old phone with large letters; pictures are in ``var/screens``."""
    page.emulate_media(color_scheme=scheme)

    def look(name: str) -> None:
        # As high as the screen is long, so that what sticks to the bottom is there.
        page.set_viewport_size({"width": NARROW_PX, "height": max(568, page.evaluate("document.body.scrollHeight"))})
        page.screenshot(path=ROOT / "var" / "screens" / f"{name}-{language}-{scheme}.png")
        page.set_viewport_size({"width": NARROW_PX, "height": 568})
        found = Axe().run(page).response["violations"]
        assert [(each["id"], each["help"]) for each in found if each["impact"] in {"serious", "critical"}] == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        # Twice as large letters, as some people's phones have them: nothing may run out of the screen.
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} in large letters"
        page.evaluate("document.documentElement.style.fontSize = ''")

    newcomer = demo.workspace.rows("officers")[-NEWCOMERS + 2]["staff_no"]
    alone(page, demo, newcomer)
    expect(page.get_by_test_id("bind")).to_be_visible()
    speak(page, language)
    look("enrol")
    alone(page, demo, next(on_duty).staff_no, CONFIRM_ZONE)
    page.get_by_test_id("accept").wait_for()
    speak(page, language)
    look("notice")
    page.get_by_test_id("accept").click()
    look_at_the_officers_screens(page, look)
    alone(page, demo, supervisor(demo.workspace))
    page.get_by_test_id("accept").or_(page.get_by_test_id("who")).wait_for()
    if page.get_by_test_id("accept").is_visible():
        page.get_by_test_id("accept").click()
    speak(page, language)
    page.get_by_test_id("go-unit").click()
    expect(page.get_by_test_id("unit")).to_be_visible()
    look("unit")


def alone(page: Page, demo: RunningDemo, staff_no: str, zone: str | None = None) -> None:
    """The page of one officer by itself, as narrow as the oldest phones in use."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(demo.platform)
    phone = Phone(page, staff_no)
    if zone:
        phone.walk_into(zone)
    phone.by("liff-open").click()
    address = phone.by("liff-frame").get_attribute("src")
    assert address
    page.set_viewport_size({"width": NARROW_PX, "height": 568})
    page.goto(address)


def look_at_the_officers_screens(page: Page, look: Callable[[str], None]) -> None:
    expect(page.get_by_test_id("sensed")).to_have_attribute("data-proof", "there")
    page.get_by_test_id("help").locator("summary").click()
    look("today")
    page.get_by_test_id("help-doctor").click()
    look("doctor")
    page.get_by_test_id("doctor-begin").click()
    expect(page.get_by_test_id("listening")).to_be_visible()
    look("doctor-listening")
    page.get_by_test_id("doctor-next").click()
    expect(page.get_by_test_id("step")).to_be_visible()
    look("doctor-step")
    page.locator("#give-up").click()
    expect(page.get_by_test_id("doctor-gave-up")).to_be_visible()
    look("doctor-gave-up")
    page.get_by_test_id("doctor-place").click()
    expect(page.get_by_test_id("site-code")).to_be_visible()
    look("place")
    page.get_by_test_id("go-today").click()
    page.get_by_test_id("tap-in").click()
    expect(page.get_by_test_id("recorded")).to_be_visible()
    look("recorded")
    page.get_by_test_id("go-history").click()
    page.get_by_test_id("day").last.click()
    expect(page.get_by_test_id("day-detail")).to_be_visible()
    look("history")
    page.get_by_test_id("go-corrections").click()
    page.get_by_test_id("new-correction").click()
    look("correction")
    page.get_by_test_id("correction-form").get_by_role("button").first.click()
    page.get_by_test_id("send-correction").click()
    expect(page.get_by_test_id("correction")).to_be_visible()
    look("corrections")
    page.get_by_test_id("go-more").click()
    expect(page.get_by_test_id("make-calendar")).to_be_visible()
    look("more")
    page.get_by_test_id("open-privacy").click()
    expect(page.get_by_test_id("own-data")).to_be_visible()
    look("privacy")
