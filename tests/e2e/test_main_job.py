"""The main job in a real browser: a phone in a zone, a tap, a confirmation, and the day's report shows the punch."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.demo.duties import OpenDuty
from tests.demo.phones import NEWCOMERS, line_user_id
from tests.e2e.conftest import CHROMIUM, PATIENCE_MS
from tests.e2e.running import RunningDemo, json_report, shell

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
    pytest.mark.xdist_group("make_run"),
    # The first test waits for the demonstration's first run.
    pytest.mark.timeout(240),
]
expect.set_options(timeout=PATIENCE_MS)

AUTO_ZONE, CONFIRM_ZONE = "Z01", "Z02"


class Phone:
    """One officer's phone on the page."""

    def __init__(self, page: Page, staff_no: str) -> None:
        self._page = page
        self.by("phone-item", **{"user-id": line_user_id(staff_no)}).click()
        expect(self.by("phone-note")).to_contain_text(staff_no)

    def by(self, name: str, **marks: str) -> Locator:
        marked = "".join(f'[data-{key}="{value}"]' for key, value in marks.items())
        return self._page.locator(f'[data-testid="{name}"]{marked}')

    def walk_into(self, zone: str) -> None:
        self.by("zone-walk", zone=zone).click()
        expect(self.by("zone-leave", zone=zone)).to_be_visible()

    def walk_into_silently(self, zone: str) -> None:
        """Walk in with a phone that reports nothing."""
        self.walk_into(zone)
        expect(self.by("walk-result")).to_contain_text("沒有事件")

    def expect_answer(self, words: str) -> None:
        expect(self.by("message", sender="account").last).to_contain_text(words)

    def tap(self, label: str) -> None:
        self.by("quick-reply").get_by_text(label).click()

    def say(self, words: str) -> None:
        self.by("text-input").fill(words)
        self.by("text-input").press("Enter")


def report_command(demo: RunningDemo, day: date) -> str:
    """The printed command for a day; after midnight the duties that are open are mostly those of the day before."""
    printed = demo.report_command()
    return printed.replace(printed.split("--date ")[1].split()[0], str(day))


def sign_ins_today(demo: RunningDemo) -> int:
    """The hours of a report are those of its calendar date, whichever duty a punch belongs to."""
    report = json_report(report_command(demo, datetime.now(ZoneInfo("Asia/Taipei")).date()))
    return sum(int(hour["in"]) for hour in report["hours"])


def unit_of(demo: RunningDemo, duty: OpenDuty) -> str:
    officers = {row["staff_no"]: row["unit_code"] for row in demo.workspace.rows("officers")}
    return officers[duty.staff_no]


def checked_in(report: dict[str, Any], unit: str) -> int:
    counts = {row["unit_code"]: int(row["checked_in"]) for row in report["units"]}
    return counts[unit]


def test_walking_in_and_tapping_signs_in_and_the_days_report_shows_it(
    page: Page, demo: RunningDemo, on_duty: Iterator[OpenDuty]
):
    duty = next(on_duty)
    command, unit = report_command(demo, duty.duty_date), unit_of(demo, duty)
    before, ins_before = json_report(command), sign_ins_today(demo)
    phone = Phone(page, duty.staff_no)
    phone.walk_into(CONFIRM_ZONE)
    phone.expect_answer("請按「簽到」")
    phone.tap("簽到")
    expect(phone.by("message", sender="phone").last).to_contain_text("簽到")
    phone.expect_answer("簽到完成")
    after = json_report(command)
    assert checked_in(after, unit) == checked_in(before, unit) + 1
    assert after["meta"]["checked_in"] == before["meta"]["checked_in"] + 1
    assert sign_ins_today(demo) == ins_before + 1
    assert after["meta"]["adoption_rate"] == pytest.approx(
        after["meta"]["checked_in"] / after["meta"]["expected"], abs=1e-4
    )
    assert f"簽到人數 / Checked in,{after['meta']['checked_in']}\n" in shell(command)


def test_an_auto_zone_signs_in_by_itself_and_the_days_report_shows_it(
    page: Page, demo: RunningDemo, on_duty: Iterator[OpenDuty]
):
    duty = next(on_duty)
    command, unit = report_command(demo, duty.duty_date), unit_of(demo, duty)
    before = json_report(command)
    phone = Phone(page, duty.staff_no)
    phone.walk_into(AUTO_ZONE)
    phone.expect_answer("已自動簽到")
    assert checked_in(json_report(command), unit) == checked_in(before, unit) + 1


def test_a_newcomer_enrols_with_the_code_from_hr(page: Page, demo: RunningDemo):
    newcomer = demo.workspace.rows("officers")[-NEWCOMERS]
    phone = Phone(page, newcomer["staff_no"])
    phone.say("綁定 " + phone.by("phone-note").inner_text().split("綁定 ")[1])
    phone.expect_answer(f"綁定完成：{newcomer['name']}（{newcomer['staff_no']}）")


def test_a_newcomer_with_a_wrong_code_is_told_so_and_can_try_again(page: Page, demo: RunningDemo):
    newcomer = demo.workspace.rows("officers")[-1]
    phone = Phone(page, newcomer["staff_no"])
    phone.say(f"綁定 {newcomer['staff_no']} 2222-2222")
    phone.expect_answer("一次碼不正確")
    phone.say("bind " + phone.by("phone-note").inner_text().split("綁定 ")[1])
    phone.expect_answer("綁定完成")


def test_the_page_speaks_english_and_the_officer_is_asked_there_too(page: Page, on_duty: Iterator[OpenDuty]):
    expect(page.get_by_role("heading", level=1)).to_have_text("LINE 平台替身")
    page.get_by_test_id("language-switch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Stand-in LINE Platform")
    phone = Phone(page, next(on_duty).staff_no)
    phone.walk_into(CONFIRM_ZONE)
    phone.tap("Sign in")
    phone.expect_answer("Signed in")
    page.get_by_test_id("language-switch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("LINE 平台替身")
    phone.expect_answer("簽到完成")


def test_the_page_can_be_used_on_a_phone(page: Page, on_duty: Iterator[OpenDuty]):
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator('[data-show="phones"]').click()
    phone = Phone(page, next(on_duty).staff_no)
    page.locator('[data-show="places"]').click()
    phone.walk_into(CONFIRM_ZONE)
    page.locator('[data-show="chat"]').click()
    phone.tap("簽到")
    phone.expect_answer("簽到完成")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
