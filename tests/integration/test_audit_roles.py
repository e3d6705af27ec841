"""On PostgreSQL, set up as the installer's guide says, neither the service nor the owner may change the audit log."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from checkin_api import audit, builds, migrations
from checkin_api.audit import Act, Whole
from checkin_api.db import Database
from checkin_api.domain.ids import ReportForm
from tests import builders
from tests.commands import checkin
from tests.postgres import PostgresServer

GUIDE = Path(__file__).parents[2] / "docs" / "installer.md"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
ACT = Act(actor="cli:hr", action="test.act", subject="officer:A0001", detail={})
FORBIDDEN = (
    "update audit_entry set actor = 'x'",
    "delete from audit_entry",
    "truncate audit_entry",
)


def as_role(url: str, role: str) -> str:
    return url.replace("postgres@", f"{role}@")


@pytest.fixture
def guided_url(postgres: PostgresServer) -> Iterator[str]:
    """The empty database of the guide, as its superuser; roles and database are gone afterwards."""
    [commands] = re.findall(r"^```sql\n(.*?)^```", GUIDE.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    server, _, inside = commands.partition("\\connect checkin\n")
    with psycopg.connect(postgres.dsn("postgres"), autocommit=True) as connection:
        for command in filter(str.strip, server.split(";")):
            connection.execute(command.encode())
    with psycopg.connect(postgres.dsn("checkin"), autocommit=True) as connection:
        connection.execute(inside.encode())
    yield postgres.url("checkin")
    postgres.drop("checkin")
    with psycopg.connect(postgres.dsn("postgres"), autocommit=True) as connection:
        connection.execute("drop role checkin")
        connection.execute("drop role checkin_owner")


def owned(url: str) -> Database:
    """The same, upgraded by its owner, as the service sees it."""
    owner = Database(as_role(url, "checkin_owner"))
    migrations.upgrade(owner)
    owner.close()
    return Database(as_role(url, "checkin"))


def test_services_role_does_its_work_and_can_only_append_to_the_log(guided_url: str):
    service = owned(guided_url)
    with service.write() as session:
        builders.officer(session, staff_no="A0001").title = "警員"
        audit.record(session, NOW, ACT)
        # With its job, in the tables that procrastinate's own scripts made.
        builds.order(session, NOW, builds.Order("daily_usage", ReportForm.CSV, NOW.date(), NOW.date()), actor="cli:hr")
    for statement in (*FORBIDDEN, "alter table audit_entry disable trigger user", "drop table audit_entry"):
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"), service.write() as session:
            session.execute(text(statement))
    with service.read() as session:
        assert isinstance(audit.verify(session), Whole)
    service.close()


def test_services_own_upgrade_finds_nothing_to_do(guided_url: str):
    owned(guided_url).close()
    done = checkin(as_role(guided_url, "checkin"), "db", "upgrade")
    assert (done.exit_code, done.stdout) == (0, f"already at {migrations.head()}\n")


def test_owner_is_refused_too(guided_url: str):
    owned(guided_url).close()
    owner = Database(as_role(guided_url, "checkin_owner"))
    with owner.write() as session:
        audit.record(session, NOW, ACT)
    for statement in FORBIDDEN:
        with pytest.raises(DBAPIError, match="permission denied"), owner.write() as session:
            session.execute(text(statement))
    owner.close()


def test_owner_who_takes_the_right_back_meets_the_trigger(guided_url: str):
    owned(guided_url).close()
    owner = Database(as_role(guided_url, "checkin_owner"))
    with owner.write() as session:
        session.execute(text("grant all on audit_entry to checkin_owner"))
        audit.record(session, NOW, ACT)
    for statement in FORBIDDEN:
        with pytest.raises(DBAPIError, match="append-only"), owner.write() as session:
            session.execute(text(statement))
    owner.close()
