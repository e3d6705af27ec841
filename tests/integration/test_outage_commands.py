"""``checkin outage`` as HR meets it."""

import json
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from checkin_api.cli import main
from checkin_api.clock import SystemClock
from checkin_api.db import Database
from tests import builders
from tests.commands import checkin
from tests.serving import environment

TAIPEI = ZoneInfo("Asia/Taipei")
# The command line has the machine's clock.
DAY = SystemClock().now().astimezone(TAIPEI).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)


def at(hour: int) -> str:
    return DAY.replace(hour=hour).isoformat(timespec="minutes")


@pytest.fixture
def command(database: Database, database_url: str) -> Any:
    """Thirty officers with day duty at the gate two days ago, and nobody heard anywhere."""
    with database.write() as session:
        unit = builders.unit(session, code="U1")
        gate = builders.zone(session, code="GATE", name="大門")
        day = builders.shift(session, start=time(8), end=time(17))
        builders.officer(session, unit, staff_no="HR1")
        for number in range(1, 31):
            officer = builders.officer(session, unit, staff_no=f"A{number:02}")
            builders.roster(session, officer, day, DAY.date(), zone_id=gate.id)

    def run(*arguments: str) -> Result:
        return checkin(database_url, "outage", *arguments)

    return run


def entered(command: Any) -> str:
    done = command("add", "--zone", "GATE", "--from", at(7), "--to", at(10), "--reason", "停電")
    assert done.exit_code == 0, done.output
    return str(done.stdout.strip().removeprefix("已登錄 / entered: "))


def test_an_outage_is_entered_listed_and_confirmed_for_everyone_but_one(command: Any):
    number = entered(command)
    [row] = json.loads(command("list", "--format", "json").stdout)
    assert (
        row.items() >= {"zone": "GATE", "begin": f"{at(7)[:16]}:00+08:00", "source": "entered", "confirmed": 0}.items()
    )
    rows = json.loads(command("concerned", number, "--format", "json").stdout)
    assert (len(rows), rows[0]["staff_no"], rows[0]["status"]) == (30, "A01", "無法證明 unproven")
    done = command("confirm", number, "--as", "HR1", "--except", "A07", "--yes")
    assert done.exit_code == 0, done.output
    assert "29 班、58 次打卡" in done.stderr
    assert done.stdout == "58 已核准 / Approved\n"
    [row] = json.loads(command("concerned", number, "--format", "json").stdout)
    assert row["staff_no"] == "A07"
    [row] = json.loads(command("list", "--format", "json").stdout)
    assert row["confirmed"] == 58


def test_confirming_asks_first(command: Any, database_url: str):
    number = entered(command)
    arguments = ["outage", "confirm", number, "--as", "HR1"]
    done = CliRunner().invoke(main, arguments, env=environment(database_url), input="n\n")
    assert (done.exit_code, done.stdout) == (1, "")
    assert len(json.loads(command("concerned", number, "--format", "json").stdout)) == 30


def test_deriving_finds_it_by_itself(command: Any):
    assert command("derive").stdout == "1 added, 0 changed, 0 removed\n"
    assert command("derive").stdout == "0 added, 0 changed, 0 removed\n"
    done = command("list")
    assert "全部 / all" in done.stdout
    assert "應打卡 60 次" in done.stdout
    [row] = json.loads(command("list", "--format", "json").stdout)
    assert command("dismiss", str(row["id"]), "--reason", "全員出差").exit_code == 0
    assert json.loads(command("list", "--format", "json").stdout) == []
    assert "已撤銷" in command("list", "--all").stdout
    assert command("list", "--from", "2099-01-01").stdout == "（無資料 / nothing）\n"


def test_one_that_lasts_is_ended(command: Any):
    done = command("add", "--all-zones", "--from", at(7), "--reason", "機房停電")
    number = done.stdout.strip().removeprefix("已登錄 / entered: ")
    assert command("end", number, "--at", at(9)).exit_code == 0
    [row] = json.loads(command("list", "--format", "json").stdout)
    assert (row["zone"], row["end"]) == (None, f"{at(9)[:16]}:00+08:00")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["add", "--from", at(7), "--reason", "x"], 2, "give --zone CODE or --all-zones"),
        (["add", "--zone", "GATE", "--from", "2026-11-23T07:00", "--reason", "x"], 2, "缺時差"),
        (["add", "--zone", "GATE", "--from", "yesterday", "--reason", "x"], 2, "不是 ISO 8601 時間"),
        (["add", "--zone", "MOON", "--from", at(7), "--reason", "x"], 1, "no zone with the code MOON"),
        (["add", "--zone", "GATE", "--from", at(9), "--to", at(7), "--reason", "x"], 1, "the end is not after"),
        (["end", "4711", "--at", at(9)], 1, "there is no outage 4711"),
        (["confirm", "4711", "--as", "HR1"], 1, "there is no outage 4711"),
        (["confirm", "4711", "--as", "NOBODY"], 1, "4711"),
        (["concerned", "0"], 2, "0 is not in the range"),
    ],
)
def test_what_cannot_be_is_said(command: Any, arguments: list[str], status: int, said: str):
    done = command(*arguments)
    assert (done.exit_code, done.stdout) == (status, "")
    assert said in done.stderr


def test_exceptions_must_be_among_those_concerned(command: Any):
    done = command("confirm", entered(command), "--as", "HR1", "--except", "HR1", "--yes")
    assert (done.exit_code, "not among those concerned: HR1" in done.stderr) == (2, True)


def test_nobody_is_concerned(command: Any):
    done = command("add", "--zone", "GATE", "--from", "2026-01-01T00:00Z", "--to", "2026-01-01T01:00Z", "--reason", "x")
    number = done.stdout.strip().removeprefix("已登錄 / entered: ")
    done = command("confirm", number, "--as", "HR1")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "0 班、0 次打卡" in done.stderr
