"""``checkin`` as people and scripts meet it: what is printed where, and the exit code. Reports have their own tests."""

import json
import socket
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from checkin_api import migrations
from checkin_api.cli.common import show
from checkin_api.db import Database
from tests import builders, webhooks
from tests.commands import checkin
from tests.serving import CHECKIN, environment, free_port


@pytest.fixture
def empty_url(tmp_path: Path) -> str:
    """A database that nobody has made yet."""
    return f"sqlite:///{tmp_path}/new.db"


# --- every command --------------------------------------------------------------------------------------------------


def test_help_lists_every_command_in_both_languages(empty_url: str):
    done = checkin(empty_url, "--help")
    assert done.exit_code == 0
    assert "inbox 事件匣 / Look at webhook events" in " ".join(done.stdout.split())


def test_command_that_does_not_exist_is_wrong_usage(empty_url: str):
    done = checkin(empty_url, "fly")
    assert (done.exit_code, "No such command 'fly'" in done.stderr) == (2, True)


def test_every_wrong_setting_is_named(empty_url: str):
    done = checkin(empty_url, "inbox", "list", timezone="Asia/Atlantis", report_at="25:00")
    assert (done.exit_code, done.stdout) == (1, "")
    assert [line.split(": ")[:2] for line in done.stderr.splitlines()] == [
        ["error", "CHECKIN_TIMEZONE"], ["error", "CHECKIN_REPORT_AT"],
    ]  # fmt: skip


def test_database_of_another_release_is_refused_with_what_to_do(empty_url: str):
    path = Path(empty_url.removeprefix("sqlite:///"))
    path.touch()
    done = checkin(empty_url, "inbox", "list")
    assert done.exit_code == 1
    assert done.stderr.startswith(f"error: the database {path} is at revision none, this release needs ")
    assert "run `checkin db upgrade`" in done.stderr


@pytest.mark.parametrize("command", ["inbox list", "db current", "doctor"])
def test_command_in_the_wrong_folder_names_the_file_it_looked_for_and_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
):
    monkeypatch.chdir(tmp_path)
    done = checkin("sqlite:///var/checkin.db", *command.split())
    assert done.exit_code == 1
    assert f"no database {tmp_path}/var/checkin.db" in done.output
    assert list(tmp_path.iterdir()) == []


def test_database_that_is_away_is_said_in_one_line(empty_url: str):
    del empty_url
    done = checkin(f"postgresql+psycopg://checkin@127.0.0.1:{free_port()}/checkin", "inbox", "list")
    assert done.exit_code == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("error: the database: ")


def refused_to_serve(database_url: str, *arguments: str) -> str:
    """What it says; in a process of its own, for it sets up logging for good."""
    done = subprocess.run(
        [CHECKIN, "serve", "--port", str(free_port()), *arguments],
        env=environment(database_url),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


@pytest.mark.parametrize("path", ["/proc/checkin.db", "/dev/null/checkin.db"])
def test_folder_that_takes_no_file_is_said_in_one_line(path: str):
    done = checkin(f"sqlite:///{path}", "db", "upgrade")
    assert (done.exit_code, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.startswith(f"error: {Path(path).parent}")


def test_text_in_brackets_is_shown_as_it_is(sqlite_url: str):
    database = Database(sqlite_url)
    with database.write() as session:
        zone = builders.zone(session)
        builders.beacon(session, zone, label="[b1] 大門 [/] [red]右側")
    database.close()
    done = checkin(sqlite_url, "beacons", "list")
    assert (done.exit_code, "[b1] 大門 [/] [red]右側" in done.stdout) == (0, True)


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2101-01-01", "9999-12-31"])
def test_report_of_a_day_at_the_end_of_time_is_wrong_usage(sqlite_url: str, day: str):
    done = checkin(sqlite_url, "report", "daily", "--date", day, "--format", "csv", "--output", "-")
    assert done.exit_code == 2
    assert "the year must be 1900 to 2100" in done.stderr


@pytest.mark.parametrize("day", ["1900-01-01", "2100-12-31"])
def test_report_of_a_day_that_people_may_see_is_built(sqlite_url: str, day: str):
    done = checkin(sqlite_url, "report", "daily", "--date", day, "--format", "csv", "--output", "-")
    assert done.exit_code == 0


@pytest.mark.parametrize("number", ["99999999999999999999", "9" * 5000])
def test_event_of_a_number_beyond_all_numbers_is_not_there(sqlite_url: str, number: str):
    done = checkin(sqlite_url, "inbox", "retry", number)
    assert (done.exit_code, done.stderr) == (
        1,
        f"error: 收件匣沒有 {number} / there is no event {number} in the inbox\n",
    )


# --- db and serve ---------------------------------------------------------------------------------------------------


def test_database_is_made_by_upgrade_and_upgrading_again_changes_nothing(empty_url: str):
    head = migrations.head()
    before = checkin(empty_url, "db", "current")
    assert (before.exit_code, before.stdout.startswith("no database ")) == (1, True)
    assert checkin(empty_url, "db", "upgrade").stdout == f"empty → {head}\n"
    assert checkin(empty_url, "db", "upgrade").stdout == f"already at {head}\n"
    after = checkin(empty_url, "db", "current")
    assert (after.exit_code, after.stdout) == (0, f"{head} (this release: {head})\n")


def test_sqlite_is_served_by_one_process(sqlite_url: str):
    assert refused_to_serve(sqlite_url, "--workers", "2") == (
        "error: SQLite has one writer: use --workers 1, or PostgreSQL (CHECKIN_DATABASE_URL)\n"
    )


def test_sqlite_is_served_by_one_service(sqlite_url: str):
    database = Database(sqlite_url)
    with database.served_alone():
        assert refused_to_serve(sqlite_url) == (
            f"error: another `checkin serve` works on {database.path}: stop it first; several at once take PostgreSQL\n"
        )
    with database.served_alone():
        pass


def test_port_that_is_taken_is_said_in_one_line_even_if_its_holder_would_share_it(database_url: str):
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        said = refused_to_serve(database_url, "--port", str(port))
    assert said.startswith(f"error: cannot listen on 127.0.0.1:{port} (Address already in use): ")
    assert said.count("\n") == 1


def test_address_of_another_machine_is_said_in_one_line(sqlite_url: str):
    # Source: RFC 5737, addresses for documentation.
    said = refused_to_serve(sqlite_url, "--host", "192.0.2.1")
    assert said.startswith("error: cannot listen on 192.0.2.1:")
    assert said.count("\n") == 1


# --- import ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def units(tmp_path: Path) -> Path:
    path = tmp_path / "units.csv"
    path.write_text("code,name\nU1,一所\nU2,二所\n", "utf-8")
    return path


def test_import_says_how_many_rows_it_added_changed_and_left(sqlite_url: str, units: Path):
    dry = checkin(sqlite_url, "import", "units", str(units), "--dry-run")
    assert (dry.exit_code, dry.stdout) == (
        0,
        "+ U1 一所\n+ U2 二所\nunits: 2 would be added, 0 changed, 0 unchanged（試跑：新增 2、更改 0、不變 0）\n",
    )
    done = checkin(sqlite_url, "import", "units", str(units))
    added = "+ U1 一所\n+ U2 二所\n"
    assert done.stdout == f"{added}units: 2 were added, 0 changed, 0 unchanged（新增 2、更改 0、不變 0）\n"
    units.write_text("code,name\nU1,一所\nU2,第二派出所\n", "utf-8")
    done = checkin(sqlite_url, "import", "units", str(units))
    changed = "~ U2 name: 二所 → 第二派出所\n"
    assert done.stdout == f"{changed}units: 0 were added, 1 changed, 1 unchanged（新增 0、更改 1、不變 1）\n"


def test_import_that_is_refused_names_each_problem_on_its_line(sqlite_url: str, units: Path):
    units.write_text("code,name,parent_code\nU1,一所,X\nU2,,\n", "utf-8")
    done = checkin(sqlite_url, "import", "units", str(units))
    assert (done.exit_code, done.stdout) == (1, "")
    *problems, last = done.stderr.splitlines()
    assert sorted(line.split(": ")[1:3] for line in problems) == [
        ["units.csv:2", "parent_code"], ["units.csv:3", "name"],
    ]  # fmt: skip
    assert last == "未匯入任何資料 / nothing was imported"


# --- enrolment ------------------------------------------------------------------------------------------------------


@pytest.fixture
def officers(sqlite_url: str) -> str:
    """Two officers, of whom the first is enrolled."""
    database = Database(sqlite_url)
    with database.write() as session:
        ann = builders.officer(session, staff_no="A0001", name="王小明")
        builders.officer(session, staff_no="A0002", name="李大華")
        builders.line_account(session, ann, webhooks.user(1))
    database.close()
    return sqlite_url


def test_codes_are_issued_to_everyone_who_is_not_enrolled(officers: str):
    [code] = json.loads(checkin(officers, "enrolment", "issue", "--all", "--format", "json", "--days", "3").stdout)
    assert (code["staff_no"], code["name"], len(code["code"])) == ("A0002", "李大華", 9)
    expires_at = datetime.fromisoformat(code["expires_at"])
    assert expires_at.utcoffset() == timedelta(hours=8)
    assert timedelta(days=2, hours=23) < expires_at - datetime.now(expires_at.tzinfo) <= timedelta(days=3)


def test_a_number_given_twice_gets_one_code(officers: str):
    done = checkin(officers, "enrolment", "issue", "A0002", "A0002", "--format", "json")
    assert [code["staff_no"] for code in json.loads(done.stdout)] == ["A0002"]


def test_who_has_left_the_service_gets_no_code_with_all_the_others(officers: str):
    database = Database(officers)
    today = datetime.now(ZoneInfo("Asia/Taipei")).date()
    with database.write() as session:
        builders.officer(session, staff_no="A0003", active_to=today)
        builders.officer(session, staff_no="A0004", active_to=today - timedelta(days=1))
    database.close()
    codes = json.loads(checkin(officers, "enrolment", "issue", "--all", "--format", "json").stdout)
    assert [code["staff_no"] for code in codes] == ["A0002", "A0003"]


def test_code_is_issued_by_staff_number_for_a_person_to_read(officers: str):
    done = checkin(officers, "enrolment", "issue", "A0002")
    assert done.exit_code == 0
    assert "李大華" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["issue"], 2, "name staff numbers, or give --all"),
        (["issue", "A0001", "--all"], 2, "name staff numbers, or give --all"),
        (["issue", "A0002", "NOBODY"], 1, "no officer has the staff number NOBODY"),
        (["issue", "A0001"], 1, "officer A0001 is enrolled already; release the LINE account first"),
        (["release", "A0002"], 1, "officer A0002 has no LINE account bound"),
        (["release", "NOBODY"], 1, "no officer has the staff number NOBODY"),
    ],
)
def test_enrolment_that_cannot_be_says_why(officers: str, arguments: list[str], status: int, said: str):
    done = checkin(officers, "enrolment", *arguments)
    assert (done.exit_code, done.stdout) == (status, "")
    assert said in done.stderr


def test_released_account_is_unbound(officers: str):
    done = checkin(officers, "enrolment", "release", "A0001")
    assert (done.exit_code, done.stdout) == (0, "已解除 / released: A0001\n")
    assert checkin(officers, "enrolment", "issue", "A0001").exit_code == 0


# --- tables ---------------------------------------------------------------------------------------------------------

ROWS: list[dict[str, Any]] = [
    {
        "id": "01a208c2-fd19-7229-a1a0-b6ca8988059f",
        "at": "2026-11-22T20:00:00+08:00",
        "reason": "忘了簽退" * 9,
        "ok": True,
    },
    {"id": "01a208bb-3c5d-7a01-9d5e-2f6f0c9b7e11", "at": None, "reason": "[b] brackets", "ok": False},
]


def test_a_table_in_a_file_breaks_no_id_however_narrow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "40")
    show(ROWS, "table")
    said = capsys.readouterr().out
    assert "01a208c2-fd19-7229-a1a0-b6ca8988059f" in said
    assert "2026-11-22T20:00:00+08:00" in said
    assert "[b] brackets" in said
    assert "✓" in said


def test_a_terminal_too_narrow_for_a_table_shows_a_block_for_each_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("FORCE_COLOR", "1")
    show(ROWS, "table")
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:5] == [
        "    id  01a208c2-fd19-7229-a1a0-b6ca8988059f",
        "    at  2026-11-22T20:00:00+08:00",
        f"reason  {'忘了簽退' * 9}",
        "    ok  ✓",
    ]
