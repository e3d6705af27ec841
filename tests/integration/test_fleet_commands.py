"""``checkin agent`` and ``checkin device`` as installers and HR type them."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.fleet import devices
from checkin_api.vault import Vault
from tests import builders
from tests.commands import checkin
from tests.serving import SECRET_KEY

BADGE = "f7826da6-4fa2-4e98-8024-bc5b71e0893e/1/7"
IRK = "000102030405060708090a0b0c0d0e0f"
AGREED = ["--consented", "2026-11-20"]


@pytest.fixture
def url(database: Database, database_url: str) -> str:
    """A department with a zone and two officers."""
    with database.write() as session:
        builders.zone(session, code="HQ-1F")
        builders.zone(session, code="HQ-2F")
        unit = builders.unit(session)
        for staff_no in ("A001", "A002"):
            builders.officer(session, unit, staff_no=staff_no)
    return database_url


def test_an_agents_code_is_shown_once_and_the_agent_listed_and_revoked(url: str, database: Database):
    issued = checkin(url, "agent", "code", "hq-gate", "--zone", "HQ-1F")
    name, zone, code = issued.stdout.split()
    assert (issued.exit_code, name, zone, len(code)) == (0, "hq-gate", "HQ-1F", 19)
    assert "good until" in issued.stderr
    with database.read() as session:
        kept = str([(row.code_hash, row.name) for row in session.scalars(select(m.Agent))])
        assert code not in kept + str(session.scalars(select(m.AuditEntry.detail)).all())
    listed = checkin(url, "agent", "list")
    assert ("hq-gate" in listed.stdout, "waiting" in listed.stdout, code in listed.stdout) == (True, True, False)
    [row] = json.loads(checkin(url, "agent", "list", "--format", "json").stdout)
    assert (row["state"], row["heartbeat"], row["zone"]) == ("waiting", {}, "HQ-1F")
    assert "revoked: hq-gate" in checkin(url, "agent", "revoke", "hq-gate").stdout
    assert "revoked already" in checkin(url, "agent", "revoke", "hq-gate").stdout


def test_a_badge_and_a_phone_are_enrolled_listed_and_retired(url: str, database: Database, tmp_path: Path):
    key = tmp_path / "irk.txt"
    key.write_text(f"{IRK}\n")
    badge = checkin(url, "device", "enrol", "A001", "--badge", BADGE, *AGREED, "--label", "名牌 7")
    phone = checkin(url, "device", "enrol", "A001", "--phone", str(key), *AGREED)
    assert (badge.exit_code, phone.exit_code, badge.stderr + phone.stderr) == (0, 0, "")
    listed = checkin(url, "device", "list", "--officer", "A001", "--format", "json").stdout
    assert IRK not in listed
    rows = json.loads(listed)
    assert [(row["kind"], row["badge"], row["label"]) for row in rows] == [
        ("badge", BADGE, "名牌 7"),
        ("phone", None, ""),
    ]
    assert rows[0]["consented_at"].startswith("2026-11-20T00:00:00+08:00")
    with database.read() as session:
        known = devices.identities(session, Vault(SECRET_KEY.encode()))
    assert [irk.hex() for _, irk in known.phones] == [IRK]
    assert "retired: 1" in checkin(url, "device", "retire", "1").stdout
    assert "retired already" in checkin(url, "device", "retire", "1").stdout
    # A badge that was given back may be somebody else's.
    assert checkin(url, "device", "enrol", "A002", "--badge", BADGE, *AGREED).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["agent", "code", "x", "--zone", "NONE"], 1, "there is no zone with the code NONE"),
        (["agent", "revoke", "nobody"], 1, "there is no agent nobody"),
        (["agent", "code", "x"], 2, "--zone"),
        (["device", "enrol", "Z9", "--badge", BADGE, *AGREED], 1, "staff number Z9"),
        (["device", "enrol", "A001", *AGREED], 2, "either --badge or --phone"),
        (["device", "enrol", "A001", "--badge", BADGE], 2, "--consented"),
        (["device", "enrol", "A001", "--badge", BADGE, "--consented", "2099-01-01"], 1, "lies in the future"),
        (["device", "enrol", "A001", "--badge", "x/1/7", *AGREED], 1, "a badge is UUID/major/minor"),
        (["device", "enrol", "A001", "--badge", BADGE.replace("/7", "/70000"), *AGREED], 1, "a badge is UUID"),
        (["device", "retire", "7"], 1, "there is no device 7"),
    ],
)
def test_what_cannot_be_done_is_said(url: str, arguments: list[str], status: int, said: str):
    ran = checkin(url, *arguments)
    assert (ran.exit_code, said in ran.stderr) == (status, True)


def test_an_agent_that_stands_elsewhere_must_be_revoked_first(url: str):
    assert checkin(url, "agent", "code", "hq-gate", "--zone", "HQ-1F").exit_code == 0
    moved = checkin(url, "agent", "code", "hq-gate", "--zone", "HQ-2F")
    assert (moved.exit_code, "stands in another zone" in moved.stderr) == (1, True)
    # A new card in the same place.
    assert checkin(url, "agent", "code", "hq-gate", "--zone", "HQ-1F").exit_code == 0


def test_a_badge_is_one_officers(url: str):
    assert checkin(url, "device", "enrol", "A001", "--badge", BADGE, *AGREED).exit_code == 0
    again = checkin(url, "device", "enrol", "A002", "--badge", BADGE, *AGREED)
    assert (again.exit_code, "this badge is A001's" in again.stderr) == (1, True)


@pytest.mark.parametrize("content", ["", "zz", IRK[:-2], IRK + "00"])
def test_a_phones_key_is_16_bytes_and_never_repeated(url: str, tmp_path: Path, content: str):
    key = tmp_path / "irk.txt"
    key.write_text(content)
    ran = checkin(url, "device", "enrol", "A001", "--phone", str(key), *AGREED)
    assert ran.exit_code in {1, 2}
    assert content == "" or content not in ran.output
