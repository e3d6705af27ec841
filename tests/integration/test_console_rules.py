"""The console's rules: a change is tried on last month, says whose records differ, and is saved as it was tried."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from sqlalchemy import select

from checkin_api import audit, corrections, queries, rules
from checkin_api import models as m
from checkin_api.corrections import MissingPunch, Request, policy_in_force
from checkin_api.db import Database
from checkin_api.domain.corrections import Actor
from checkin_api.domain.ids import Direction, Flag, Role, Status
from checkin_api.imports import ImportRefusedError, Kind, import_file
from checkin_api.queries.attendance import Period, attendance, duty_limits
from checkin_api.queries.effects import effect_of, quota_effect
from tests import builders
from tests.console import TAIPEI, Browser, Console, console
from tests.fakes import FakeClock

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
FIELDS = {
    "name": "日勤",
    "start": "08:00",
    "end": "20:00",
    "break_minutes": "60",
    "late_grace_minutes": "5",
    "early_grace_minutes": "0",
    "opens_before_minutes": "120",
    "closes_after_minutes": "240",
    "hours_rule": "first_last",
    "half_day_below_minutes": "0",
    "absent_below_minutes": "0",
}


@pytest.fixture
def office(sqlite_url: str, clock: FakeClock) -> Iterator[Console]:
    """Two officers on duty on the 5th and 6th of last month: in at 07:55, 08:07, and late by an hour; one punch out."""
    database = Database(sqlite_url)
    office = console(database, clock)
    with database.write() as session:
        shift = session.scalars(select(m.Shift)).one()
        for name, value in FIELDS.items():
            if name.endswith("_minutes"):
                setattr(shift, name, int(value))
        first, second = session.scalars(select(m.Officer).order_by(m.Officer.staff_no))
        for officer, day, hour, minute in ((first, 5, 7, 55), (first, 6, 8, 7), (second, 5, 9, 0)):
            builders.roster(session, officer, shift, date(2026, 10, day))
            builders.punch(session, officer, Direction.IN, _at(day, hour, minute))
            builders.punch(session, officer, Direction.OUT, _at(day, 21, 30))
        builders.roster(session, second, shift, date(2026, 10, 6))
    yield office
    office.close()
    database.close()


def _at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=TAIPEI).astimezone(UTC)


def stamp(page: str) -> str:
    return page.partition('name="stamp" value="')[2].partition('"')[0]


def try_shift(browser: Browser, **more: str) -> Any:
    browser.get("/rules/shifts/D")
    return browser.post("/rules/shifts/D/effect", {**FIELDS, **more})


def seen(office: Console) -> dict[tuple[str, date], tuple[Any, ...]]:
    """Each duty of last month as the rest of the product sees it."""
    with office.database.read() as session:
        limits = duty_limits(session, office.settings)
        period = Period(first=FIRST, last=LAST, as_of=office.clock.now(), zone=TAIPEI, limits=limits)
        return {
            (block.officers[each.officer].staff_no, each.duty_date): (each.status, each.flags, each.late_minutes)
            for block in attendance(session, period)
            for each in block.records()
        }


def test_a_longer_grace_says_whose_lateness_goes_and_is_what_the_records_become(office: Console):
    browser = office.open(Role.HR)
    page = try_shift(browser, late_grace_minutes="10").text
    assert "<b>1</b> 班的紀錄會不同" in page
    assert "A0001 員警A0001" in page
    assert "A0002 員警A0002" not in page
    before = seen(office)
    assert before["A0001", date(2026, 10, 6)] == (Status.PRESENT, (Flag.LATE, Flag.REST_SHORT), 7)
    form = {**FIELDS, "late_grace_minutes": "10", "stamp": stamp(page)}
    assert browser.post("/rules/shifts/D", form).location == "/console/rules?done=saved"
    after = seen(office)
    assert after["A0001", date(2026, 10, 6)] == (Status.PRESENT, (Flag.REST_SHORT,), 0)
    assert {key for key in before if before[key] != after[key]} == {("A0001", date(2026, 10, 6))}
    with office.database.read() as session:
        [entry] = audit.entries(session, subject="shift:D")
    assert (entry.actor, entry.action) == ("console:hr", "rules.set")
    assert '"late_grace_minutes":"10"' in entry.detail


@pytest.mark.parametrize("more", [{}, {"stamp": "0" * 64}])
def test_what_was_not_tried_is_not_saved(office: Console, more: dict[str, str]):
    browser = office.open(Role.HR)
    browser.get("/rules/shifts/D")
    answer = browser.post("/rules/shifts/D", {**FIELDS, "late_grace_minutes": "10", **more})
    assert (answer.status_code, "請重新試算" in answer.text) == (409, True)


def test_the_stamp_of_another_session_or_another_shift_saves_nothing(office: Console):
    page = try_shift(office.open(Role.ADMIN), late_grace_minutes="10").text
    browser = office.open(Role.HR)
    browser.get("/rules/shifts/D")
    answer = browser.post("/rules/shifts/D", {**FIELDS, "late_grace_minutes": "10", "stamp": stamp(page)})
    assert answer.status_code == 409


def test_a_change_of_somebody_else_in_between_is_noticed(office: Console):
    browser = office.open(Role.HR)
    page = try_shift(browser, late_grace_minutes="10").text
    with office.database.write() as session:
        session.scalars(select(m.Shift)).one().break_minutes = 30
    answer = browser.post("/rules/shifts/D", {**FIELDS, "late_grace_minutes": "10", "stamp": stamp(page)})
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"late_grace_minutes": "-1"}, "遲到寬限"),
        ({"late_grace_minutes": "9999"}, "遲到寬限"),
        ({"start": "25:00"}, "起"),
        ({"name": ""}, "名稱"),
        ({"hours_rule": "any"}, "工時算法"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_tried(office: Console, more: dict[str, str], words: str):
    answer = try_shift(office.open(Role.HR), **more)
    assert (answer.status_code, words in answer.text, stamp(answer.text)) == (422, True, "")


def test_a_shift_that_ends_earlier_changes_overtime_and_a_window_loses_punches(office: Console):
    with office.database.read() as session:
        period = Period(first=FIRST, last=LAST, as_of=office.clock.now(), zone=TAIPEI)
        [shift] = queries.shifts(session)
        effect = effect_of(session, period, shift=replace(shift, closes_after_minutes=60))
    assert (effect.before.statuses[Status.PRESENT], effect.before.statuses[Status.ABSENT]) == (3, 1)
    # Signing out at 21:30 belongs to no duty then: one record is an unrostered one for each.
    assert (effect.after.statuses[Status.MISSING_OUT], effect.after.statuses[Status.UNROSTERED]) == (3, 3)
    assert (effect.records, effect.changed, effect.officers) == (4, 3, 2)
    assert [each.after.sign_out for each in effect.examples] == [None] * 3


def test_a_shift_by_which_duties_would_overlap_is_not_saved(office: Console):
    with office.database.write() as session:
        officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0002")).one()
        evening = builders.shift(session, code="E", name="夜", start=time(21), end=time(23))
        # After last month too: what is on the roster must be importable again.
        builders.roster(session, officer, evening, date(2026, 11, 23))
    browser = office.open(Role.HR)
    page = try_shift(browser, end="21:00").text
    assert stamp(page)
    page = try_shift(browser, end="22:00").text
    assert ("不能儲存" in page, "A0002" in page, stamp(page)) == (True, True, "")
    content = "code,name,start,end\nD,日勤,08:00,22:00\n"
    with office.database.write() as session, pytest.raises(ImportRefusedError, match="A0002 2026-11-23"):
        import_file(
            session,
            Kind.SHIFTS,
            content.encode(),
            filename="shifts.csv",
            now=office.clock.now(),
            default_timezone="Asia/Taipei",
        )
    with office.database.read() as session:
        assert queries.shifts(session)[0].end == time(20)


def test_what_is_as_it_was_is_not_saved_again(office: Console):
    page = try_shift(office.open(Role.HR)).text
    assert ("與現在的規則相同" in page, stamp(page)) == (True, "")


def test_numbers_of_hr_hold_in_the_place_of_the_settings_everywhere(office: Console):
    browser = office.open(Role.HR)
    browser.get("/rules")
    numbers = {name: str(value) for name, value in rules.numbers_of(office.settings).items()}
    asked = {**numbers, "limit_rest_hours": "10", "correction_days": "7", "correction_quota": "1"}
    page = browser.post("/rules/numbers/effect", asked).text
    # From 21:30 to 08:07 there are more than ten hours, and less than eleven.
    assert "<b>1</b> 班的紀錄會不同" in page
    assert browser.post("/rules/numbers", {**asked, "stamp": stamp(page)}).location == "/console/rules?done=saved"
    assert seen(office)["A0001", date(2026, 10, 6)][1] == (Flag.LATE,)
    page = browser.get("/rules").text
    assert "系統設定是 11" in page
    assert "console:hr" in page
    with office.database.read() as session:
        assert rules.in_force(session, office.settings).correction_days == 7
    # Back at the installation's number it is the installation's again.
    page = browser.post("/rules/numbers/effect", numbers).text
    browser.post("/rules/numbers", {**numbers, "stamp": stamp(page)})
    with office.database.read() as session:
        assert rules.rules_set(session) == {}
        assert len(audit.entries(session, subject="rules:department")) == 2


def test_a_shorter_time_limit_says_how_many_corrections_would_have_been_too_late(office: Console):
    asked_at = _at(16, 17, 0)
    wanted = Request("A0001", MissingPunch(Direction.OUT, _at(6, 17, 0)), "忘記")
    with office.database.write() as session:
        policy = policy_in_force(session, office.settings)
        corrections.request(session, asked_at, wanted, actor=Actor("cli:test"), policy=policy)
        effect = quota_effect(session, (FIRST, LAST), TAIPEI, quotas=(3, 0), days=(31, 7))
    assert (effect.requests, effect.too_late, effect.over_quota) == (1, (0, 1), (0, 0))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"correction_days": "0"}, "補打卡期限"),
        ({"correction_days": "x"}, "補打卡期限"),
        ({"correction_days": ""}, "補打卡期限"),
        ({"limit_rest_hours": "7"}, "不可大於"),
        ({"limit_day_hours": "17"}, "不可大於"),
    ],
)
def test_numbers_that_no_rule_takes_are_refused_in_words(office: Console, more: dict[str, str], words: str):
    browser = office.open(Role.HR)
    browser.get("/rules")
    numbers = {name: str(value) for name, value in rules.numbers_of(office.settings).items()}
    for path in ("/rules/numbers/effect", "/rules/numbers"):
        answer = browser.post(path, {**numbers, **more})
        assert (answer.status_code, words in answer.text) == (422, True)


def test_an_auditor_reads_the_rules_and_changes_none(office: Console):
    browser = office.open(Role.AUDITOR)
    assert "試算" not in browser.get("/rules").text.replace("先以上個月的實際紀錄試算", "").replace(
        "試算過才能儲存", ""
    )
    assert "disabled" in browser.get("/rules/shifts/D").text
    assert browser.get("/rules/shifts/nothing").status_code == 404
