"""The limits of the law on police duty (rule 14), as tables."""

import numpy as np
import pytest

from checkin_api.domain.attendance import duty_load
from checkin_api.domain.duty_law import DutyLimits, limits_passed
from checkin_api.domain.ids import Flag
from tests.attendance import attendance, in_words

LIMITS = (Flag.THIRD_SEGMENT, Flag.REST_SHORT, Flag.DAILY_LIMIT, Flag.MONTHLY_LIMIT)


LEAVE = {
    "leave 23": ["23 16:00/24 00:00"],
    "leave 23 part": ["23 16:00/23 20:00"],
    "leave 23 a": ["23 08:00/23 12:00"],
}


@pytest.mark.parametrize(
    ("name", "roster", "punches", "as_of", "expected"),
    [
        ("勤務間隔足夠 enough rest", ["23 day", "24 day"], "", "20 00:00", ["", ""]),
        ("表訂間隔不足 the roster leaves 8 h", ["23 late", "24 day"], "", "20 00:00", ["", "rest_short"]),
        ("恰 11 小時 exactly 11 h", ["23 day", "24 grace"], "in 23 08:00, out 23 21:00, in 24 08:00", "25 00:00",
         ["daily_limit", ""]),
        ("實際簽退晚，間隔不足 signed out late", ["23 day", "24 day"],
         "in 23 08:00, out 23 21:00, in 24 07:59", "25 00:00",
         ["daily_limit", "rest_short"]),
        ("同日兩段之間不是休息 between segments", ["23 a", "23 b"], "", "20 00:00", ["", ""]),
        ("請假移動的起點算休息 leave that moves the start is rest", ["22 night", "23 late"], "", "leave 23 part",
         ["", ""]),
        ("請假的段不算 a segment on leave is none", ["23 a", "23 b", "23 c"], "", "leave 23 a", ["", "", ""]),
        ("請假的勤務不算 leave is no duty", ["23 late", "24 day"], "", "leave 23", ["", ""]),
        ("未到的勤務不算 absence is no duty", ["23 late", "24 day"], "in 24 08:00", "26 00:00", ["", ""]),
        ("恰 12 小時 exactly 12 h", ["23 night"], "", "20 00:00", [""]),
        ("二十四小時勤務 24 h", ["23 whole"], "", "20 00:00", ["daily_limit"]),
        ("兩班合計超過 two duties", ["23 day", "23 late"], "", "20 00:00", ["", "daily_limit"]),
        ("早到不算勤務 coming early", ["23 night"], "in 23 19:00, out 24 08:00", "26 00:00", [""]),
        ("不足一小時的加班不算 under an hour", ["23 night"], "in 23 20:00, out 24 08:59", "26 00:00", [""]),
        ("加班滿一小時 an hour more", ["23 night"], "in 23 20:00, out 24 09:00", "26 00:00", ["daily_limit"]),
        ("兩段 two segments", ["23 a", "23 b"], "", "20 00:00", ["", ""]),
        ("三段 three segments", ["23 a", "23 b", "23 c"], "", "20 00:00", ["", "", "third_segment"]),
    ],
)  # fmt: skip
def test_limits(name: str, roster: list[str], punches: str, as_of: str, expected: list[str]):
    leave = LEAVE.get(as_of, [])
    made = [punch for punch in punches.split(", ") if punch]
    looked = attendance(roster, made, leave=leave, as_of="20 00:00" if leave else as_of)
    found = [" ".join(flag for flag in record.flags if flag in LIMITS) for record in looked.records()]
    assert found == expected, name


def overtime(days: list[str], end: str) -> list[str]:
    """A month of day duty that ends late: the records with a flag of the month."""
    punches = [punch for day in days for punch in (f"in {day} 08:00", f"out {day} {end}")]
    return [in_words(r) for r in attendance([f"{day} day" for day in days], punches).records() if LIMITS[3] in r.flags]


def test_monthly_limit_begins_with_the_duty_that_passes_it():
    days = [str(day) for day in range(1, 29)]
    # 27 days of 3 h are 81 h.
    assert len(overtime(days, "20:00")) == 2
    assert overtime(days[:26], "20:00") == []


def test_three_months_are_counted_together():
    # 27 duties of 3 h are 81 h; each month by itself passes its limit with the last two, three of them the other one.
    days = [f"2026-{month:02}-{day:02}" for month in (8, 9, 10, 11) for day in range(1, 28)]
    punches = [punch for day in days for punch in (f"in {day} 08:00", f"out {day} 20:00")]
    looked = attendance([f"{day} day" for day in days], punches)
    load = duty_load(looked.facts, looked.columns)
    found = limits_passed(load, DutyLimits(), np.ones(len(load.counts), bool))
    quarter = [(days[row.duty], row.measured) for row in found if row.limit == 240 * 60]
    assert quarter[:2] == [("2026-10-27", 243 * 60), ("2026-11-27", 243 * 60)]
    assert len(quarter) == 2


def test_each_month_is_counted_by_itself():
    days = [f"2026-10-{day:02}" for day in range(18, 32)] + [f"2026-11-{day:02}" for day in range(1, 15)]
    assert overtime(days, "20:00") == []
