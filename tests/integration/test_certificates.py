"""Certificates of purges: what they say, who took one, and that a backup gives the same hashes."""

import io
import json
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdf
import pytest

from checkin_api import audit, builds, privacy
from checkin_api.clock import SystemClock
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import Direction, Role
from checkin_api.domain.purges import Purge
from tests import builders
from tests.commands import checkin
from tests.console import TAIPEI, Console, console
from tests.fakes import FakeClock

ACTOR = "cli:hr"


@pytest.fixture
def office(sqlite_url: str, clock: FakeClock, tmp_path: Path) -> Iterator[Console]:
    database = Database(sqlite_url)
    office = console(database, clock, report_dir=tmp_path / "reports", agency_name="測試警察局 / Test Police")
    yield office
    office.close()
    database.close()


def fill(database: Database, at: datetime, rows: int = 3) -> None:
    with database.write() as session:
        officer, zone = builders.officer(session), builders.zone(session)
        beacon = builders.beacon(session, zone)
        for number in range(rows):
            sensed = at - timedelta(days=31, minutes=number)
            builders.presence(session, officer, zone, sensed, beacon_id=beacon.id)


def run(database: Database, at: datetime) -> None:
    privacy.purge(database, privacy.cut_offs(Settings(), at), lambda _: [], actor=ACTOR)


def newest(database: Database) -> Purge:
    with database.read() as session:
        return privacy.find_purge(session)


def text_of(pdf: bytes) -> str:
    return "".join(re.sub(r"\s", "", page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_the_page_lists_what_was_removed_and_what_would_be_and_gives_the_certificate(office: Console):
    fill(office.database, office.clock.now())
    hr = office.open(Role.HR)
    hr.get("/privacy/retention")
    assert "今晚會刪除 3 筆" in hr.page
    assert "還沒有刪除過資料" in hr.page
    run(office.database, office.clock.now())
    office.clock.advance(days=1)
    run(office.database, office.clock.now())
    hr = office.open(Role.HR)
    hr.get("/privacy/retention")
    assert "今晚會刪除 0 筆" in hr.page
    # The second removed nothing.
    assert hr.page.count("/certificate") == 1
    assert "沒有打卡的感應 3" in hr.page
    made = newest(office.database)
    answer = office.open(Role.AUDITOR).get(f"/privacy/retention/{made.number}/certificate")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    text = text_of(answer.data)
    said = (
        "測試警察局",
        "個人資料檔案刪除證明",
        "承辦人",
        "單位主管",
        "民國115/11/",
        "30天",
        f"第{made.number}筆{made.hash}",
    )
    assert [each for each in (*said, made.tables[0].sha256) if each not in text] == []
    # The head of the log is the run that removed nothing.
    with office.database.read() as session:
        taken, head, *_ = audit.entries(session)
        [download] = builds.downloads(session)
    assert f"第{head.number}筆{head.hash}" in text
    assert (taken.action, taken.actor, download.by) == ("report.download", "console:auditor", "console:auditor")
    hr.get("/reports/downloads")
    assert download.file_name in hr.page
    assert download.sha256[:16] in hr.page


@pytest.mark.parametrize("number", [1, 2, 99])
def test_there_is_no_certificate_of_what_is_no_purge_or_an_empty_one(office: Console, number: int):
    run(office.database, office.clock.now())
    with office.database.write() as session:
        audit.record(session, office.clock.now(), audit.Act(actor=ACTOR, action="test", subject="x:1", detail={}))
    assert office.open(Role.HR).get(f"/privacy/retention/{number}/certificate").status_code == 404


def test_the_command_writes_it_and_a_backup_gives_the_same_hashes(sqlite_url: str, tmp_path: Path):
    database, now = Database(sqlite_url), SystemClock().now()
    copy = tmp_path / "copy.db"
    fill(database, now)
    with sqlite3.connect(str(database.url.database)) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
    refused = checkin(sqlite_url, "privacy", "certificate", "--output", str(tmp_path / "x.pdf"))
    assert (refused.exit_code, "nothing has been removed" in refused.output) == (1, True)
    run(database, now)
    made = newest(database)
    out = tmp_path / "x.pdf"
    for number in ([], [str(made.number)]):
        out.unlink(missing_ok=True)
        done = checkin(sqlite_url, "privacy", "certificate", *number, "--output", str(out))
        assert done.exit_code == 0, done.output
        assert made.tables[0].sha256 in text_of(out.read_bytes())
    with database.read() as session:
        assert len(builds.downloads(session)) == 2
    database.close()
    done = checkin(f"sqlite:///{copy}", "privacy", "purge", "--as-of", now.isoformat())
    assert done.exit_code == 0, done.output
    restored = Database(f"sqlite:///{copy}")
    assert newest(restored).tables == made.tables
    restored.close()


def test_what_is_left_where_a_run_never_came_is_on_the_certificate(office: Console):
    database, now = office.database, office.clock.now()
    cut, ends = privacy.cut_offs(Settings(), now), iter([False, True])
    fill(database, now, rows=2)
    with database.write() as session:
        officer = builders.officer(session)
        for hours in range(7):
            builders.punch(session, officer, Direction.IN, cut.at("punches") - timedelta(hours=hours + 1))
    privacy.purge(database, cut, lambda _: [], actor=ACTOR, enough=lambda: next(ends))
    made = newest(database)
    assert (made.rows, made.left, made.complete) == (2, 7, False)
    assert [(each.table, each.rows, each.left) for each in made.tables] == [("presence", 2, 0), ("punch", 0, 7)]
    text = text_of(office.open(Role.HR).get(f"/privacy/retention/{made.number}/certificate").data)
    assert "合計Total27" in text
    # A run that came to nothing is none to certify, whatever it left.
    privacy.purge(database, cut, lambda _: [], actor=ACTOR, enough=lambda: True)
    assert newest(database) == made


def test_a_time_to_come_is_no_cut_off(sqlite_url: str):
    done = checkin(sqlite_url, "privacy", "purge", "--as-of", datetime(2999, 1, 1, tzinfo=UTC).isoformat())
    assert done.exit_code == 2
    assert "must have passed" in done.output


def test_an_entry_says_what_the_settings_were(sqlite_url: str):
    database, now = Database(sqlite_url), datetime(2026, 11, 23, 3, tzinfo=TAIPEI)
    fill(database, now)
    cut = privacy.cut_offs(Settings(retention_presences=20), now)
    privacy.purge(database, cut, lambda _: [], actor=ACTOR)
    with database.read() as session:
        [entry] = audit.entries(session)
    assert json.loads(entry.detail)["days"]["presences"] == newest(database).days["presences"] == 20
    database.close()
