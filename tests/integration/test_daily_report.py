"""The daily usage report from the database, and from the command line."""

import json
import subprocess
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import CorrectionKind, CorrectionState, Direction, Reason, new_id
from checkin_api.errors import NotFoundError
from reports.daily import build_daily, write_daily
from tests import builders
from tests.serving import CHECKIN, environment

TAIPEI = ZoneInfo("Asia/Taipei")
MONDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 22)
MADE_AT = datetime(2026, 11, 24, 6, 0, tzinfo=TAIPEI)


def at(clock: str, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), TAIPEI)


def proved(session: Session, officer: m.Officer, zone: m.Zone, direction: Direction, moment: datetime) -> None:
    presence = builders.presence(session, officer, zone, moment - timedelta(seconds=5))
    builders.punch(session, officer, direction, moment, proof=presence)


@pytest.fixture
def department(database: Database) -> Database:
    """A bureau over two units; day, night and office duties on a Monday."""
    with database.write() as session:
        bureau = builders.unit(session, code="B", name="分局")
        first = builders.unit(session, code="U1", name="一所", parent_id=bureau.id)
        second = builders.unit(session, code="U2", name="二所", parent_id=bureau.id)
        day, night = builders.shift(session, code="day"), builders.shift(session, start=time(20), end=time(8))
        office = builders.shift(session, code="office", start=time(8, 30), end=time(17, 30))
        zone = builders.zone(session)
        came, away, nightly = (builders.officer(session, unit) for unit in (first, first, second))
        for officer, shift in ((came, day), (away, day), (nightly, night)):
            builders.roster(session, officer, shift, MONDAY, zone_id=zone.id)
        builders.roster(session, nightly, night, SUNDAY)
        clerk = builders.officer(session, second, default_shift_id=office.id)
        builders.officer(session, second, default_shift_id=office.id, active_to=SUNDAY)
        off_duty = builders.officer(session, first)
        proved(session, came, zone, Direction.IN, at("07:50"))
        proved(session, nightly, zone, Direction.OUT, at("08:05"))
        proved(session, clerk, zone, Direction.IN, at("08:31"))
        proved(session, off_duty, zone, Direction.IN, at("12:00"))
        builders.punch(session, away, Direction.IN, at("08:00"))
        punch = builders.punch(session, away, Direction.IN, at("08:20"))
        builders.refusal(session, Reason.NO_PRESENCE, at("07:59"), officer_id=away.id)
        builders.refusal(session, Reason.NO_PRESENCE, at("08:19"), officer_id=away.id, punch_id=punch.id)
        builders.refusal(session, Reason.UNKNOWN_BEACON, at("00:00"))
        builders.refusal(session, Reason.UNKNOWN_BEACON, at("00:00", MONDAY + timedelta(days=1)))
    return database


def facts(database: Database, day: date, unit: str | None = None) -> dict[str, Any]:
    report = build_daily(database, day, TAIPEI, made_at=MADE_AT, unit=unit)
    tables = {table.key: [tuple(row) for row in table.rows] for table in report.tables}
    return {fact.key: fact.value for fact in report.facts} | tables


def test_expected_are_rostered_and_office_staff_on_working_days(department: Database):
    monday = facts(department, MONDAY)
    # came, away, nightly and the clerk; the one who left the day before and the one off duty are not.
    assert (monday["expected"], monday["checked_in"], monday["adoption_rate"], monday["unrostered"]) == (4, 2, 0.5, 1)
    assert monday["units"] == [("U1", "一所", 2, 1, 0.5, 1), ("U2", "二所", 2, 1, 0.5, 0)]
    sunday = facts(department, SUNDAY)
    # The night duty of Sunday took its proved OUT on Monday morning.
    assert (sunday["expected"], sunday["checked_in"]) == (1, 1)


def test_a_void_punch_is_no_use(department: Database):
    with department.write() as session:
        first = session.scalars(select(m.Punch).where(m.Punch.at == at("07:50"))).one()
        void = m.Correction(
            id=new_id(), officer_id=first.officer_id, kind=CorrectionKind.VOID, direction=first.direction, at=first.at,
            punch_id=first.id, reason="代打", requested_at=MADE_AT, requested_by="x", state=CorrectionState.APPROVED,
        )  # fmt: skip
        session.add(void)
        session.flush()
        session.add(m.PunchVoid(punch_id=first.id, correction_id=void.id, at=MADE_AT))
    monday = facts(department, MONDAY)
    assert monday["checked_in"] == 1
    assert {row[0]: row[1] for row in monday["hours"]}[7] == 0


def test_a_day_and_night_duty_of_two_days_before_keeps_its_sign_out(database: Database):
    with database.write() as session:
        zone = builders.zone(session)
        whole = builders.shift(session, start=time(22), end=time(22))
        officer = builders.officer(session)
        builders.roster(session, officer, whole, date(2026, 11, 20))
        builders.roster(session, officer, builders.shift(session, start=time(2), end=time(10)), SUNDAY)
        proved(session, officer, zone, Direction.OUT, at("00:30", SUNDAY))
    sunday = facts(database, SUNDAY)
    assert (sunday["expected"], sunday["checked_in"], sunday["unrostered"]) == (1, 0, 0)


def test_refusals_are_of_the_local_date_with_those_granted_later_apart(department: Database):
    assert facts(department, MONDAY)["refusals"] == [
        ("no_presence", "未感應到簽到區", "No zone sensed", 2, 1),
        ("unknown_beacon", "信標未登錄", "Beacon not registered", 1, 0),
    ]


def test_a_unit_includes_what_is_below_it_and_nothing_else(department: Database):
    assert facts(department, MONDAY, "B")["expected"] == 4
    second = facts(department, MONDAY, "U2")
    assert (second["expected"], [row[0] for row in second["units"]], second["refusals"]) == (2, ["U2"], [])
    with pytest.raises(NotFoundError, match="NOWHERE"):
        facts(department, MONDAY, "NOWHERE")


def test_a_day_without_data_says_so(department: Database):
    empty = facts(department, date(2030, 1, 1))
    assert (empty["expected"], empty["adoption_rate"], empty["units"]) == (0, None, [])


def test_files_appear_whole_in_every_format(department: Database, tmp_path: Path):
    paths = write_daily(department, MONDAY, TAIPEI, folder=tmp_path / "reports", made_at=MADE_AT)
    assert [path.name for path in paths] == ["daily_usage_2026-11-23.csv", "daily_usage_2026-11-23.json"]
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == [path.name for path in paths]
    assert json.loads(paths[1].read_text())["meta"]["expected"] == 4


def run(database: Database, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    settings = environment(database.url.render_as_string(hide_password=False))
    command = [str(CHECKIN), "report", "daily", *arguments]
    return subprocess.run(command, env=settings, capture_output=True, check=False, timeout=60)


def test_command_prints_to_standard_output(department: Database):
    done = run(department, "--date", "2026-11-23", "--unit", "U1", "--format", "json", "--output", "-")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["meta"]["checked_in"] == 1


def test_command_writes_a_file_and_says_which(department: Database, tmp_path: Path):
    path = tmp_path / "monday.json"
    done = run(department, "--date", "2026-11-23", "--format", "json", "--output", str(path))
    assert (done.returncode, done.stdout, done.stderr.decode()) == (0, b"", f"wrote {path}\n")
    assert json.loads(path.read_text("utf-8"))["meta"]["expected"] == 4


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--date", "2026-11-23", "--unit", "X", "--format", "csv", "--output", "-"], 1, "no unit with the code X"),
        (["--date", "2026-11-31", "--format", "csv", "--output", "-"], 2, "2026-11-31"),
        (["--date", "2026-11-23", "--format", "docx", "--output", "-"], 2, "docx"),
        (["--date", "2026-11-23", "--format", "csv", "--output", "/proc/nowhere/x.csv"], 1, "/proc/nowhere/x.csv"),
    ],
)
def test_command_says_what_is_wrong_in_one_line(department: Database, arguments: list[str], status: int, said: str):
    done = run(department, *arguments)
    assert done.returncode == status
    message = done.stderr.decode().strip().splitlines()[-1]
    assert said in message
    assert message.lower().startswith("error")
