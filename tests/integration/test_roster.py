"""Looking at the roster, swapping duties, the history of every change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import true

from checkin_api import audit, roster
from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import RosterAction
from checkin_api.errors import NotFoundError
from checkin_api.imports import Kind
from checkin_api.roster import OfficerDay, SwapRefusedError
from tests.importing import NOW, import_department, run, stored

TAIPEI = ZoneInfo("Asia/Taipei")
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def department(database: Database) -> Database:
    import_department(database)
    run(database, Kind.SHIFTS, "code,name,start,end\nnight,夜勤,20:00,08:00\nearly,早勤,06:00,14:00\n")
    return database


def plan(database: Database, *rows: str) -> None:
    run(database, Kind.ROSTER, "staff_no,duty_date,shift_code,zone_code\n" + "".join(f"{row}\n" for row in rows))


def swap(database: Database, *days: OfficerDay) -> None:
    with database.write() as session:
        roster.swap(session, LATER, *days, actor="cli:hr", zone=TAIPEI)


def duties(database: Database) -> list[tuple[str, date, str, str | None]]:
    with database.read() as session:
        rows = roster.list_entries(session, date(2026, 11, 1), date(2026, 11, 30), TAIPEI, among=true())
    return [(row.staff_no, row.duty_date, row.shift, row.zone) for row in rows]


def test_a_roster_is_listed_by_officer_and_time_with_the_times_of_its_zone(department: Database):
    plan(department, "A013,2026-11-23,day,Z01", "0012,2026-11-24,day,", "0012,2026-11-22,night,")
    with department.read() as session:
        rows = roster.list_entries(session, date(2026, 11, 22), TUESDAY, TAIPEI, among=m.Officer.staff_no == "0012")
    assert [(row.shift, row.start, row.end) for row in rows] == [
        ("night", datetime(2026, 11, 22, 12, tzinfo=UTC), datetime(2026, 11, 23, 0, tzinfo=UTC)),
        ("day", datetime(2026, 11, 24, 0, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC)),
    ]
    assert duties(department)[-1] == ("A013", MONDAY, "day", "Z01")


def test_a_swap_gives_each_the_duties_of_the_other(department: Database):
    plan(department, "0012,2026-11-23,day,Z01", "A013,2026-11-24,night,")
    swap(department, OfficerDay("0012", MONDAY), OfficerDay("A013", TUESDAY))
    assert duties(department) == [("0012", TUESDAY, "night", None), ("A013", MONDAY, "day", "Z01")]


def test_a_swap_of_one_date_exchanges_the_shifts(department: Database):
    plan(department, "0012,2026-11-23,day,", "A013,2026-11-23,night,")
    swap(department, OfficerDay("0012", MONDAY), OfficerDay("A013", MONDAY))
    assert duties(department) == [("0012", MONDAY, "night", None), ("A013", MONDAY, "day", None)]


def test_a_swap_is_in_the_history_of_both_and_in_the_audit_log(department: Database):
    plan(department, "0012,2026-11-23,day,Z01", "A013,2026-11-24,night,")
    swap(department, OfficerDay("0012", MONDAY), OfficerDay("A013", TUESDAY))
    with department.read() as session:
        mine, theirs = (roster.history(session, staff_no) for staff_no in ("0012", "A013"))
        acts = [audit.entries(session, subject=f"roster:{staff_no}")[0] for staff_no in ("0012", "A013")]
    assert [(row.action, row.duty_date, row.shift, row.zone) for row in mine] == [
        (RosterAction.ADDED, MONDAY, "day", "Z01"),
        (RosterAction.REMOVED, MONDAY, "day", "Z01"),
        (RosterAction.ADDED, TUESDAY, "night", None),
    ]
    assert [(row.action, row.duty_date, row.shift) for row in theirs][1:] == [
        (RosterAction.REMOVED, TUESDAY, "night"),
        (RosterAction.ADDED, MONDAY, "day"),
    ]
    assert {(row.at, row.actor) for row in mine[1:] + theirs[1:]} == {(LATER, "cli:hr")}
    assert {(entry.action, entry.actor) for entry in acts} == {("roster.swap", "cli:hr")}


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((OfficerDay("0012", MONDAY), OfficerDay("0012", TUESDAY)), "between two officers"),
        ((OfficerDay("0012", TUESDAY), OfficerDay("A013", MONDAY)), "has no duty on 2026-11-24: 0012"),
        ((OfficerDay("0012", MONDAY), OfficerDay("A013", TUESDAY)), "has no duty on 2026-11-24: A013"),
        ((OfficerDay("0012", MONDAY), OfficerDay("A013", MONDAY)), "nothing to swap"),
        # The night of A013 lasts until 08:00 of Sunday, when the early duty of 0012 has begun.
        ((OfficerDay("0012", MONDAY), OfficerDay("A013", date(2026, 11, 21))), "duties of 0012 would overlap"),
        # A013 has the same shift that day.
        ((OfficerDay("0012", MONDAY), OfficerDay("A013", date(2026, 11, 25))), "duties of A013 would overlap"),
    ],
)
def test_a_swap_that_makes_no_sense_is_refused_and_changes_nothing(
    department: Database, days: tuple[OfficerDay, OfficerDay], said: str
):
    plan(department, "0012,2026-11-22,early,", "0012,2026-11-23,day,")
    plan(department, "A013,2026-11-21,night,", "A013,2026-11-23,day,", "A013,2026-11-25,early,")
    before, changes = duties(department), stored(department, m.RosterChange.id)
    with pytest.raises(SwapRefusedError, match=said):
        swap(department, *days)
    assert (duties(department), stored(department, m.RosterChange.id)) == (before, changes)


def test_an_officer_out_of_service_takes_no_duty(department: Database):
    run(department, Kind.OFFICERS, "staff_no,name,unit_code,active_to\nA013,李苡岑,U01,2026-11-23\n")
    plan(department, "0012,2026-11-24,day,", "A013,2026-11-23,day,")
    with pytest.raises(SwapRefusedError, match="is not in service on 2026-11-24: A013"):
        swap(department, OfficerDay("0012", TUESDAY), OfficerDay("A013", MONDAY))


def test_an_unknown_officer_is_named(department: Database):
    with department.read() as session, pytest.raises(NotFoundError, match="X999"):
        roster.history(session, "X999")
