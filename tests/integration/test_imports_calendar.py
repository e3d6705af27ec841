"""The government's calendar into the database: the latest revision wins, and says what it switches."""

from datetime import date

import pytest

from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.imports import ImportResult, Kind
from checkin_api.queries import calendar
from tests.importing import refused, run, stored
from tests.unit.checkin_api.imports.test_calendar import year

HEADER = "西元日期,星期,是否放假,備註\n"
WEEK = HEADER + "20261221,一,0,\n20261222,二,0,\n20261223,三,0,\n20261224,四,0,\n20261225,五,2,行憲紀念日\n"


def test_each_day_is_stored_with_its_note(database: Database):
    assert run(database, Kind.CALENDAR, WEEK) == ImportResult(added=5, changed=0, unchanged=0)
    assert stored(database, m.CalendarDay.day, m.CalendarDay.is_working, m.CalendarDay.note)[3:] == [
        (date(2026, 12, 24), True, ""),
        (date(2026, 12, 25), False, "行憲紀念日"),
    ]
    with database.read() as session:
        assert calendar(session, date(2026, 12, 25), date(2026, 12, 31)) == {date(2026, 12, 25): False}


def test_the_latest_revision_wins_and_says_which_days_it_switches(database: Database):
    run(database, Kind.CALENDAR, WEEK)
    revised = WEEK.replace("24,四,0,", "24,四,2,調整放假").replace("25,五,2,行憲紀念日", "25,五,2,行憲")
    result = run(database, Kind.CALENDAR, revised)
    assert result == ImportResult(added=0, changed=2, unchanged=3)
    assert [change.text for change in result.changes] == ["2026-12-24 上班→放假 / work → off 調整放假"]
    assert result.changes[0].row == {"day": date(2026, 12, 24), "was": "work", "now": "off", "note": "調整放假"}
    assert stored(database, m.CalendarDay.day, m.CalendarDay.is_working)[3] == (date(2026, 12, 24), False)


def test_new_days_are_compared_with_what_the_holidays_package_says(database: Database):
    content = HEADER + "20261225,五,0,\n20261226,六,0,補班\n20261227,日,2,\n"
    result = run(database, Kind.CALENDAR, content)
    assert [(change.row["day"].day, change.row["now"]) for change in result.changes] == [(25, "work"), (26, "work")]


@pytest.mark.parametrize(
    ("content", "warned"),
    [
        (year(2026), False),
        (year(2026) + year(2027).removeprefix(HEADER), False),
        (WEEK, True),
        (HEADER, False),
    ],
)
def test_a_correction_of_some_days_is_imported_with_a_warning(database: Database, content: str, warned: bool):
    assert bool(run(database, Kind.CALENDAR, content).warnings) is warned


def lines(first: int, last: int) -> str:
    """The year's file without its first and last lines."""
    header, *days = year(2026).splitlines(keepends=True)
    return header + "".join(days[first : len(days) - last])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (lines(0, 31), "calendar.csv:335: 西元日期: 不是整年，缺少 2026-12-01…2026-12-31"),
        (lines(1, 0), "calendar.csv:2: 西元日期: 不是整年，缺少 2026-01-01"),
        (year(2026) + "20270101,五,2,\n", "calendar.csv:367: 西元日期: 不是整年，缺少 2027-01-02…2027-12-31"),
    ],
)
def test_a_year_that_was_cut_off_is_refused(database: Database, content: str, problem: str):
    [said] = refused(database, Kind.CALENDAR, content)
    assert said.startswith(problem)
    assert stored(database, m.CalendarDay.day) == []


def test_a_refused_calendar_changes_nothing(database: Database):
    run(database, Kind.CALENDAR, WEEK)
    [problem] = refused(database, Kind.CALENDAR, WEEK.replace("23,三,0", "23,三,2").replace("20261222,二,0,\n", ""))
    assert problem.startswith("calendar.csv:3: 西元日期: 之前缺少 2026-12-22")
    assert all(working for day, working in stored(database, m.CalendarDay.day, m.CalendarDay.is_working)[:4])
