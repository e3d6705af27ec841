"""The roster for months: what changes is shown and kept, overlaps are refused, a replacing file removes."""

from datetime import UTC, date, datetime

import pytest

from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import Direction, PunchSource, RosterAction
from checkin_api.errors import NotFoundError
from checkin_api.imports import ImportRefusedError, ImportResult, Kind
from tests import builders
from tests.importing import NOW, import_department, refused, run, run_replacing, stored

HEADER = "staff_no,duty_date,shift_code,zone_code\n"
DAY = "0012,2026-11-23,day,\n"


@pytest.fixture
def department(database: Database) -> Database:
    import_department(database)
    shifts = "night,夜勤,20:00,08:00\nearly,早勤,06:00,14:00\nfull,全日,08:00,08:00\nam,上午,08:00,12:00\n"
    run(database, Kind.SHIFTS, f"code,name,start,end\n{shifts}pm,下午,14:00,18:00\n")
    run(database, Kind.ZONES, "code,name,site_code\nZ02,後門,S01\n")
    return database


def roster(database: Database) -> list[tuple[str, date, str]]:
    rows = stored(database, m.RosterEntry.officer_id, m.RosterEntry.duty_date, m.RosterEntry.shift_id)
    staff, shifts = (
        dict(stored(database, m.Officer.id, m.Officer.staff_no)),
        dict(stored(database, m.Shift.id, m.Shift.code)),
    )
    return sorted((staff[officer], day, shifts[shift]) for officer, day, shift in rows)


def texts(result: ImportResult) -> list[str]:
    return [f"{change.action} {change.text}" for change in result.changes]


# --- overlaps ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        "0012,2026-11-23,day,\n0012,2026-11-23,night,\n0012,2026-11-24,day,\n",
        "0012,2026-11-23,full,\n0012,2026-11-24,full,\n",
        "0012,2026-11-23,am,\n0012,2026-11-23,pm,\n",
        "0012,2026-11-23,day,\nA013,2026-11-23,day,\n",
    ],
)
def test_back_to_back_and_several_a_day_are_fine(department: Database, rows: str):
    assert run(department, Kind.ROSTER, HEADER + rows).added == rows.count("\n")


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (
            "0012,2026-11-23,day,\n0012,2026-11-23,early,\n",
            "3: duty_date: 與第 2 行的勤務重疊 / overlaps a duty of line 2: 2026-11-23 day 08:00–20:00",
        ),
        (
            "0012,2026-11-24,early,\nA013,2026-11-24,early,\n0012,2026-11-23,night,\n",
            "4: duty_date: 與第 2 行的勤務重疊 / overlaps a duty of line 2: 2026-11-24 early 06:00–14:00",
        ),
        (
            "0012,2026-11-30,full,\n0012,2026-12-01,early,\n",
            "3: duty_date: 與第 2 行的勤務重疊 / overlaps a duty of line 2: 2026-11-30 full 08:00–08:00",
        ),
    ],
)
def test_duties_that_overlap_are_refused_with_both_lines(department: Database, rows: str, problem: str):
    assert refused(department, Kind.ROSTER, HEADER + rows) == [f"roster.csv:{problem}"]
    assert roster(department) == []
    assert stored(department, m.RosterChange.id) == []


def test_a_duty_that_overlaps_a_stored_one_is_refused_with_line_and_entry(department: Database):
    run(department, Kind.ROSTER, HEADER + "0012,2026-11-22,night,\n")
    assert refused(department, Kind.ROSTER, HEADER + "0012,2026-11-23,early,\n") == [
        "roster.csv:2: duty_date: 與資料庫的勤務重疊 / overlaps a duty of the database: 2026-11-22 night 20:00–08:00"
    ]


def test_a_duty_is_as_late_as_the_clocks_of_its_zone(department: Database):
    run(department, Kind.SITES, "code,name,timezone\nS02,東京,Asia/Tokyo\n")
    run(department, Kind.ZONES, "code,name,site_code\nZ09,門,S02\n")
    run(department, Kind.ROSTER, HEADER + "0012,2026-11-23,day,\n")
    [problem] = refused(department, Kind.ROSTER, HEADER + "0012,2026-11-23,night,Z09\n")
    assert problem.startswith("roster.csv:2: duty_date: 與資料庫的勤務重疊")
    assert run(department, Kind.ROSTER, HEADER + "0012,2026-11-23,day,Z09\n0012,2026-11-23,night,Z09\n").changed == 1


def test_a_file_without_zones_is_judged_by_the_stored_ones(department: Database):
    run(department, Kind.SITES, "code,name,timezone\nS02,東京,Asia/Tokyo\n")
    run(department, Kind.ZONES, "code,name,site_code\nZ09,門,S02\n")
    run(department, Kind.ROSTER, HEADER + "0012,2026-11-23,night,Z09\n")
    header = "staff_no,duty_date,shift_code\n"
    [problem] = refused(department, Kind.ROSTER, header + "0012,2026-11-23,day\n0012,2026-11-23,night\n")
    assert "night 20:00–08:00" in problem or "day 08:00–20:00" in problem


@pytest.mark.parametrize("day", ["0226-11-23", "1999-12-31", "2100-01-01", "2026-02-30"])
def test_a_date_that_cannot_be_meant_is_refused(department: Database, day: str):
    [problem] = refused(department, Kind.ROSTER, f"{HEADER}0012,{day},day,\n{DAY}")
    assert problem.startswith("roster.csv:2: duty_date: ")


# --- what changes --------------------------------------------------------------------------------------------------


def test_every_change_is_shown_and_kept_with_actor_and_time(department: Database):
    assert texts(run(department, Kind.ROSTER, HEADER + DAY + "A013,2026-11-23,night,Z01\n")) == [
        "added 0012 2026-11-23 day",
        "added A013 2026-11-23 night Z01",
    ]
    result = run_replacing(department, HEADER + "0012,2026-11-23,day,Z02\n0012,2026-11-24,am,\nA013,2026-11-24,day,\n")
    assert result == ImportResult(added=2, changed=1, unchanged=0, removed=1)
    assert texts(result) == [
        "changed 0012 2026-11-23 day - → Z02",
        "removed A013 2026-11-23 night Z01",
        "added 0012 2026-11-24 am",
        "added A013 2026-11-24 day",
    ]
    columns = (m.RosterChange.action, m.RosterChange.officer_id, m.RosterChange.duty_date)
    zones = (m.RosterChange.zone_id, m.RosterChange.was_zone_id)
    kept = stored(department, m.RosterChange.id, m.RosterChange.actor, m.RosterChange.at, *columns, *zones)
    assert {row[1] for row in kept[:2]} == {"import"}
    assert {row[1:3] for row in kept[2:]} == {("cli:hr", NOW)}
    assert [row[3:] for row in kept[2:]] == [
        (RosterAction.ADDED, 1, date(2026, 11, 24), None, None),
        (RosterAction.ADDED, 2, date(2026, 11, 24), None, None),
        (RosterAction.CHANGED, 1, date(2026, 11, 23), 2, None),
        (RosterAction.REMOVED, 2, date(2026, 11, 23), 1, None),
    ]


def test_an_import_that_changes_nothing_keeps_nothing(department: Database):
    run(department, Kind.ROSTER, HEADER + DAY)
    result = run(department, Kind.ROSTER, HEADER + DAY)
    assert (len(result.changes), len(stored(department, m.RosterChange.id))) == (0, 1)
    assert run(department, Kind.ROSTER, HEADER) == ImportResult(added=0, changed=0, unchanged=0)


def test_a_change_is_a_row_for_a_program_too(department: Database):
    [change] = run(department, Kind.ROSTER, HEADER + "0012,2026-11-23,day,Z01\n").changes[:1]
    assert change.row == {
        "staff_no": "0012",
        "duty_date": date(2026, 11, 23),
        "shift": "day",
        "zone": "Z01",
        "was_zone": None,
        "has_punches": False,
    }


# --- replacing -----------------------------------------------------------------------------------------------------


def fill(database: Database) -> None:
    """Three officers of two units on the 23rd to the 25th."""
    run(database, Kind.UNITS, "code,name,parent_code\nU02,隊,U01\nU03,別處,\n")
    run(database, Kind.OFFICERS, "staff_no,name,unit_code\nB001,陳昀棠,U02\nC001,林,U03\n")
    rows = (f"{no},2026-11-{day},day,\n" for no in ("0012", "A013", "B001", "C001") for day in (23, 24, 25))
    run(database, Kind.ROSTER, HEADER + "".join(rows))


def test_without_replace_nothing_is_removed(department: Database):
    fill(department)
    assert run(department, Kind.ROSTER, HEADER + "0012,2026-11-23,night,\n0012,2026-11-25,day,\n").removed == 0
    assert len(roster(department)) == 13


def test_replace_removes_the_files_officers_other_duties_between_its_first_and_last_date(department: Database):
    fill(department)
    result = run_replacing(department, HEADER + "0012,2026-11-23,night,\n0012,2026-11-24,day,\n")
    assert result == ImportResult(added=1, changed=0, unchanged=1, removed=1)
    assert [row[1:] for row in roster(department) if row[0] == "0012"] == [
        (date(2026, 11, 23), "night"),
        (date(2026, 11, 24), "day"),
        (date(2026, 11, 25), "day"),
    ]
    assert len(roster(department)) == 12


def test_replace_says_how_many_colleagues_it_left_alone(department: Database):
    fill(department)
    [warning] = run_replacing(department, HEADER + DAY).warnings
    assert warning.startswith("同單位另有 1 人在這段期間有勤務而檔案沒有，予以保留")


def test_replace_with_a_unit_is_the_whole_truth_of_everyone_in_it_and_below(department: Database):
    fill(department)
    result = run_replacing(department, HEADER + DAY + "0012,2026-11-24,day,\n", "U01")
    assert result == ImportResult(added=0, changed=0, unchanged=2, removed=4)
    assert result.warnings == ()
    assert {row[0] for row in roster(department) if row[1] < date(2026, 11, 25)} == {"0012", "C001"}


def test_replace_with_a_unit_refuses_officers_of_other_units_at_their_line(department: Database):
    fill(department)
    with pytest.raises(ImportRefusedError) as info:
        run_replacing(department, HEADER + DAY + "C001,2026-11-23,day,\n", "U01")
    [problem] = str(info.value).splitlines()
    assert problem.startswith("roster.csv:3: staff_no: 員警不屬於 --unit 所指的單位")
    assert len(roster(department)) == 12


def test_replace_with_an_unknown_unit_is_refused(department: Database):
    with pytest.raises(NotFoundError, match="U99"):
        run_replacing(department, HEADER + DAY, "U99")


def test_replace_refuses_a_span_longer_than_a_year(department: Database):
    with pytest.raises(ImportRefusedError, match="取代的期間不可超過 366 天") as info:
        run_replacing(department, HEADER + DAY + "0012,2062-11-23,day,\n")
    assert info.value.problems[0].line == 3


def test_a_duty_that_is_removed_overlaps_nothing(department: Database):
    run(department, Kind.ROSTER, HEADER + DAY)
    assert run_replacing(department, HEADER + "0012,2026-11-23,early,\n") == ImportResult(1, 0, 0, removed=1)


def test_a_replacing_file_without_rows_removes_nothing(department: Database):
    run(department, Kind.ROSTER, HEADER + DAY)
    assert run_replacing(department, HEADER) == ImportResult(added=0, changed=0, unchanged=0)


def test_duties_with_punches_are_replaced_and_listed_first(department: Database):
    days = "".join(f"0012,2026-11-{day},day,\n" for day in (20, 21, 22))
    run(department, Kind.ROSTER, HEADER + days)
    with department.write() as session:
        officer = session.get_one(m.Officer, 1)
        # At the very end of the window of the 21st: 20:00 and four hours.
        at = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
        builders.punch(session, officer, Direction.OUT, at, source=PunchSource.CHAT)
    result = run_replacing(department, HEADER + "0012,2026-11-20,night,\n0012,2026-11-22,night,\n")
    assert result.removed == 3
    assert [change.text for change in result.changes if change.row["has_punches"]] == [
        "0012 2026-11-21 day 已有打卡 / has punches"
    ]
    assert result.changes[0].row["has_punches"]
    assert result.warnings[0].startswith("更改或刪除的勤務中，1 筆已有打卡")


def test_a_duty_to_come_has_no_punches(department: Database):
    run(department, Kind.ROSTER, HEADER + "0012,2026-12-01,day,\n")
    result = run_replacing(department, HEADER + "0012,2026-12-01,night,\n")
    assert [change.row["has_punches"] for change in result.changes] == [False, False]
    assert result.warnings == ()
