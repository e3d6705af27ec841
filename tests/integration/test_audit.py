"""The audit log: a chain without gaps that grows and never changes, on both databases; what HR does is in it."""

import getpass
import hashlib
import json
import os
import pwd
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from checkin_api import audit
from checkin_api.audit import GENESIS, Act, BrokenLink, Fault, Whole
from checkin_api.db import Database
from tests import builders, webhooks
from tests.commands import checkin

NOW = datetime(2026, 11, 23, 0, 0, 0, 123456, tzinfo=UTC)
ME = f"cli:{pwd.getpwuid(os.getuid()).pw_name}"


def act(subject: str = "officer:A0001", **detail: Any) -> Act:
    return Act(actor="cli:hr", action="test.act", subject=subject, detail=detail)


def record(database: Database, count: int = 1) -> None:
    with database.write() as session:
        for number in range(count):
            audit.record(session, NOW + timedelta(seconds=number), act(note=f"第 {number} 筆"))


def verify(database: Database, **noted: str) -> Whole | BrokenLink:
    with database.read() as session:
        return audit.verify(session, **noted)


def entries(database: Database, **which: Any) -> list[audit.Entry]:
    with database.read() as session:
        return audit.entries(session, **which)


def without_guard(database: Database, *statements: str) -> None:
    """What somebody with the owner's rights and a bad intention can do."""
    with database.write() as session:
        if database.is_sqlite:
            for name in session.scalars(text("select name from sqlite_master where type = 'trigger'")).all():
                session.execute(text(f"drop trigger {name}"))
        else:
            session.execute(text("alter table audit_entry disable trigger user"))
        for statement in statements:
            session.execute(text(statement))


# --- the chain -------------------------------------------------------------------------------------------------------


def test_empty_log_is_whole(database: Database):
    assert verify(database) == Whole(0, GENESIS)


def test_numbers_count_from_one_and_each_hash_covers_the_one_before(database: Database):
    record(database, 2)
    record(database)
    third, second, first = entries(database)
    assert [entry.number for entry in (first, second, third)] == [1, 2, 3]
    assert [entry.previous_hash for entry in (first, second, third)] == [GENESIS, first.hash, second.hash]
    assert verify(database) == Whole(3, third.hash)


def test_hash_is_what_the_documents_say(database: Database):
    with database.write() as session:
        audit.record(session, NOW.astimezone(timezone(timedelta(hours=8))), act(b=[1, None], a="王小明"))
    [entry] = entries(database)
    said = (
        '{"action":"test.act","actor":"cli:hr","at":"2026-11-23T00:00:00.123456+00:00",'
        '"detail":"{\\"a\\":\\"王小明\\",\\"b\\":[1,null]}","number":1,'
        f'"previous_hash":"{"0" * 64}","subject":"officer:A0001"}}'
    )
    assert entry.hash == hashlib.sha256(said.encode()).hexdigest()


def test_act_that_is_rolled_back_leaves_no_entry_and_no_gap(database: Database):
    record(database)
    with database.write() as session:
        audit.record(session, NOW, act())
        session.rollback()
    record(database)
    assert [entry.number for entry in entries(database)] == [2, 1]
    assert isinstance(verify(database), Whole)


def test_entries_made_at_the_same_time_stand_in_one_line(database: Database):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: record(database, 2), range(16)))
    assert verify(database) == Whole(32, entries(database)[0].hash)


def test_chain_longer_than_a_step_is_followed_to_its_end(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(audit, "_STEP", 2)
    record(database, 5)
    assert verify(database) == Whole(5, entries(database)[0].hash)


def test_entries_are_found_by_what_they_are_about(database: Database):
    with database.write() as session:
        audit.record(session, NOW, act("beacon:c0ffee0001"))
        audit.record(session, NOW, act("officer:A0001"))
    assert [entry.number for entry in entries(database, subject="beacon:c0ffee0001")] == [1]
    assert [entry.number for entry in entries(database, limit=1)] == [2]


# --- broken links ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "update audit_entry set at = '2026-11-23 00:00:09' where number = 3",
        "update audit_entry set actor = 'cli:x' where number = 3",
        "update audit_entry set action = 'x' where number = 3",
        "update audit_entry set subject = 'x' where number = 3",
        "update audit_entry set detail = '{}' where number = 3",
        "update audit_entry set hash = 'x' where number = 3",
    ],
)
def test_changed_entry_breaks_its_link(database: Database, change: str):
    record(database, 4)
    without_guard(database, change)
    assert verify(database) == BrokenLink(3, Fault.HASH)


@pytest.mark.parametrize(
    "change",
    [
        "update audit_entry set at = 'yesterday' where number = 3",
        "update audit_entry set at = 5 where number = 3",
        "update audit_entry set detail = x'00ff' where number = 3",
        "update audit_entry set number = -3 where number = 3",
    ],
)
def test_entry_that_cannot_be_read_is_the_broken_link(sqlite_url: str, change: str):
    # SQLite keeps anything in any column.
    database = Database(sqlite_url)
    record(database, 4)
    without_guard(database, change)
    assert verify(database) == BrokenLink(1 if "-3" in change else 3, Fault.MISSING if "-3" in change else Fault.HASH)
    database.close()


def test_removed_entry_is_the_broken_link(database: Database):
    record(database, 4)
    without_guard(database, "delete from audit_entry where number = 2")
    assert verify(database) == BrokenLink(2, Fault.MISSING)


def test_removed_beginning_is_noticed(database: Database):
    record(database, 2)
    without_guard(database, "delete from audit_entry where number = 1")
    assert verify(database) == BrokenLink(1, Fault.MISSING)


def test_entry_before_the_first_is_noticed(database: Database):
    record(database)
    without_guard(
        database, "insert into audit_entry select 0, at, actor, action, subject, detail, hash, 'x' from audit_entry"
    )
    assert verify(database) == BrokenLink(1, Fault.MISSING)


def test_removed_entry_whose_gap_was_closed_is_noticed(database: Database):
    record(database, 3)
    without_guard(
        database,
        "delete from audit_entry where number = 2",
        "update audit_entry set number = 2 where number = 3",
    )
    assert verify(database) == BrokenLink(2, Fault.PREVIOUS_HASH)


def test_end_that_was_cut_off_is_noticed_by_a_hash_noted_before(database: Database):
    record(database, 3)
    noted = entries(database)[0].hash
    record(database)
    assert isinstance(verify(database, head=noted), Whole)
    without_guard(database, "delete from audit_entry where number >= 3")
    assert isinstance(verify(database), Whole)
    assert verify(database, head=noted) == BrokenLink(3, Fault.HEAD_UNKNOWN)


# --- append-only -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", ["update audit_entry set actor = 'x'", "delete from audit_entry"])
def test_entry_is_neither_changed_nor_deleted(database: Database, statement: str):
    record(database)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text(statement))
    assert isinstance(verify(database), Whole)


@pytest.mark.parametrize(
    "replace",
    [
        "replace into audit_entry select number, at, actor, action, subject, '{}', hash, 'x' from audit_entry",
        "replace into audit_entry select 2, at, actor, action, subject, '{}', hash, hash from audit_entry",
    ],
)
def test_entry_is_not_replaced_on_sqlite(sqlite_url: str, replace: str):
    database = Database(sqlite_url)
    record(database)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text(replace))
    assert isinstance(verify(database), Whole)
    database.close()


def test_log_is_not_truncated_on_postgresql(postgres_url: str):
    database = Database(postgres_url)
    record(database)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text("truncate audit_entry cascade"))
    assert verify(database) == Whole(1, entries(database)[0].hash)
    database.close()


# --- what HR does ----------------------------------------------------------------------------------------------------


def said(database_url: str, *arguments: str) -> list[dict[str, Any]]:
    """What the log says after one command, the newest first, without hashes and times."""
    done = checkin(database_url, *arguments)
    assert done.exit_code == 0, done.output
    listed = json.loads(checkin(database_url, "audit", "list", "--format", "json").stdout)
    return [{key: row[key] for key in ("number", "actor", "action", "subject", "detail")} for row in listed]


@pytest.fixture
def department(database: Database) -> Database:
    with database.write() as session:
        ann = builders.officer(session, staff_no="A0001")
        builders.officer(session, staff_no="A0002")
        builders.line_account(session, ann, webhooks.user(1))
        builders.beacon(session, builders.zone(session), hwid="c0ffee0001")
    return database


def test_releasing_an_account_is_recorded_without_naming_it(department: Database, database_url: str):
    [entry] = said(database_url, "enrolment", "release", "A0001")
    assert entry == {
        "number": 1, "actor": ME, "action": "enrolment.release", "subject": "officer:A0001", "detail": {},
    }  # fmt: skip
    assert webhooks.user(1) not in repr(entries(department))


def test_issuing_codes_is_recorded_without_the_codes(department: Database, database_url: str):
    done = checkin(database_url, "enrolment", "issue", "A0002", "--format", "json")
    [code] = json.loads(done.stdout)
    [entry] = entries(department)
    assert (entry.actor, entry.action, entry.subject) == (ME, "enrolment.issue", "officer:A0002")
    assert code["code"] not in repr(entry)
    assert code["code"].replace("-", "") not in repr(entry)


def test_retiring_and_restoring_a_beacon_are_recorded_once_each(department: Database, database_url: str):
    del department
    for verb in ("retire", "retire", "restore", "restore"):
        listed = said(database_url, "beacons", verb, "c0ffee0001")
    assert [(entry["action"], entry["subject"]) for entry in listed] == [
        ("beacon.restore", "beacon:c0ffee0001"), ("beacon.retire", "beacon:c0ffee0001"),
    ]  # fmt: skip


def test_account_of_the_command_line_is_not_taken_from_the_environment(department: Database, database_url: str):
    del department
    checkin_environment = {"LOGNAME": "mallory", "USER": "mallory"}
    before = {name: os.environ.get(name) for name in checkin_environment}
    os.environ.update(checkin_environment)
    try:
        assert getpass.getuser() == "mallory"
        [entry] = said(database_url, "beacons", "retire", "c0ffee0001")
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    assert entry["actor"] == ME


def test_import_is_recorded_with_the_files_hash_and_its_counts(database: Database, database_url: str, tmp_path: Path):
    file = tmp_path / "units.csv"
    file.write_text("code,name\nU1,一所\nU2,二所\n", "utf-8")
    assert checkin(database_url, "import", "units", str(file), "--dry-run").exit_code == 0
    assert entries(database) == []
    [entry] = said(database_url, "import", "units", str(file))
    detail = entry.pop("detail")
    assert entry == {"number": 1, "actor": ME, "action": "import", "subject": "import:units"}
    assert (detail["file"], detail["sha256"]) == ("units.csv", hashlib.sha256(file.read_bytes()).hexdigest())
    assert (detail["added"], detail["changed"], detail["unchanged"]) == (2, 0, 0)


# --- the command -----------------------------------------------------------------------------------------------------


def test_command_says_how_many_entries_and_the_head(database: Database, database_url: str):
    record(database, 2)
    head = entries(database)[0].hash
    done = checkin(database_url, "audit", "verify", "--head", head.upper())
    assert (done.exit_code, done.stdout) == (0, f"完整 / whole: 2 筆 / entries, head {head}\n")


def test_a_hash_that_was_noted_in_part_is_wrong_usage(database_url: str):
    done = checkin(database_url, "audit", "verify", "--head", "5f0c")
    assert (done.exit_code, "takes all 64 hexadecimal digits" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("update audit_entry set detail = '{}' where number = 2", "its content was changed"),
        ("delete from audit_entry where number = 2", "the entry is missing"),
    ],
)
def test_command_names_the_first_broken_link(database: Database, database_url: str, statement: str, words: str):
    record(database, 3)
    without_guard(database, statement)
    done = checkin(database_url, "audit", "verify")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("error: 第 2 號 / entry 2: ")
    assert words in done.stderr


def test_command_lists_for_a_person_and_for_a_program(database: Database, database_url: str):
    record(database, 2)
    newest, oldest = json.loads(checkin(database_url, "audit", "list", "--format", "json").stdout)
    assert (newest["number"], newest["previous_hash"], newest["detail"]) == (2, oldest["hash"], {"note": "第 1 筆"})
    assert datetime.fromisoformat(oldest["at"]) == NOW
    assert datetime.fromisoformat(oldest["at"]).utcoffset() == timedelta(hours=8)
    table = checkin(database_url, "audit", "list", "--subject", "officer:A0001").stdout
    assert "test.act" in table
    assert "2026-11-23 08:00:01+08:00" in table
    assert "nothing" in checkin(database_url, "audit", "list", "--subject", "officer:B").stdout
