"""The phone page as a trainer uses it on the demonstration: what keeps a phone silent, and several phones at once."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, FrameLocator, Page, expect

from tests.demo.duties import OpenDuty, open_duties
from tests.demo.phones import NEWCOMERS, line_user_id
from tests.e2e.conftest import CHROMIUM, PATIENCE_MS
from tests.e2e.running import RunningDemo
from tests.e2e.test_liff import begin
from tests.e2e.test_main_job import CONFIRM_ZONE, Phone

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
    pytest.mark.xdist_group("make_run"),
    # The first test waits for the demonstration's first run.
    pytest.mark.timeout(240),
]
expect.set_options(timeout=PATIENCE_MS)


def speak(page: Page, language: str) -> None:
    if page.locator("html").get_attribute("lang") != language:
        page.get_by_test_id("language-switch").click()
    expect(page.locator("html")).to_have_attribute("lang", language)


@pytest.fixture
def off_duty(demo: RunningDemo) -> list[str]:
    """Enrolled officers without an open duty: what they do spoils nothing for those who sign in."""
    now = datetime.now(ZoneInfo("Asia/Taipei"))
    soon = {duty.staff_no for hours in (0, 1) for duty in open_duties(demo.workspace, now + timedelta(hours=hours))}
    enrolled = [row["staff_no"] for row in demo.workspace.rows("officers")[:-NEWCOMERS]]
    return [staff_no for staff_no in enrolled if staff_no not in soon]


def test_each_switch_says_what_it_keeps_away_and_opening_line_brings_the_question(
    page: Page, on_duty: Iterator[OpenDuty]
):
    phone = Phone(page, next(on_duty).staff_no)

    def expect_words(zh: str, en: str) -> None:
        expect(phone.by("walk-result")).to_contain_text(zh)
        speak(page, "en")
        expect(phone.by("walk-result")).to_contain_text(en)
        expect(phone.by("reception")).to_contain_text(en)
        speak(page, "zh-Hant-TW")

    for switch, zh, en in (
        ("switch-bluetooth", "手機藍牙已關閉", "Bluetooth is off"),
        ("switch-consent", "未同意 LINE Beacon", "no consent to LINE Beacon"),
    ):
        phone.by(switch).click()
        phone.walk_into(CONFIRM_ZONE)
        expect_words(zh, en)
        phone.by("zone-leave", zone=CONFIRM_ZONE).click()
        phone.by(switch).click()
        expect(phone.by("reception")).to_have_attribute("data-silence", "")
    phone.by("phone-home").click()
    phone.walk_into(CONFIRM_ZONE)
    expect_words("Android 手機的 LINE 在背景", "only in the foreground")
    phone.by("open-line").click()
    phone.expect_answer("請按「簽到」")
    expect(phone.by("walk-result")).to_have_attribute("data-silence", "")


def test_an_iphone_hears_in_the_background_and_tells_by_a_notification(page: Page, on_duty: Iterator[OpenDuty]):
    phone = Phone(page, next(on_duty).staff_no)
    phone.by("setting-system").select_option("iphone")
    phone.by("phone-home").click()
    expect(phone.by("reception")).to_contain_text("選「永遠」")
    phone.by("setting-location").select_option("always")
    expect(phone.by("reception")).to_contain_text("現在收得到 Beacon")
    phone.walk_into(CONFIRM_ZONE)
    expect(phone.by("notification")).to_contain_text("已感應到")
    phone.by("notification").click()
    phone.tap("簽到")
    phone.expect_answer("簽到完成")


def liff_page(page: Page, phone: Phone) -> Frame:
    phone.by("liff-open").click()
    frame = phone.by("liff-frame").element_handle().content_frame()
    assert frame
    expect(begin(page.frame_locator('[data-testid="liff-frame"]')).get_by_test_id("who")).to_be_visible()
    return frame


def test_the_page_in_line_can_scan_and_knows_the_place_of_the_site(page: Page, demo: RunningDemo, off_duty: list[str]):
    phone = Phone(page, off_duty[0])
    phone.walk_into(CONFIRM_ZONE)
    liff = liff_page(page, phone)
    liff.evaluate("window.scan = window.liff.scanCodeV2(), null")
    phone.by("scan-text").fill("CHECKIN Z02")
    phone.by("scan-use").click()
    assert liff.evaluate("window.scan") == {"value": "CHECKIN Z02"}
    site = next(row["site_code"] for row in demo.workspace.rows("zones") if row["code"] == CONFIRM_ZONE)
    place = next(row for row in demo.workspace.rows("sites") if row["code"] == site)
    here = liff.evaluate(
        "new Promise((done) => navigator.geolocation.getCurrentPosition(({coords}) => done(coords.toJSON())))"
    )
    assert here["latitude"] == pytest.approx(float(place["latitude"]), abs=0.0005)
    assert here["longitude"] == pytest.approx(float(place["longitude"]), abs=0.0005)
    phone.by("setting-location").select_option("off")
    denied = "new Promise((done) => navigator.geolocation.getCurrentPosition(done, ({code}) => done(code)))"
    expect(phone.by("reception")).to_have_attribute("data-silence", "location_permission_off")
    assert liff.evaluate(denied) == 1


def name_of(demo: RunningDemo, staff_no: str) -> str:
    return next(row["name"] for row in demo.workspace.rows("officers") if row["staff_no"] == staff_no)


def put_beside(page: Page, phone: Phone, staff_no: str) -> FrameLocator:
    phone.by("phone-beside", **{"user-id": line_user_id(staff_no)}).press("Enter")
    beside = page.frame_locator('[data-testid="beside-frame"]')
    expect(beside.get_by_test_id("phone-note")).to_contain_text(staff_no)
    return beside


def test_two_phones_side_by_side_sign_in_each_for_itself(page: Page, demo: RunningDemo, on_duty: Iterator[OpenDuty]):
    page.set_viewport_size({"width": 1920, "height": 1080})
    first, second = next(on_duty).staff_no, next(on_duty).staff_no
    phone = Phone(page, first)
    beside = put_beside(page, phone, second)
    beside.get_by_test_id("switch-bluetooth").click()
    expect(beside.get_by_test_id("reception")).to_contain_text("現在收不到 Beacon")
    for place in (page, beside):
        place.locator(f'[data-testid="zone-walk"][data-zone="{CONFIRM_ZONE}"]').click()
    phone.tap("簽到")
    phone.expect_answer("簽到完成")
    expect(beside.get_by_test_id("walk-result")).to_contain_text("手機藍牙已關閉")
    # A page of its own is open in each.
    phone.by("liff-open").click()
    beside.get_by_test_id("liff-open").click()
    name = name_of(demo, second)
    expect(begin(beside.frame_locator('[data-testid="liff-frame"]')).get_by_test_id("who")).to_have_text(name)
    own = begin(page.frame_locator('[data-testid="liff-frame"]'))
    expect(own.get_by_test_id("who")).to_have_text(name_of(demo, first))
    beside.get_by_test_id("liff-close").click()
    beside.get_by_test_id("switch-bluetooth").click()
    beside.get_by_test_id("quick-reply").get_by_text("簽到").click()
    expect(beside.locator('[data-testid="message"][data-sender="account"]').last).to_contain_text("簽到完成")


def test_phones_side_by_side_speak_english_and_are_found_again_by_their_address(
    page: Page, demo: RunningDemo, off_duty: list[str]
):
    first, second = off_duty[1:3]
    phone = Phone(page, first)
    beside = put_beside(page, phone, second)
    frame = page.get_by_title(f"{name_of(demo, second)} 的手機", exact=True)
    expect(frame).to_be_visible()
    speak(page, "en")
    expect(page.get_by_title(f"Phone of {name_of(demo, second)}", exact=True)).to_be_visible()
    expect(beside.get_by_test_id("reception")).to_contain_text("Hears beacons now")
    expect(page).to_have_url(re.compile(f"#{line_user_id(first)}\\+{line_user_id(second)}$"))
    page.reload()
    expect(beside.get_by_test_id("phone-note")).to_contain_text(second)
    phone.by("beside-remove").press("Enter")
    expect(phone.by("beside-column")).to_have_count(0)
    speak(page, "zh-Hant-TW")


@pytest.mark.parametrize("language", ["zh-Hant-TW", "en"])
def test_the_page_is_for_everybody(page: Page, off_duty: list[str], language: str):
    """No serious finding of axe-core on the chat, the home screen, the code reader and two phones side by side."""
    speak(page, language)
    phone = Phone(page, off_duty[3])

    def look(what: str) -> None:
        found = Axe().run(page).response["violations"]
        serious = [
            (each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in {"serious", "critical"}
        ]
        assert serious == [], what

    look("chat")
    phone.by("phone-home").click()
    expect(phone.by("home-screen")).to_be_visible()
    look("home screen")
    phone.by("open-line").click()
    liff_page(page, phone).evaluate("window.liff.scanCodeV2().catch(() => null), null")
    expect(phone.by("scanner")).to_be_visible()
    look("code reader")
    phone.by("scan-close").click()
    phone.by("liff-close").click()
    phone.by("phone-beside").first.click()
    expect(page.frame_locator('[data-testid="beside-frame"]').get_by_test_id("phone-note")).to_be_visible()
    look("side by side")
    speak(page, "zh-Hant-TW")
