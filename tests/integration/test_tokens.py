"""``checkin token``: issued once, listed without themselves, revoked."""

import json

import pytest
from sqlalchemy import select

from checkin_api import models as m
from checkin_api.clock import SystemClock
from checkin_api.db import Database
from checkin_api.domain.ids import Role
from checkin_api.tokens import Holder, holder_of
from tests import builders
from tests.commands import checkin


def test_a_token_is_shown_once_and_opens_the_api_until_it_is_revoked(database: Database, database_url: str):
    token = checkin(database_url, "token", "issue", "--role", "installer", "--name", "王裝機").stdout.strip()
    with database.read() as session:
        holder = holder_of(session, SystemClock().now(), token)
        assert holder == Holder(name="王裝機", role=Role.INSTALLER, unit=None)
        assert token not in str(session.scalars(select(m.AuditEntry.detail)).all())
    listed = checkin(database_url, "token", "list", "--format", "json").stdout
    assert token not in listed
    [row] = json.loads(listed)
    assert (row["name"], row["role"], row["revoked_at"]) == ("王裝機", "installer", None)
    assert "revoked: 1" in checkin(database_url, "token", "revoke", "1").stdout
    assert "revoked already" in checkin(database_url, "token", "revoke", "1").stdout
    with database.read() as session:
        assert holder_of(session, SystemClock().now(), token) is None


def test_a_supervisors_token_is_of_a_unit(database: Database, database_url: str):
    with database.write() as session:
        builders.unit(session, code="DAWN")
    issued = checkin(database_url, "token", "issue", "--role", "supervisor", "--name", "x", "--unit", "DAWN")
    with database.read() as session:
        holder = holder_of(session, SystemClock().now(), issued.stdout.strip())
    assert holder is not None
    assert (holder.unit, holder.actor) == ("DAWN", "supervisor:x")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["issue", "--role", "supervisor", "--name", "x"], "--unit goes with the role supervisor"),
        (["issue", "--role", "hr", "--name", "x", "--unit", "DAWN"], "--unit goes with the role supervisor"),
        (["issue", "--role", "supervisor", "--name", "x", "--unit", "NONE"], "there is no unit with the code NONE"),
        (["revoke", "7"], "there is no token 7"),
    ],
)
def test_what_cannot_be_is_said(database: Database, database_url: str, arguments: list[str], said: str):
    del database
    ran = checkin(database_url, "token", *arguments)
    assert (ran.exit_code, said in ran.stderr) == (1, True)
