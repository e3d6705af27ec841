"""``checkin privacy`` as HR meets it."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from click.testing import Result
from sqlalchemy import select

from checkin_api import models as m
from checkin_api import privacy
from checkin_api.clock import SystemClock
from checkin_api.db import Database
from checkin_api.domain.ids import PrivacyRequestKind
from checkin_api.domain.shifts import local_date
from tests import builders
from tests.commands import checkin
from tests.officers import TAIPEI

# The command line has the machine's clock.
NOW = SystemClock().now()
TODAY = local_date(NOW, TAIPEI)
NOWHERE = "00000000-0000-0000-0000-000000000007"


@pytest.fixture
def command(database: Database, database_url: str) -> Any:
    with database.write() as session:
        unit = builders.unit(session, code="U1")
        for number, name in enumerate(("王小明", "李大華", "陳美玲", "林離職", "黃未到"), 1):
            officer = builders.officer(session, unit, staff_no=f"A000{number}", name=name)
            if number != 3:
                builders.acceptance(session, officer)
            if number == 4:
                officer.active_to = TODAY - timedelta(days=1)
            if number == 5:
                officer.active_from = TODAY + timedelta(days=1)

    def run(*arguments: str) -> Result:
        return checkin(database_url, "privacy", *arguments)

    return run


def ask(database: Database, kind: PrivacyRequestKind, text: str, staff_no: str = "A0001") -> UUID:
    with database.write() as session:
        officer_id = session.scalars(select(m.Officer.id).where(m.Officer.staff_no == staff_no)).one()
        made = privacy.request(session, NOW, officer_id, kind, text)
        assert isinstance(made, UUID)
    return made


def listed(done: Result) -> list[dict[str, Any]]:
    assert done.exit_code == 0, done.output
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def test_a_request_is_listed_with_its_day_and_answered_once(command: Any, database: Database):
    made = ask(database, PrivacyRequestKind.SEE, "想看我的資料")
    ask(database, PrivacyRequestKind.DELETE, "請刪除", "A0002")
    first, second = listed(command("requests", "--state", "open", "--format", "json"))
    assert (first["id"], first["staff_no"], first["text"], first["kind"]) == (str(made), "A0001", "想看我的資料", "see")
    assert first["due_at"][:10] == str(local_date(NOW + timedelta(days=15), TAIPEI))
    assert second["due_at"][:10] == str(local_date(NOW + timedelta(days=30), TAIPEI))
    done = command("answer", str(made), "--text", "請到人事室閱覽\n週五下午", "--as", "人事室 陳科員")
    assert (done.exit_code, done.stdout) == (0, f"已答覆 / answered: {made}\n")
    [row] = listed(command("requests", "--state", "answered", "--format", "json"))
    assert (row["answer"], row["answered_by"], row["state"]) == (
        "請到人事室閱覽\n週五下午",
        "人事室 陳科員",
        "answered",
    )
    again = command("answer", str(made), "--text", "再一次", "--as", "人事室")
    assert (again.exit_code, again.stdout) == (1, "")
    assert re.fullmatch(r"error: 這件請求已答覆 / .* \(answered_already\)\n", again.stderr)
    assert len(listed(command("requests", "--format", "json"))) == 2
    with database.read() as session:
        [entry] = session.scalars(select(m.AuditEntry))
    assert (entry.action, entry.subject) == ("privacy.answer", "officer:A0001")
    assert entry.actor.startswith("cli:")
    assert json.loads(entry.detail) == {"request": str(made), "kind": "see", "by": "人事室 陳科員"}


def test_the_table_shows_what_whose_and_until_when(command: Any, database: Database):
    made = ask(database, PrivacyRequestKind.STOP, "[red]停用[/red] 識別證")
    shown = command("requests").stdout
    for part in (str(made), "A0001 王小明", "停止蒐集、處理或利用", str(local_date(NOW + timedelta(days=30), TAIPEI))):
        assert part in shown
    assert "[red]停用[/red]" in shown
    assert "處理中" in shown


def test_nothing_to_answer_is_said(command: Any):
    assert command("requests").stdout == "（無資料 / nothing）\n"
    assert listed(command("requests", "--format", "json")) == []


@pytest.mark.parametrize("text", ["", " \n", "\x07", "長" * 1001])
def test_an_answer_says_something_and_fits(command: Any, database: Database, text: str):
    made = ask(database, PrivacyRequestKind.SEE, "想看")
    done = command("answer", str(made), "--text", text, "--as", "人事室")
    assert (done.exit_code, done.stdout) == (1, "")
    assert re.fullmatch(r"error: .* / .* \((no_text|text_too_long)\)\n", done.stderr)
    assert listed(command("requests", "--state", "answered", "--format", "json")) == []


def test_an_answer_to_nothing_is_an_error(command: Any):
    done = command("answer", NOWHERE, "--text", "好", "--as", "人事室")
    assert done.exit_code == 1
    assert done.stderr == f"error: 沒有請求 {NOWHERE} / there is no request {NOWHERE}; see `checkin privacy requests`\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("answer", NOWHERE, "--text", "好"),
        ("answer", NOWHERE, "--as", "人事室"),
        ("answer", "7", "--text", "好", "--as", "人事室"),
        ("answer", NOWHERE, "--text", "好", "--as", " \x00"),
        ("answer", NOWHERE, "--text", "好", "--as", "長" * 101),
        ("requests", "--state", "lost"),
        ("acceptances", "--format", "xml"),
    ],
)
def test_wrong_usage_ends_with_2(command: Any, arguments: tuple[str, ...]):
    assert command(*arguments).exit_code == 2


def test_acceptances_count_the_officers_in_service(command: Any):
    [row] = listed(command("acceptances", "--format", "json"))
    assert row == {"version": privacy.VERSION, "officers": 3, "accepted": 2}
    assert re.search(r"│ 3 +│ 2 +│", command("acceptances").stdout)
