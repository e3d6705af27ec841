"""When a duty is, in a table that HR could read."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from checkin_api.domain.shifts import Shift, duty_on, local_date, local_day

TAIPEI, BERLIN = ZoneInfo("Asia/Taipei"), ZoneInfo("Europe/Berlin")


def shift(start: str, end: str) -> Shift:
    return Shift(code="S", name="班", start=time.fromisoformat(start), end=time.fromisoformat(end))


@pytest.mark.parametrize(
    ("duty_date", "start", "end", "begins", "ends"),
    [
        # 日勤 day duty
        ("2026-11-23", "08:00", "20:00", "2026-11-23T08:00+08:00", "2026-11-23T20:00+08:00"),
        # 夜勤 night duty: ends on the next day, its duty date is the day it starts
        ("2026-11-23", "20:00", "08:00", "2026-11-23T20:00+08:00", "2026-11-24T08:00+08:00"),
        # 至午夜 until midnight
        ("2026-11-23", "16:00", "00:00", "2026-11-23T16:00+08:00", "2026-11-24T00:00+08:00"),
        # 自午夜起 from midnight
        ("2026-11-23", "00:00", "08:00", "2026-11-23T00:00+08:00", "2026-11-23T08:00+08:00"),
        # 二十四小時 24 hours
        ("2026-11-23", "08:00", "08:00", "2026-11-23T08:00+08:00", "2026-11-24T08:00+08:00"),
        # 月底、閏日、跨年 month end, leap day, year end
        ("2026-11-30", "20:00", "08:00", "2026-11-30T20:00+08:00", "2026-12-01T08:00+08:00"),
        ("2028-02-29", "20:00", "08:00", "2028-02-29T20:00+08:00", "2028-03-01T08:00+08:00"),
        ("2026-12-31", "20:00", "08:00", "2026-12-31T20:00+08:00", "2027-01-01T08:00+08:00"),
    ],
)
def test_duty_begins_and_ends(duty_date: str, start: str, end: str, begins: str, ends: str):
    duty = duty_on(date.fromisoformat(duty_date), shift(start, end), TAIPEI)
    assert (duty.start, duty.end) == (datetime.fromisoformat(begins), datetime.fromisoformat(ends))
    assert duty.start.tzinfo is UTC
    assert duty.duty_date == date.fromisoformat(duty_date)


@pytest.mark.parametrize(("night", "hours"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-10-26", 8)])
def test_night_of_a_clock_change_is_shorter_or_longer(night: str, hours: int):
    duty = duty_on(date.fromisoformat(night), shift("22:00", "06:00"), BERLIN)
    assert duty.end - duty.start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        ("2026-11-23T05:59:59+08:00", False),
        ("2026-11-23T06:00:00+08:00", True),
        ("2026-11-24T00:00:00+08:00", True),
        ("2026-11-24T00:00:01+08:00", False),
    ],
)
def test_window_opens_two_hours_before_and_closes_four_hours_after_both_ends_included(at: str, inside: bool):
    duty = duty_on(date(2026, 11, 23), shift("08:00", "20:00"), TAIPEI)
    assert duty.window_contains(datetime.fromisoformat(at)) == inside


def test_local_day_is_half_open_and_has_the_hours_of_its_date():
    begin, end = local_day(date(2026, 11, 23), TAIPEI)
    assert (begin, end) == (datetime(2026, 11, 22, 16, tzinfo=UTC), datetime(2026, 11, 23, 16, tzinfo=UTC))
    begin, end = local_day(date(2026, 10, 25), BERLIN)
    assert end - begin == timedelta(hours=25)
    assert local_date(begin, BERLIN) == date(2026, 10, 25)
