"""A disk that is really full, where reports are written or where the database is: nothing spins, nothing is lost."""

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import pytest
from sqlalchemy import event

from checkin_api import building, builds
from checkin_api.building import Workshop, Written
from checkin_api.builds import Order, taking
from checkin_api.db import Database
from checkin_api.domain.ids import BuildState, ReportForm
from tests.fakes import FakeClock

MONDAY = date(2026, 11, 23)
FULL = "伺服器的磁碟已滿 / the server's disk is full"
LOOK_S = 0.1
PATIENCE_S = 20.0
DISK_KIB = 4096


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MiB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_KIB}k", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    # Else a look is a second, and the tests wait for several.
    monkeypatch.setattr(taking, "_LOOK_S", LOOK_S)


class Report:
    """Writes more than the disk has, or as much as it is told; counts how often."""

    def __init__(self, size: int) -> None:
        self.size, self.tried = size, 0

    def write(self, order: Order, outfile: BinaryIO, **_: Any) -> Written:
        self.tried += 1
        outfile.write(b"x" * self.size)
        return Written(f"{order.kind}.{order.form}", 1, "b" * 64)


@contextmanager
def working(database: Database, folder: Path, clock: FakeClock, report: Report) -> Iterator[list[str]]:
    """A worker at its queue; what it asks of the database is listed."""
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    stop = threading.Event()
    shop = Workshop(database, clock, folder, report.write, "one", beat_s=5)
    thread = threading.Thread(target=building.work, args=(shop, stop))
    thread.start()
    yield asked
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def ordered(database: Database, clock: FakeClock) -> UUID:
    with database.write() as session:
        order = Order("daily_usage", ReportForm.CSV, MONDAY, MONDAY)
        return builds.order(session, clock.now(), order, actor="user:hr").build_id


def look(database: Database, build_id: UUID) -> builds.BuildRow:
    with database.read() as session:
        return builds.build(session, build_id)


def wait_until(database: Database, build_id: UUID, state: BuildState, *, attempts: int) -> builds.BuildRow:
    end = time.monotonic() + PATIENCE_S
    while (row := look(database, build_id)).state is not state or row.attempts < attempts:
        assert time.monotonic() < end, row
        time.sleep(0.02)
    return row


def rests(asked: list[str]) -> None:
    """Whether a worker with nothing that it can make looks no more often than it should."""
    asked.clear()
    began = time.monotonic()
    time.sleep(8 * LOOK_S)
    looks = [each for each in asked if "report_build" in each and each.startswith("SELECT")]
    assert len(looks) <= (time.monotonic() - began) / LOOK_S + 2


def test_a_report_that_finds_no_room_is_shown_as_failed_and_made_when_there_is_some(
    sqlite_url: str, disk: Path, clock: FakeClock
):
    report = Report(2 * DISK_KIB * 1024)
    with closing(Database(sqlite_url)) as database:
        build_id = ordered(database, clock)
        with working(database, disk, clock, report) as asked:
            for attempt, minutes in ((1, 1), (2, 5), (3, 30)):
                row = wait_until(database, build_id, BuildState.QUEUED, attempts=attempt)
                assert (row.error, report.tried) == (FULL, attempt)
                if attempt == 1:
                    rests(asked)
                    assert report.tried == 1
                clock.advance(minutes=minutes)
            row = wait_until(database, build_id, BuildState.FAILED, attempts=4)
            assert (row.error, list(disk.glob("builds/*"))) == (FULL, [])
            rests(asked)
            assert report.tried == 4
            report.size = 1000
            with database.write() as session:
                assert builds.retry(session, clock.now(), build_id, actor="user:hr") is None
            row = wait_until(database, build_id, BuildState.DONE, attempts=1)
        assert (row.error, row.size_bytes, report.tried) == ("", 1000, 5)
        assert builds.path_of(disk, build_id, ReportForm.CSV).stat().st_size == 1000


def test_a_build_that_the_database_has_no_room_to_give_away_waits_until_it_has(
    sqlite_url: str, disk: Path, tmp_path: Path, clock: FakeClock
):
    with closing(Database(sqlite_url)) as whole:
        build_id = ordered(whole, clock)
        with whole.engine.connect() as connection:
            connection.exec_driver_sql("rollback")
            connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
        source = whole.path
    place = disk / "checkin.db"
    shutil.copy(source, place)
    report = Report(1000)
    filler = disk / "filler"
    with closing(Database(f"sqlite:///{place}")) as database:
        look(database, build_id)
        with pytest.raises(OSError, match="No space left"):
            filler.write_bytes(b"x" * DISK_KIB * 1024)
        with working(database, tmp_path / "reports", clock, report) as asked:
            rests(asked)
            row = look(database, build_id)
            assert (row.state, row.attempts, report.tried) == (BuildState.QUEUED, 0, 0)
            filler.unlink()
            row = wait_until(database, build_id, BuildState.DONE, attempts=1)
        assert (row.size_bytes, report.tried) == (1000, 1)
