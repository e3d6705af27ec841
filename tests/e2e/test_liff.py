"""The check-in page in a real browser, on the phone page: first use, a tap, a network that fails, both languages."""

import re
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import FrameLocator, Page, Route, expect

from tests.demo.duties import OpenDuty
from tests.demo.phones import NEWCOMERS
from tests.e2e.conftest import CHROMIUM, PATIENCE_MS
from tests.e2e.running import RunningDemo
from tests.e2e.test_main_job import CONFIRM_ZONE, Phone

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
    pytest.mark.xdist_group("make_run"),
    # The first test waits for the demonstration's first run.
    pytest.mark.timeout(240),
]
expect.set_options(timeout=PATIENCE_MS)
# The browser notes every answer above 399 and every request that is cut; here both are meant.
EXPECTED_ERRORS = "Failed to load resource"


def open_page(phone: Phone, page: Page) -> FrameLocator:
    phone.by("liff-open").click()
    return begin(page.frame_locator('[data-testid="liff-frame"]'))


def begin(liff: FrameLocator) -> FrameLocator:
    """Past the notice, if this officer has not accepted it yet."""
    begun = liff.get_by_test_id("accept").or_(liff.get_by_test_id("who")).or_(liff.get_by_test_id("bind"))
    begun.wait_for()
    if liff.get_by_test_id("accept").is_visible():
        liff.get_by_test_id("accept").click()
    return liff


def test_a_newcomer_enrols_and_signs_in_on_the_page_alone(page: Page, demo: RunningDemo):
    newcomer = demo.workspace.rows("officers")[-NEWCOMERS + 1]
    phone = Phone(page, newcomer["staff_no"])
    code = phone.by("phone-note").inner_text().split()[-1]
    liff = open_page(phone, page)
    liff.get_by_label("員警編號").fill(newcomer["staff_no"])
    liff.get_by_label("一次碼").fill("2222-2222")
    liff.get_by_test_id("bind").click()
    expect(liff.get_by_test_id("enrolment-problem")).to_contain_text("一次碼不正確")
    # What was typed is still there.
    expect(liff.get_by_label("員警編號")).to_have_value(newcomer["staff_no"])
    liff.get_by_label("一次碼").fill(code)
    liff.get_by_test_id("bind").click()
    expect(liff.get_by_test_id("notice")).to_contain_text("不追蹤行蹤")
    liff.get_by_test_id("accept").click()
    expect(liff.get_by_test_id("who")).to_have_text(newcomer["name"])
    phone.walk_into(CONFIRM_ZONE)
    expect(liff.get_by_test_id("sensed")).to_have_attribute("data-proof", "there")
    liff.get_by_test_id("tap-in").click()
    expect(liff.get_by_test_id("recorded")).to_contain_text("簽到完成")
    expect(liff.get_by_test_id("punch")).to_have_count(1)


def test_a_tap_before_the_beacon_completes_by_itself_in_english(page: Page, on_duty: Iterator[OpenDuty]):
    phone = Phone(page, next(on_duty).staff_no)
    liff = open_page(phone, page)
    liff.get_by_test_id("language").click()
    expect(liff.get_by_test_id("tap-in")).to_have_text("Sign in")
    liff.get_by_test_id("tap-in").click()
    expect(liff.get_by_test_id("waiting")).to_contain_text("Your phone has not sensed a check-in zone yet.")
    phone.walk_into(CONFIRM_ZONE)
    expect(liff.get_by_test_id("recorded")).to_contain_text("Signed in")
    expect(liff.get_by_test_id("recorded")).to_contain_text("beacon heard")
    liff.get_by_test_id("close").click()
    expect(liff.get_by_test_id("tap-out")).to_have_text("Sign out")
    liff.get_by_test_id("language").click()
    expect(liff.get_by_test_id("tap-out")).to_have_text("簽退")


@pytest.mark.parametrize("arrives", [False, True], ids=["request lost", "answer lost"])
def test_a_tap_on_a_train_is_neither_lost_nor_doubled(page: Page, on_duty: Iterator[OpenDuty], *, arrives: bool):
    phone = Phone(page, next(on_duty).staff_no)
    phone.walk_into(CONFIRM_ZONE)
    liff = open_page(phone, page)
    expect(liff.get_by_test_id("sensed")).to_have_attribute("data-proof", "there")

    def cut(route: Route) -> None:
        if arrives:
            route.fetch()
        route.abort()

    page.route(re.compile("/api/v1/me/punches"), cut)
    with page.expect_event("requestfailed"):
        liff.get_by_test_id("tap-in").click()
    expect(liff.get_by_test_id("unsent")).to_contain_text("沒有送出去", timeout=20_000)
    page.unroute_all()
    liff.get_by_test_id("retry").click()
    expect(liff.get_by_test_id("recorded")).to_contain_text("簽到完成")
    expect(liff.get_by_test_id("punch")).to_have_count(1)


def test_a_page_that_was_closed_before_the_answer_finds_it_when_it_is_opened_again(
    page: Page, on_duty: Iterator[OpenDuty]
):
    phone = Phone(page, next(on_duty).staff_no)
    phone.walk_into(CONFIRM_ZONE)
    liff = open_page(phone, page)
    expect(liff.get_by_test_id("sensed")).to_have_attribute("data-proof", "there")
    page.route(re.compile("/api/v1/me/punches"), lambda route: route.abort())
    with page.expect_event("requestfailed"):
        liff.get_by_test_id("tap-in").click()
    phone.by("liff-close").click()
    page.unroute_all()
    liff = open_page(phone, page)
    expect(liff.get_by_test_id("recorded")).to_contain_text("簽到完成")


def test_a_page_opened_without_network_asks_for_the_kept_tap_when_there_is_some(
    page: Page, on_duty: Iterator[OpenDuty]
):
    phone = Phone(page, next(on_duty).staff_no)
    phone.walk_into(CONFIRM_ZONE)
    liff = open_page(phone, page)
    expect(liff.get_by_test_id("sensed")).to_have_attribute("data-proof", "there")
    page.route(re.compile("/api/v1/me"), lambda route: route.abort())
    with page.expect_event("requestfailed"):
        liff.get_by_test_id("tap-in").click()
    phone.by("liff-close").click()
    phone.by("liff-open").click()
    expect(liff.get_by_test_id("stopped")).to_be_visible()
    page.unroute_all()
    page.frames[-1].evaluate("dispatchEvent(new Event('online'))")
    expect(liff.get_by_test_id("recorded")).to_contain_text("簽到完成")
    expect(liff.get_by_test_id("punch")).to_have_count(1)


def test_a_number_is_used_once_even_when_no_other_could_be_fetched(page: Page, on_duty: Iterator[OpenDuty]):
    phone = Phone(page, next(on_duty).staff_no)
    phone.walk_into(CONFIRM_ZONE)
    liff = open_page(phone, page)
    expect(liff.get_by_test_id("sensed")).to_have_attribute("data-proof", "there")
    page.route(re.compile("/api/v1/me$"), lambda route: route.abort())
    liff.get_by_test_id("tap-in").click()
    expect(liff.get_by_test_id("recorded")).to_contain_text("簽到完成")
    liff.get_by_test_id("close").click()
    liff.get_by_test_id("tap-out").click()
    expect(liff.get_by_test_id("unsent")).to_be_visible()
    page.unroute_all()
    liff.get_by_test_id("retry").click()
    expect(liff.get_by_test_id("recorded")).to_contain_text("簽退完成")
    expect(liff.get_by_test_id("punch")).to_have_count(2)


def test_a_server_that_asks_for_patience_gets_it(page: Page, on_duty: Iterator[OpenDuty]):
    phone = Phone(page, next(on_duty).staff_no)
    phone.walk_into(CONFIRM_ZONE)
    liff = open_page(phone, page)
    expect(liff.get_by_test_id("sensed")).to_have_attribute("data-proof", "there")
    too_many = {"code": "too_many_requests", "title": "太頻繁了 / too many requests"}
    page.route(re.compile("/api/v1/me/punches"), lambda route: route.fulfill(status=429, json=too_many), times=1)
    liff.get_by_test_id("tap-in").click()
    expect(liff.get_by_test_id("recorded")).to_contain_text("簽到完成")


def test_a_slow_finger_and_a_keyboard_find_their_button(page: Page, on_duty: Iterator[OpenDuty]):
    """The page draws itself anew each second: what is pressed then stays, and so does the keyboard's place."""
    phone = Phone(page, next(on_duty).staff_no)
    phone.walk_into(CONFIRM_ZONE)
    liff = open_page(phone, page)
    expect(liff.get_by_test_id("sensed")).to_contain_text("秒前")
    liff.get_by_test_id("tap-in").hover()
    page.mouse.down()
    before = liff.get_by_test_id("sensed").inner_text()
    expect(liff.get_by_test_id("sensed")).not_to_have_text(before)
    page.mouse.up()
    expect(liff.get_by_test_id("recorded")).to_be_visible()
    frame = page.frames[-1]
    liff.get_by_test_id("close").press("Enter")
    liff.get_by_test_id("tap-out").press("Enter")
    expect(liff.get_by_test_id("recorded")).to_contain_text("簽退完成")
    assert frame.evaluate("document.activeElement.dataset.testid") == "recorded"
    liff.get_by_test_id("go-history").press("Enter")
    expect(liff.get_by_test_id("month")).to_be_visible()
    assert frame.evaluate("document.activeElement.textContent") == "出勤紀錄"


def test_the_page_helps_where_nothing_is_sensed(page: Page, on_duty: Iterator[OpenDuty]):
    page.set_viewport_size({"width": 320, "height": 640})
    page.locator('[data-show="phones"]').click()
    phone = Phone(page, next(on_duty).staff_no)
    liff = open_page(phone, page)
    expect(liff.get_by_test_id("sensed")).to_have_attribute("data-proof", "awaited")
    expect(liff.get_by_test_id("sensed")).to_have_attribute("data-proof", "none")
    expect(liff.get_by_test_id("to-doctor")).to_be_visible()
    liff.get_by_test_id("help").locator("summary").click()
    expect(liff.get_by_test_id("help")).to_contain_text("開啟 LINE Beacon")
    frame = page.frames[-1]
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_month_shows_todays_punch_with_its_evidence(page: Page, on_duty: Iterator[OpenDuty]):
    duty = next(on_duty)
    phone = Phone(page, duty.staff_no)
    phone.walk_into(CONFIRM_ZONE)
    liff = open_page(phone, page)
    liff.get_by_test_id("tap-in").click()
    expect(liff.get_by_test_id("recorded")).to_be_visible()
    liff.get_by_test_id("go-history").click()
    if duty.duty_date.month != datetime.now(ZoneInfo("Asia/Taipei")).month:
        liff.get_by_test_id("earlier").click()
    expect(liff.get_by_test_id("totals")).to_contain_text("加班候選")
    liff.locator(f'[data-date="{duty.duty_date}"]').click()
    expect(liff.get_by_test_id("day-punch")).to_contain_text("手機感應到簽到區信標")
    liff.get_by_test_id("earlier").click()
    expect(liff.get_by_test_id("day-detail")).to_have_count(0)
    liff.get_by_test_id("go-today").click()
    expect(liff.get_by_test_id("punch")).to_have_count(1)
