"""``checkin attendance``: the same records from files as from the database, totals, limits, and clear refusals."""

import csv
import io
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.imports import Kind, read_sheet, store_sheet
from tests.commands import checkin
from tests.serving import CHECKIN, environment

FILES = {
    Kind.UNITS: "code,name\nU,一所\n",
    Kind.SHIFTS: (
        "code,name,start,end,break_minutes,late_grace_minutes\nD,日勤,08:00,17:00,60,5\nN,夜勤,20:00,08:00,,\n"
    ),
    Kind.OFFICERS: "staff_no,name,unit_code\n0A1,王小明,U\nA2,林美玲,U\nA3,陳志明,U\n",
    Kind.SITES: "code,name\nHQ,總局\n",
    Kind.ZONES: "code,name,site_code,required_assurance\nZ1,大廳,HQ,none\nZ2,停車場,HQ,none\n",
    Kind.ROSTER: (
        "staff_no,duty_date,shift_code,zone_code\n"
        "0A1,2026-11-23,D,Z1\n0A1,2026-11-24,N,\nA2,2026-11-23,D,Z1\nA3,2026-11-23,D,Z2\n"
    ),
    Kind.LEAVE: "staff_no,start,end,kind\nA3,2026-11-23,2026-11-23,休假\n",
    Kind.OUTAGES: "zone_code,start,end,reason\nZ1,2026-11-23T09:00+08:00,2026-11-23T10:00+08:00,停電\n",
    Kind.PUNCHES: (
        "staff_no,at,direction,zone_code\n"
        "0A1,2026-11-23T07:58:30.5+08:00,in,Z1\n0A1,2026-11-23T09:10:00Z,out,Z1\n"
        "0A1,2026-11-24T19:50+08:00,auto,\n0A1,2026-11-25T08:01+08:00,auto,\nA3,2026-11-22T09:00+08:00,in,\n"
    ),
}  # fmt: skip
FOR_COMPUTE = (Kind.SHIFTS, Kind.ROSTER, Kind.PUNCHES, Kind.LEAVE, Kind.OUTAGES)
AS_OF = ("--as-of", "2026-12-01T00:00+08:00")
PERIOD = ("--from", "2026-11-22", "--to", "2026-11-24")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for kind, content in FILES.items():
        (tmp_path / f"{kind}.csv").write_text(content, encoding="utf-8")
    return tmp_path


@pytest.fixture
def filled(database: Database) -> Database:
    for kind, content in FILES.items():
        sheet = read_sheet(kind, content.encode(), filename=f"{kind}.csv", default_timezone="Asia/Taipei")
        with database.write() as session:
            store_sheet(session, sheet, now=datetime(2026, 11, 30, tzinfo=UTC), actor="test")
    return database


def run(*arguments: str, url: str = "sqlite:////nowhere/at/all.db") -> subprocess.CompletedProcess[str]:
    command = [str(CHECKIN), "attendance", *arguments]
    return subprocess.run(command, env=environment(url), capture_output=True, text=True, timeout=50, check=False)


def compute(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    files = [text for kind in FOR_COMPUTE for text in (f"--{kind}", str(folder / f"{kind}.csv"))]
    return run("compute", *files, *AS_OF, *arguments)


def show(database: Database, command: str, *arguments: str) -> list[dict[str, Any]]:
    url = database.url.render_as_string(hide_password=False)
    done = run(command, *AS_OF, "--format", "json", *arguments, url=url)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_files_and_database_give_the_same_records(folder: Path, filled: Database):
    done = compute(folder)
    assert (done.returncode, done.stderr) == (0, "")
    from_files = json.loads(done.stdout)
    assert [(row["staff_no"], row["status"]) for row in from_files] == [
        ("0A1", "present"),
        ("0A1", "present"),
        ("A2", "unproven"),
        ("A3", "unrostered"),
        ("A3", "leave"),
    ]
    assert from_files[0]["in"] == "2026-11-23T07:58:00+08:00"
    assert from_files[0]["punches"][0]["at"] == "2026-11-23T07:58:30.500000+08:00"
    assert show(filled, "show", *PERIOD) == from_files


def test_one_officer_or_unit_of_the_database(filled: Database):
    assert [row["staff_no"] for row in show(filled, "show", *PERIOD, "--officer", "A2")] == ["A2"]
    assert len(show(filled, "show", *PERIOD, "--unit", "U")) == 5


def test_exceptions_alone(filled: Database):
    found = {(row["staff_no"], row["status"]) for row in show(filled, "show", *PERIOD, "--exceptions")}
    assert found == {("A2", "unproven"), ("A3", "unrostered")}


def test_totals_of_a_month_and_limits_passed(filled: Database):
    totals = {row["staff_no"]: row for row in show(filled, "totals", "--month", "2026-11")}
    assert totals["0A1"].items() >= {"present": 2, "worked_minutes": 492 + 731, "night_minutes": 360}.items()
    assert totals["A3"].items() >= {"leave": 1, "unrostered": 1}.items()
    assert show(filled, "limits", *PERIOD) == []


def test_limits_are_those_of_the_installation(filled: Database):
    url = filled.url.render_as_string(hide_password=False)
    done = checkin(url, "attendance", "limits", *PERIOD, "--format", "json", limit_day_hours="8")
    assert {(row["limit"], row["allowed"]) for row in json.loads(done.stdout)} == {("daily_limit", 480)}


def test_a_name_that_excel_would_run_is_text(filled: Database):
    with filled.write() as session:
        session.scalars(select(m.Officer).where(m.Officer.staff_no == "A2")).one().name = "=1+1"
    url = filled.url.render_as_string(hide_password=False)
    done = checkin(url, "attendance", "totals", "--month", "2026-11", "--format", "csv")
    assert b"\r\nA2,'=1+1," in done.stdout_bytes


def test_csv_has_a_column_a_field(folder: Path):
    said = compute(folder, "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(said.removeprefix("\ufeff"))))
    assert said.startswith("\ufeff")
    assert rows[0].keys() >= {"staff_no", "duty_date", "in", "out", "status", "worked_minutes"}
    assert (rows[0]["staff_no"], rows[0]["worked_minutes"], rows[2]["worked_minutes"]) == ("0A1", "492", "")


@pytest.mark.parametrize(
    ("kind", "line", "said"),
    [
        (Kind.PUNCHES, "A2,2026-11-23T08:00:00,in,", "punches.csv:7: at: 缺時差"),
        (Kind.PUNCHES, "A2,2026-02-30T08:00+08:00,in,", "punches.csv:7: at:"),
        (Kind.PUNCHES, "A2,2026-11-23T08:00+08:00,sideways,", "punches.csv:7: direction:"),
        (Kind.ROSTER, "A2,2026-11-25,X,", "roster.csv:6: shift_code: 班別 X 不存在"),
        (Kind.LEAVE, "A2,2026-11-25,2026-11-24,事假", "leave.csv:3: end:"),
        (Kind.OUTAGES, "Z1,,2026-11-23T10:00+08:00,x", "outages.csv:3: start:"),
    ],
)
def test_what_is_wrong_is_said_by_file_and_line(folder: Path, kind: Kind, line: str, said: str):
    with (folder / f"{kind}.csv").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    done = compute(folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


def test_a_million_wrong_lines_are_a_short_message(folder: Path):
    with (folder / "punches.csv").open("a", encoding="utf-8") as file:
        file.writelines("A2,2026-11-23T08:00:00,in,\n" for _ in range(999_990))
    done = compute(folder)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 51
    assert "999,940" in done.stderr.splitlines()[-1]


def test_wrong_usage_is_told_apart(filled: Database):
    url = filled.url.render_as_string(hide_password=False)
    assert run("show", "--from", "2026-11-24", "--to", "2026-11-23", url=url).returncode == 2
    assert run("show", *PERIOD, "--as-of", "2026-11-24T00:00", url=url).returncode == 2
    unknown = run("show", *PERIOD, "--officer", "NOBODY", url=url)
    assert (unknown.returncode, "NOBODY" in unknown.stderr) == (1, True)
