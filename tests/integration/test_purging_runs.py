"""A run of deletion: its proof, its batches, its files, beside events that are decided; the worker and the command."""

import json
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result
from sqlalchemy import func, select

from checkin_api import audit, privacy
from checkin_api import models as m
from checkin_api.checkin import Rules, decide_events
from checkin_api.clock import SystemClock
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import (
    EventState,
    RunState,
)
from checkin_api.privacy import purging
from checkin_api.privacy.expiry import FILES, KEPT
from checkin_api.vault import Vault
from checkin_api.worker import run_due, scheduled_jobs
from reports.daily import daily_before
from tests import builders, webhooks
from tests.commands import checkin
from tests.expiring import ACTOR, CUT, DAY, NOW, PERIODS, Station, count, no_reports, previewed, purge
from tests.fakes import FakeClock
from tests.officers import TAIPEI


def test_a_run_leaves_one_entry_that_says_what_went(database: Database):
    with database.write() as session:
        station = Station(session)
        for _ in range(3):
            station.sensed(CUT.at("presences") - DAY)
    purge(database)
    with database.read() as session:
        [entry] = audit.entries(session, subject="privacy:retention")
        assert isinstance(audit.verify(session), audit.Whole)
    assert (entry.actor, entry.action, entry.at) == (ACTOR, "privacy.purge", NOW)
    detail = json.loads(entry.detail)
    assert detail["complete"] is True
    assert detail["removed"] == {kind: 3 if kind == "presences" else 0 for kind in PERIODS if kind not in KEPT}
    assert detail["older_than"]["presences"] == (NOW - timedelta(days=30)).isoformat()
    assert set(detail["older_than"]) == set(detail["removed"]) - {"calendar"}
    assert detail["days"]["presences"] == 30


def test_a_look_ahead_changes_nothing_and_leaves_no_entry(database: Database):
    with database.write() as session:
        Station(session).sensed(CUT.at("presences") - DAY)
    assert previewed(database) == previewed(database) == {"presences": 1}
    assert (count(database, m.Presence), count(database, m.AuditEntry)) == (1, 0)


def test_many_rows_go_in_batches_and_what_there_is_no_time_for_the_next_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(purging, "BATCH", 2)
    monkeypatch.setattr(purging, "_LOOK", 4)
    with database.write() as session:
        station = Station(session)
        for _ in range(11):
            station.sensed(CUT.at("presences") - DAY)
    asked = iter([False, False, False, True])
    done = privacy.purge(database, CUT, no_reports, actor=ACTOR, enough=lambda: next(asked))
    assert (done.complete, done.counts["presences"]) == (False, 6)
    with database.read() as session:
        [entry] = audit.entries(session)
    detail = json.loads(entry.detail)
    assert (detail["complete"], detail["left"], detail["tables"][0]["left"]) == (False, 5, 5)
    assert purge(database) == {"presences": 5}


def test_a_run_that_fails_says_what_had_gone(database: Database):
    with database.write() as session:
        Station(session).sensed(CUT.at("presences") - DAY)

    def unreadable(_: date) -> list[Path]:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(PermissionError):
        privacy.purge(database, CUT, unreadable, actor=ACTOR)
    with database.read() as session:
        [entry] = audit.entries(session)
    detail = json.loads(entry.detail)
    assert (detail["complete"], detail["removed"]["presences"], detail["left"]) == (False, 1, None)


def test_old_reports_go_and_nothing_else_of_the_folder(database: Database, tmp_path: Path):
    last = CUT.day(FILES)
    old = [f"daily_usage_{last - DAY}.csv", f"daily_usage_{last - DAY}.json"]
    others = [
        *(f"daily_usage_{last}.csv", f"daily_usage_{last - DAY}.xlsx", f"my_daily_usage_{last - DAY}.csv"),
        *("daily_usage_2000-13-01.csv", "daily_usage_2000-01-01.csv.bak", "daily_usage_2000-1-1.csv", "notes.txt"),
    ]
    for name in (*old, *others):
        (tmp_path / name).write_text("x")
    (tmp_path / "daily_usage_2000-01-01.csv").mkdir()

    def ours(before: date) -> list[Path]:
        return list(daily_before(tmp_path, before))

    assert privacy.preview(database, CUT, ours).counts[FILES] == 2
    assert privacy.purge(database, CUT, ours, actor=ACTOR).counts[FILES] == 2
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} - {"checkin.db"} >= set(others)
    assert not any((tmp_path / name).exists() for name in old)
    assert list(daily_before(tmp_path / "nowhere", last)) == []


def test_events_are_decided_while_old_ones_go(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(purging, "BATCH", 20)
    ann, rules = webhooks.user(1), Rules(timezone=TAIPEI, code_key=b"key", vault=Vault(b"key"))
    with database.write() as session:
        session.add_all(
            m.InboxEvent(
                webhook_event_id=f"W{number}", received_at=CUT.at("inbox") - DAY, raw="{}", state=EventState.DECIDED
            )
            for number in range(1000)
        )
        station = Station(session)
        for _ in range(100):
            station.sensed(CUT.at("presences") - DAY)
        builders.line_account(session, station.officer, ann)
        hwid = station.beacon.hwid
        builders.inbox_event(session, received_at=NOW)
    longest, made, stop = timedelta(), 0, threading.Event()

    def decide() -> None:
        nonlocal longest, made
        while not made or not stop.is_set():
            at = NOW + timedelta(seconds=made)
            begun = datetime.now(UTC)
            raw = json.dumps(webhooks.beacon(at, ann, hwid))
            with database.write() as session:
                builders.inbox_event(session, received_at=at, raw=raw, state=EventState.STORED)
            decide_events(database, at, rules)
            longest, made = max(longest, datetime.now(UTC) - begun), made + 1

    thread = threading.Thread(target=decide)
    thread.start()
    try:
        assert purge(database) == {"inbox": 1000, "presences": 100}
    finally:
        stop.set()
        thread.join()
    # A batch takes milliseconds; a lock that lasted as long as the purge would be noticed.
    assert longest < timedelta(seconds=2)
    with database.read() as session:
        states = session.execute(select(m.InboxEvent.state, func.count()).group_by(m.InboxEvent.state)).all()
    assert [tuple(each) for each in states] == [(EventState.DECIDED, made + 1)]
    assert count(database, m.Presence) == made


@pytest.mark.parametrize(("at", "runs"), [("2026-11-23T02:59", 0), ("2026-11-23T03:00", 1), ("2026-11-23T23:59", 1)])
def test_the_worker_purges_once_a_day_after_three(database: Database, tmp_path: Path, at: str, runs: int):
    clock = FakeClock(datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Asia/Taipei")))
    todo = [job for job in scheduled_jobs(database, Settings(report_dir=tmp_path / "reports")) if job.name == "purge"]
    with database.write() as session:
        Station(session).sensed(clock.now() - timedelta(days=31))
    assert run_due(database, todo, clock, worker="one") == runs
    assert run_due(database, todo, clock, worker="two") == 0
    with database.read() as session:
        assert [(run.period, run.state) for run in session.scalars(select(m.JobRun))] == [
            ("2026-11-23", RunState.DONE)
        ] * runs
        assert [entry.actor for entry in audit.entries(session)] == ["worker"] * runs
    assert count(database, m.Presence) == 1 - runs


def test_the_command_shows_what_would_go_and_then_what_went(database: Database, database_url: str):
    now = SystemClock().now()
    with database.write() as session:
        Station(session).sensed(now - timedelta(days=31))

    def command(*arguments: str) -> dict[str, dict[str, Any]]:
        done: Result = checkin(database_url, "privacy", "purge", "--format", "json", *arguments)
        assert done.exit_code == 0, done.output
        return {row["kind"]: row for row in json.loads(done.stdout)}

    for arguments, left in ((["--dry-run"], 1), ([], 0)):
        rows = command(*arguments)
        assert list(rows) == list(PERIODS)
        assert rows["presences"]["rows"] == 1
        assert (rows["audit"]["rows"], rows["audit"]["kept"]) == (None, "不刪除 / for good")
        assert "append-only" in rows["audit"]["note"]
        assert rows["presences"]["older_than"][:10] == (now - timedelta(days=30)).astimezone(TAIPEI).date().isoformat()
        assert count(database, m.Presence) == left
    assert command()["presences"]["rows"] == 0
    table = checkin(database_url, "privacy", "purge", "--dry-run").stdout
    assert "site_sightings" in table
    assert "7 天 / 7 days" in table
    with database.read() as session:
        assert [entry.action for entry in audit.entries(session)] == ["privacy.purge"] * 2
