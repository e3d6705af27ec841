"""``checkin correction`` as HR meets it."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result

from checkin_api.clock import SystemClock
from checkin_api.db import Database
from checkin_api.domain.ids import Direction
from tests import builders
from tests.commands import checkin

TAIPEI = ZoneInfo("Asia/Taipei")
# The command line has the machine's clock.
TODAY = SystemClock().now().astimezone(TAIPEI)
YESTERDAY = TODAY.replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=1)
NOWHERE = "00000000-0000-0000-0000-000000000007"
AT = YESTERDAY.replace(hour=20).isoformat(timespec="minutes")


@pytest.fixture
def command(database: Database, database_url: str) -> Any:
    with database.write() as session:
        unit = builders.unit(session, code="U1")
        for number, name in enumerate(("王小明", "李大華", "陳美玲"), 1):
            officer = builders.officer(session, unit, staff_no=f"A000{number}", name=name)
            if number == 1:
                builders.punch(session, officer, Direction.IN, YESTERDAY)
                builders.punch(session, officer, Direction.OUT, YESTERDAY + timedelta(days=1, hours=-1))
        builders.zone(session, code="Z1")

    def run(*arguments: str, **settings: str) -> Result:
        return checkin(database_url, "correction", *arguments, **settings)

    return run


def listed(done: Result) -> list[dict[str, Any]]:
    assert done.exit_code == 0, done.output
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def ask(command: Any, *more: str, at: str = AT) -> str:
    """Ann asks for the OUT she forgot; the ID of the request."""
    done = command("request", "A0001", "--direction", "out", "--at", at, "--reason", "忘了簽退", "--as", "A0001", *more)
    assert done.exit_code == 0, done.output
    [found] = re.findall(r"^已申請 / requested: ([0-9a-f-]{36})$", done.stdout.strip())
    return str(found)


def test_request_is_listed_and_approved(command: Any):
    asked = ask(command, "--zone", "Z1")
    [row] = listed(command("list", "--state", "open", "--format", "json"))
    assert (row["id"], row["state"], row["staff_no"], row["zone_code"]) == (asked, "requested", "A0001", "Z1")
    assert (datetime.fromisoformat(row["at"]), row["requested_by"]) == (datetime.fromisoformat(AT), "officer:A0001")
    done = command("approve", asked, "--as", "A0002")
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"已核准 / Approved: {asked}\n", "")
    assert listed(command("list", "--state", "open", "--format", "json")) == []
    assert [row["state"] for row in listed(command("list", "--officer", "A0001", "--format", "json"))] == ["approved"]
    assert listed(command("list", "--officer", "A0002", "--state", "approved", "--format", "json")) == []


def test_list_is_in_words_for_a_person(command: Any):
    ask(command)
    table = command("list").stdout
    for words in ("待審核", "A0001 王小明", "補打卡", f"簽退 {YESTERDAY:%Y-%m-%d} 20:00", "忘了簽退"):
        assert words in table


def test_show_has_the_whole_and_the_count_of_the_month(command: Any):
    command("approve", ask(command, at=YESTERDAY.replace(hour=19).isoformat()), "--as", "A0002")
    asked = ask(command)
    [row] = listed(command("show", asked, "--format", "json", correction_quota="5"))
    assert (row["reason"], row["others_approved_in_month"], row["quota"]) == ("忘了簽退", 1, 5)
    assert "忘了簽退" in command("show", asked).stdout


def test_approver_is_warned_beyond_the_quota(command: Any):
    done = command("approve", ask(command), "--as", "A0002", correction_quota="0")
    assert done.exit_code == 0
    assert done.stderr.startswith("warning: 本月第 1 次，限額 0")


def test_punch_is_found_and_voided(command: Any):
    day = f"{YESTERDAY:%Y-%m-%d}"
    punch, next_morning = listed(command("punches", "A0001", "--date", day, "--format", "json"))
    assert (punch["direction"], punch["source"], punch["void"]) == ("in", "chat", False)
    assert next_morning["direction"] == "out"
    done = command("request", "A0001", "--void", punch["id"], "--reason", "他人代打", "--as", "A0002")
    assert command("approve", done.stdout.split()[-1], "--as", "A0003").exit_code == 0
    voids = [row["void"] for row in listed(command("punches", "A0001", "--date", day, "--format", "json"))]
    assert voids == [True, False]


def test_request_is_rejected_or_withdrawn(command: Any):
    asked = ask(command)
    done = command("reject", asked, "--comment", "與監視器不符", "--as", "A0002")
    assert (done.exit_code, done.stdout) == (0, f"已駁回 / rejected: {asked}\n")
    asked = ask(command)
    done = command("withdraw", asked, "--as", "A0001")
    assert (done.exit_code, done.stdout) == (0, f"已撤回 / withdrawn: {asked}\n")
    states = [row["state"] for row in listed(command("list", "--format", "json"))]
    assert states == ["withdrawn", "rejected"]


def test_unit_asks_for_two_approvers(command: Any):
    said = [command("two-step", "U1", switch).stdout for switch in ("on", "on", "off", "on")]
    assert said == [
        "U1: two-step on\n", "U1: two-step was on already\n", "U1: two-step off\n", "U1: two-step on\n",
    ]  # fmt: skip
    asked = ask(command)
    assert command("approve", asked, "--as", "A0002").stdout.startswith("初審通過，待複審 / Endorsed")
    again = command("approve", asked, "--as", "A0002")
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr == (
        "error: 初審與複審須為不同人 / The second approver must be another person (same_approver)\n"
    )
    assert command("approve", asked, "--as", "A0003").exit_code == 0


def test_attachment_goes_in_and_comes_out(command: Any, tmp_path: Path):
    proof, copy = tmp_path / "證明.pdf", tmp_path / "copy.pdf"
    proof.write_bytes(b"%PDF-1.7 rest")
    asked = ask(command, "--attachment", str(proof))
    done = command("show", asked, "--save-attachment", str(copy), "--format", "json")
    assert listed(done)[0]["attachment_name"] == "證明.pdf"
    assert copy.read_bytes() == proof.read_bytes()
    again = command("show", asked, "--save-attachment", str(copy))
    assert (again.exit_code, "File exists" in again.stderr) == (1, True)
    without = ask(command, at=YESTERDAY.isoformat())
    none = command("show", without, "--save-attachment", str(tmp_path / "none.pdf"))
    assert (none.exit_code, "there is no attachment" in none.stderr) == (1, True)
    assert not (tmp_path / "none.pdf").exists()


def test_old_time_is_refused_as_the_setting_says(command: Any):
    old = ["request", "A0001", "--direction", "in", "--at", (YESTERDAY - timedelta(days=3)).isoformat()]
    done = command(*old, "--reason", "x", "--as", "A0001", correction_days="2")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "error: 已超過可更正的期限 / Too long ago to be corrected (too_old)\n"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["request", "A0001", "--direction", "out", "--at", "2026-11-22T08:00"], 2, "has no offset"),
        (["request", "A0001", "--direction", "out", "--at", "yesterday"], 2, "not a time such as 2026-11-22"),
        (["request", "A0001", "--direction", "out"], 2, "give --direction and --at"),
        (
            ["request", "A0001", "--at", AT, "--void", "00000000-0000-0000-0000-000000000007"],
            2,
            "--void PUNCH_ID alone",
        ),
        (["request", "A0001", "--void", "7"], 2, "not a valid UUID"),
        (["request", "NOBODY", "--direction", "out", "--at", AT], 1, "no officer has the staff number NOBODY"),
    ],
)
def test_request_that_cannot_be_says_why(command: Any, arguments: list[str], status: int, said: str):
    done = command(*arguments, "--reason", "x", "--as", "A0001")
    assert (done.exit_code, done.stdout) == (status, "")
    assert said in done.stderr


@pytest.mark.parametrize("verb", ["approve", "withdraw", "show"])
def test_correction_that_does_not_exist_is_said(command: Any, verb: str):
    who = [] if verb == "show" else ["--as", "A0001"]
    done = command(verb, NOWHERE, *who)
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"there is no correction {NOWHERE}" in done.stderr


def test_whoever_acts_is_an_officer(command: Any):
    done = command("approve", ask(command), "--as", "NOBODY")
    assert (done.exit_code, done.stderr) == (1, "error: 沒有員警編號 NOBODY / no officer has the staff number NOBODY\n")
