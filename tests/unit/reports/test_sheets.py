"""Lines of the month sheet: which times, which marks, which words."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from checkin_api.domain.calendar import is_working_day
from checkin_api.domain.leave import Leave
from checkin_api.domain.totals import totals
from reports.sheet_layout import LAST_PAGE_LINES, PAGE_LINES, WIDTHS, laid_out
from reports.sheets import Found, Line, Month, Person, Sheet, days_of, sheet_of
from tests.attendance import SHIFTS, TAIPEI, attendance, between

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
PERSON = Person("00123", "王小明", "警員", "一所（D1）")


def sheet(roster: list[str], punches: list[str], *, leave: list[str] | None = None, **more: Any) -> Sheet:
    made = attendance(roster, punches, leave=leave or [], **more)
    month = Month(
        first=FIRST,
        last=LAST,
        zone=TAIPEI,
        off=frozenset(day for day in days_of(FIRST, LAST) if not is_working_day(day)),
        notes={date(2026, 11, 12): "國父誕辰紀念日"},
        shifts={shift.code: f"{shift.code}班" for shift in SHIFTS},
    )
    [sums] = totals(made.columns, np.ones(len(made.columns), bool), officers=1)
    leaves = [Leave(officer=0, begin=begin, end=end, kind="休假") for begin, end in map(between, leave or [])]
    return sheet_of(PERSON, month, Found(list(made.records()), sums, made.facts, leaves))


def lines_of(made: Sheet, day: int) -> list[Line]:
    return [line for line in made.lines if line.day == f"11/{day:02}"]


def shown(line: Line) -> str:
    pairs = (f"{pair.shift} {pair.sign_in}-{pair.sign_out}" for pair in (line.first, line.second) if pair.shift)
    return f"{' + '.join(pairs)} | {line.words}"


@pytest.mark.parametrize(
    ("roster", "punches", "expected"),
    [
        (["23 day"], ["in 23 07:58:40", "out 23 17:02"], "day班 07:58-17:02 | 出勤"),
        (["23 day"], ["in 23 07:58 corrected", "out 23 17:02"], "day班 07:58補-17:02 | 出勤"),
        (["23 day"], ["in 23 07:58", "out 23 17:02 weak"], "day班 07:58-17:02* | 出勤"),
        (["23 night"], ["in 23 19:50", "out 24 08:02"], "night班 19:50-翌 08:02 | 出勤"),
        (["23 early"], ["in 22 23:50", "out 23 08:01"], "early班 前 23:50-08:01 | 出勤"),
        (["23 day"], ["in 23 07:58"], "day班 07:58-— | 缺簽退"),
        (["23 day"], [], "day班 —-— | 未簽到"),
        ([], ["in 23 10:00", "out 23 11:00"], "無勤務 10:00-11:00 | 無勤務"),
        (["23 a", "23 b"], ["in 23 08:00", "out 23 12:00"], "a班 08:00-12:00 + b班 —-— | 出勤／未簽到"),
        (["23 half"], ["in 23 08:00", "out 23 09:30"], "half班 08:00-09:30 | 出勤；不足半日"),
        # A void punch and a double tap are not on the sheet.
        (["23 day"], ["in 23 07:00 voided", "in 23 07:58", "in 23 07:58:30", "out 23 17:00"],
         "day班 07:58-17:00 | 出勤"),
    ],
)  # fmt: skip
def test_a_day_shows_its_duties_with_marks_and_words(roster: list[str], punches: list[str], expected: str):
    [line] = lines_of(sheet(roster, punches), 23)
    assert shown(line) == expected


def test_a_third_duty_of_a_day_has_a_line_of_its_own():
    made = sheet(["23 a", "23 b", "23 c"], ["in 23 08:00", "out 23 12:00"])
    assert [shown(line).split(" | ")[0] for line in lines_of(made, 23)] == ["a班 08:00-12:00 + b班 —-—", "c班 —-—"]
    assert len(made.lines) == 31


def test_leave_and_what_the_calendar_calls_a_date_are_said():
    made = sheet(["23 day"], [], leave=["23 00:00/24 00:00"])
    assert shown(lines_of(made, 23)[0]) == "day班 - | 請假；休假"
    assert lines_of(made, 12)[0].words == "國父誕辰紀念日"


def test_a_day_off_is_said_in_words_and_not_by_its_shade_alone():
    [sunday], [monday] = lines_of(made := sheet([], []), 22), lines_of(made, 23)
    assert (sunday.weekday, sunday.is_off) == ("日 休", True)
    assert (monday.weekday, monday.is_off) == ("一", False)


def test_a_duty_that_has_not_ended_has_no_missing_times():
    made = sheet(["23 day"], ["in 23 07:58"], as_of="2026-11-23 12:00")
    assert shown(lines_of(made, 23)[0]) == "day班 07:58- | 進行中"


def test_minutes_of_both_duties_add_up_and_unknown_ones_are_none():
    [line] = lines_of(sheet(["23 a", "23 b"], ["in 23 08:07", "out 23 12:10", "in 23 14:03", "out 23 18:20"]), 23)
    assert (line.late, line.early, line.overtime, line.night) == (10, 0, 30, 0)
    [unknown] = lines_of(sheet(["23 a"], []), 23)
    assert (unknown.late, unknown.overtime) == (None, None)


def test_equal_data_has_an_equal_hash_and_one_minute_changes_it():
    one, two = (sheet(["23 day"], [f"in 23 07:{minute}", "out 23 17:00"]) for minute in ("58", "59"))
    assert one.sha256 == sheet(["23 day"], ["in 23 07:58", "out 23 17:00"]).sha256 != two.sha256


def test_every_line_has_its_row_in_every_column_and_pages_hold_no_more_than_fits():
    roster = [f"{day} {code}" for day in range(1, 31) for code in ("a", "b", "c")]
    made = laid_out(sheet(roster, []), lambda text: text)
    assert len(made["pages"]) == 2
    for page in made["pages"]:
        height = page["rules"][-1]
        assert {column.count("\n") + 1 for column in page["columns"]} == {height}
        assert height <= (LAST_PAGE_LINES if page["last"] else PAGE_LINES)
    assert len(made["pages"][0]["columns"]) == len(WIDTHS)
