"""Leave 請假 into the database: whole days, hours, and nothing that overlaps."""

from datetime import UTC, datetime

import pytest

from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.imports import ImportResult, Kind
from tests.importing import import_department, refused, run, stored

HEADER = "staff_no,start,end,kind\n"


@pytest.fixture
def department(database: Database) -> Database:
    import_department(database)
    return database


def test_plain_dates_are_whole_local_days_and_hours_are_as_they_say(department: Database):
    content = HEADER + "0012,2026-11-23,2026-11-24,特休\nA013,2026-11-23T13:00+08:00,2026-11-23T17:00+08:00,\n"
    assert run(department, Kind.LEAVE, content) == ImportResult(added=2, changed=0, unchanged=0)
    assert stored(department, m.Leave.officer_id, m.Leave.begin, m.Leave.end, m.Leave.kind) == [
        (1, datetime(2026, 11, 22, 16, tzinfo=UTC), datetime(2026, 11, 24, 16, tzinfo=UTC), "特休"),
        (2, datetime(2026, 11, 23, 5, tzinfo=UTC), datetime(2026, 11, 23, 9, tzinfo=UTC), ""),
    ]
    assert run(department, Kind.LEAVE, content) == ImportResult(added=0, changed=0, unchanged=2)


def test_leave_with_the_same_start_takes_the_place_of_the_stored_one(department: Database):
    run(department, Kind.LEAVE, HEADER + "0012,2026-11-23,2026-11-25,特休\n")
    content = HEADER + "0012,2026-11-23,2026-11-23,病假\n0012,2026-11-24,2026-11-25,特休\n"
    assert run(department, Kind.LEAVE, content) == ImportResult(added=1, changed=1, unchanged=0)
    assert [kind for _, kind in stored(department, m.Leave.begin, m.Leave.kind)] == ["病假", "特休"]


@pytest.mark.parametrize("rows", ["0012,2026-11-24,2026-11-24,\n", "A013,2026-11-23,2026-11-23,\n"])
def test_leave_that_touches_or_is_another_officers_does_not_overlap(department: Database, rows: str):
    run(department, Kind.LEAVE, HEADER + "0012,2026-11-23,2026-11-23,\n0012,2026-11-25,2026-11-25,\n")
    assert run(department, Kind.LEAVE, HEADER + rows).added == 1


def test_leave_that_overlaps_another_line_is_refused_naming_both(department: Database):
    content = HEADER + "0012,2026-11-23,2026-11-25,\nA013,2026-11-23,2026-11-25,\n0012,2026-11-25,2026-11-26,\n"
    assert refused(department, Kind.LEAVE, content) == [
        "leave.csv:4: start: 與第 2 行的請假重疊 / overlaps the leave of line 2"
    ]
    assert stored(department, m.Leave.id) == []


def test_leave_that_overlaps_stored_leave_is_refused_naming_both(department: Database):
    run(department, Kind.LEAVE, HEADER + "0012,2026-11-23,2026-11-25,\n")
    later = "0012,2026-11-25T12:00+08:00,2026-11-26T12:00+08:00,\n"
    [problem] = refused(department, Kind.LEAVE, HEADER + later)
    assert problem.startswith("leave.csv:2: start: 與資料庫中的請假重疊 / overlaps leave in the database: ")
    assert problem.endswith("2026-11-23T00:00+08:00 … 2026-11-26T00:00+08:00")
    around = "0012,2026-11-01,2026-11-30,\n"
    assert len(refused(department, Kind.LEAVE, HEADER + around)) == 1


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("0012,2026-11-24,2026-11-23,", "2: end: 結束不晚於開始 / the end is not after the start"),
        ("0012,2026-11-23T08:00+08:00,2026-11-23T08:00+08:00,", "2: end: 結束不晚於開始"),
        ("0012,2026-11-23T08:00,2026-11-24,", "2: start: 缺時差"),
        ("0012,2026-02-30,2026-03-01,", "2: start: 日期須為西元 YYYY-MM-DD"),
        ("0012,0226-11-23,2026-11-23,", "2: start: 年份須為 2000 到 2099"),
        ("0012,,2026-11-23,", "2: start: 不可空白"),
        ("0012,2026-11-23,,", "2: end: 不可空白"),
        ("9999,2026-11-23,2026-11-23,", "2: staff_no: 員警 9999 不存在"),
    ],
)
def test_wrong_leave_is_refused_at_its_line_and_column(department: Database, row: str, words: str):
    [problem] = refused(department, Kind.LEAVE, f"{HEADER}{row}\n0012,2026-12-01,2026-12-01,\n")
    assert problem.startswith(f"leave.csv:{words}")
    assert stored(department, m.Leave.id) == []
