"""Making builds: files whole or absent, progress as it goes, one worker's death another's work, real processes."""

import json
import os
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from checkin_api import building, builds, privacy
from checkin_api.building import Workshop, Written, make
from checkin_api.builds import Order
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import BuildState, ReportForm, new_id
from checkin_api.errors import CheckinError
from checkin_api.models import ReportBuild
from checkin_api.privacy.expiry import cut_offs
from checkin_api.worker import run_due, scheduled_jobs
from tests import builders
from tests.fakes import FakeClock
from tests.serving import CHECKIN, environment

MONDAY = date(2026, 11, 23)
DAILY = Order("daily_usage", ReportForm.CSV, MONDAY, MONDAY)
PATIENCE_S = 30.0

Writing = Callable[[BinaryIO, Callable[[int, int], None]], object]


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url)
    yield database
    database.close()


def shop(database: Database, folder: Path, clock: FakeClock, writing: Writing, *, worker: str = "one") -> Workshop:
    """A workshop whose reports are whatever ``writing`` writes."""

    def write(order: Order, outfile: BinaryIO, *, progress: Callable[[int, int], None], **_: Any) -> Written:
        writing(outfile, progress)
        return Written(f"{order.kind}.{order.form}", 7, "b" * 64)

    return Workshop(database, clock, folder, write, worker, beat_s=0.02)


def ordered(database: Database, clock: FakeClock, order: Order = DAILY) -> UUID:
    with database.write() as session:
        return builds.order(session, clock.now(), order, actor="user:hr").build_id


def look(database: Database, build_id: UUID) -> builds.BuildRow:
    with database.read() as session:
        return builds.build(session, build_id)


def wait_for(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE_S:g} s: {what}"
        time.sleep(0.05)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("builds/*"))


def test_a_build_becomes_a_file_that_only_the_service_and_its_group_read(
    sqlite: Database, tmp_path: Path, clock: FakeClock
):
    build_id = ordered(sqlite, clock)
    assert make(shop(sqlite, tmp_path, clock, lambda file, _: file.write(b"report")), build_id)
    path = builds.path_of(tmp_path, build_id, ReportForm.CSV)
    assert files(tmp_path) == [path.name] == [f"{build_id}.csv"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    row = look(sqlite, build_id)
    assert (row.state, row.size_bytes, row.row_count, row.file_name) == (BuildState.DONE, 6, 7, "daily_usage.csv")
    assert not make(shop(sqlite, tmp_path, clock, lambda file, _: file.write(b"again")), build_id)
    assert path.read_bytes() == b"report"


def test_the_reports_of_this_release_are_made(sqlite: Database, tmp_path: Path, clock: FakeClock):
    settings = Settings(report_dir=tmp_path)
    site = Workshop(sqlite, clock, tmp_path, building.report_writer(sqlite, settings), "one")
    build_id, unknown = (
        ordered(sqlite, clock, Order(kind, ReportForm.JSON, MONDAY, MONDAY)) for kind in ("daily_usage", "weather")
    )
    assert make(site, build_id)
    assert json.loads(builds.path_of(tmp_path, build_id, ReportForm.JSON).read_bytes())
    assert not make(site, unknown)
    row = look(sqlite, unknown)
    assert (row.state, row.attempts, "weather" in row.error) == (BuildState.FAILED, 1, True)


def test_progress_is_seen_while_it_is_made(sqlite: Database, tmp_path: Path, clock: FakeClock):
    build_id, seen = ordered(sqlite, clock), []

    def writing(_: BinaryIO, progress: Callable[[int, int], None]) -> None:
        for done in (3, 5):
            progress(done, 12)
            while (row := look(sqlite, build_id)).done != done:
                time.sleep(0.01)
            seen.append((row.state, row.done, row.total))

    assert make(shop(sqlite, tmp_path, clock, writing), build_id)
    assert seen == [(BuildState.RUNNING, 3, 12), (BuildState.RUNNING, 5, 12)]


TOLD = [
    (OSError(28, "No space left on device"), "伺服器的磁碟已滿 / the server's disk is full", BuildState.QUEUED),
    (OSError(13, "Permission denied", "/var/x"), "the file cannot be written: Permission denied", BuildState.QUEUED),
    (KeyError("A0001 王小明"), "see the worker's log: KeyError", BuildState.QUEUED),
    (CheckinError("沒有單位 X / there is no unit X"), "there is no unit X", BuildState.FAILED),
]


@pytest.mark.parametrize("told", TOLD, ids=lambda told: type(told[0]).__name__)
def test_a_failure_is_told_in_words_and_leaves_no_file(
    sqlite: Database, tmp_path: Path, clock: FakeClock, told: tuple[Exception, str, BuildState]
):
    problem, words, state = told
    build_id = ordered(sqlite, clock)

    def writing(file: BinaryIO, _: object) -> None:
        file.write(b"half")
        raise problem

    assert not make(shop(sqlite, tmp_path, clock, writing), build_id)
    row = look(sqlite, build_id)
    assert (row.state, row.file_name, row.size_bytes, files(tmp_path)) == (state, "", None, [])
    assert words in row.error
    assert "王小明" not in row.error
    clock.advance(minutes=1)
    again = make(shop(sqlite, tmp_path, clock, lambda file, _: file.write(b"whole")), build_id)
    assert again == (state is BuildState.QUEUED)


def test_a_disk_that_is_really_full_fails_the_build(sqlite: Database, tmp_path: Path, clock: FakeClock):
    build_id = ordered(sqlite, clock)

    def writing(_: BinaryIO, __: object) -> None:
        with open("/dev/full", "wb") as full:  # noqa: PTH123 (the kernel's own full disk)
            full.write(b"report")

    assert not make(shop(sqlite, tmp_path, clock, writing), build_id)
    assert look(sqlite, build_id).error == "伺服器的磁碟已滿 / the server's disk is full"
    assert files(tmp_path) == []


def test_a_worker_that_lost_its_build_never_touches_the_winners_file(
    database: Database, tmp_path: Path, clock: FakeClock
):
    build_id, late = ordered(database, clock), FakeClock(clock.now() + builds.LEASE)
    winner = shop(database, tmp_path, late, lambda file, _: file.write(b"winner"), worker="two")

    def slow(file: BinaryIO, _: object) -> None:
        file.write(b"loser")
        assert make(winner, build_id)

    assert not make(shop(database, tmp_path, clock, slow), build_id)
    assert builds.path_of(tmp_path, build_id, ReportForm.CSV).read_bytes() == b"winner"
    assert files(tmp_path) == [f"{build_id}.csv"]
    row = look(database, build_id)
    assert (row.state, row.attempts, row.size_bytes) == (BuildState.DONE, 2, 6)


def test_a_worker_is_told_at_its_next_step_that_it_lost_the_build(sqlite: Database, tmp_path: Path, clock: FakeClock):
    build_id, late = ordered(sqlite, clock), FakeClock(clock.now() + builds.LEASE)
    steps = 0

    def slow(_: BinaryIO, progress: Callable[[int, int], None]) -> None:
        nonlocal steps
        assert make(shop(sqlite, tmp_path, late, lambda file, _: file.write(b"winner"), worker="two"), build_id)
        for steps in range(1000):
            progress(steps, 1000)
            time.sleep(0.01)

    assert not make(shop(sqlite, tmp_path, clock, slow), build_id)
    assert steps < 900


def test_old_builds_go_with_their_files_and_downloads_and_are_counted(sqlite: Database, tmp_path: Path):
    settings = Settings(report_dir=tmp_path)
    now = datetime.now(UTC)
    old = ordered(sqlite, FakeClock(now))
    made = shop(sqlite, tmp_path, FakeClock(now), lambda file, _: file.write(b"x"))
    assert make(made, old)
    with sqlite.write() as session:
        builds.download(session, now, old, actor="user:hr")
    (tmp_path / "builds" / "notes.txt").touch()
    reports = building.reports_before(settings)
    soon, later = (cut_offs(settings, now + timedelta(days=days)) for days in (365, 6 * 365))
    assert privacy.preview(sqlite, soon, reports).counts["reports"] == 0
    assert privacy.preview(sqlite, later, reports).counts["reports"] == 2
    assert privacy.purge(sqlite, later, reports, actor="worker").counts["reports"] == 2
    assert files(tmp_path) == ["notes.txt"]
    with sqlite.read() as session:
        assert (builds.history(session), builds.downloads(session)) == ([], [])


def test_what_killed_workers_left_behind_goes_with_the_period(tmp_path: Path):
    left = builds.part_of(tmp_path, new_id(), 1)
    left.parent.mkdir()
    left.touch()
    zone = Settings().zone
    today = datetime.now(zone).date()
    assert list(builds.files_before(tmp_path, today, zone)) == []
    assert list(builds.files_before(tmp_path, today + timedelta(days=1), zone)) == [left]


@pytest.mark.parametrize(
    ("at", "period"),
    [
        ("2026-12-01T05:59", None),
        ("2026-12-01T06:00", "2026-11"),
        ("2026-12-31T23:00", "2026-11"),
        ("2027-01-01T06:00", "2026-12"),
    ],
)
def test_the_month_that_ended_is_ordered_once(sqlite: Database, tmp_path: Path, at: str, period: str | None):
    settings = Settings(report_dir=tmp_path)
    clock = FakeClock(datetime.fromisoformat(at).replace(tzinfo=settings.zone))
    todo = [job for job in scheduled_jobs(sqlite, settings) if job.name == "month_end"]
    assert run_due(sqlite, todo, clock, worker="one") == 0, "a department without data"
    with sqlite.write() as session:
        builders.roster(session, builders.officer(session), builders.shift(session), date(2026, 11, 30))
    assert run_due(sqlite, todo, clock, worker="one") == (period is not None)
    assert run_due(sqlite, todo, clock, worker="two") == 0
    with sqlite.read() as session:
        found = [(row.kind, f"{row.first:%Y-%m}", row.last.day, row.ordered_by) for row in builds.history(session)]
    assert found == ([("month_matrix", period, 30 if period == "2026-11" else 31, "worker")] if period else [])


# Real processes


class Worker:
    """A ``checkin worker`` process."""

    def __init__(self, url: str, folder: Path, number: int) -> None:
        self.log = folder / f"worker-{number}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [CHECKIN, "worker"], env=environment(url, report_dir=str(folder)), stdout=log, stderr=log
            )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


@pytest.fixture
def workers() -> Iterator[list[Worker]]:
    """Started by the test; none is left over."""
    started: list[Worker] = []
    yield started
    for worker in started:
        worker.process.kill()
        worker.process.wait(20)


def states(database: Database) -> list[BuildState]:
    with database.read() as session:
        return list(session.scalars(select(ReportBuild.state)))


def test_of_two_workers_one_is_killed_half_way_and_every_build_is_made_once(
    postgres_url: str, workers: list[Worker], tmp_path: Path
):
    database = Database(postgres_url)
    now = datetime.now(UTC)
    workers += [Worker(postgres_url, tmp_path, number) for number in range(2)]
    with database.engine.connect() as blocker:
        # Nothing can be counted while this lock is held, so both workers are in the middle of a build.
        blocker.execute(text("LOCK TABLE punch IN ACCESS EXCLUSIVE MODE"))
        with database.write() as session:
            days = [MONDAY - timedelta(days=back) for back in range(30)]
            ids = [
                builds.order(session, now, Order("daily_usage", ReportForm.CSV, day, day), actor="user:hr").build_id
                for day in days
            ]
        wait_for(lambda: states(database).count(BuildState.RUNNING) == 2, "two claims")
        wait_for(lambda: len(files(tmp_path)) == 2, "two begun files")
        assert workers[0].stop(signal.SIGKILL) == -signal.SIGKILL
        # As if the time of the lease were over.
        dead = f"%:{workers[0].process.pid}"
        with database.write() as session:
            session.execute(
                update(ReportBuild).where(ReportBuild.worker.like(dead)).values(lease_until=datetime.now(UTC))
            )
    wait_for(lambda: set(states(database)) == {BuildState.DONE}, "all builds")
    with database.write() as session:
        # The one job left is the dead worker's: as if its last sign of life were long ago.
        session.execute(
            text(
                "update procrastinate_workers set last_heartbeat = 'epoch'"
                " where id in (select worker_id from procrastinate_jobs where status = 'doing')"
            )
        )
    wait_for(lambda: jobs_left(database) == 0, "no job left")
    assert workers[1].stop() == 0
    assert files(tmp_path) == sorted(f"{build_id}.csv" for build_id in ids)
    with database.read() as session:
        rows = builds.history(session)
    assert sorted(row.attempts for row in rows) == [1] * 29 + [2]
    for row in rows:
        assert builds.path_of(tmp_path, row.id, row.form).stat().st_size == row.size_bytes
    logged = workers[1].log.read_text()
    assert [logged.count(f"build {build_id} daily_usage done") for build_id in ids].count(1) == 30
    assert "Traceback" not in logged
    database.close()


def jobs_left(database: Database) -> int:
    with database.read() as session:
        return session.scalar(text("select count(*) from procrastinate_jobs")) or 0


def test_workers_on_sqlite_share_the_builds_too(sqlite: Database, tmp_path: Path, clock: FakeClock):
    made: list[UUID] = []
    stop = threading.Event()

    def working(name: str) -> threading.Thread:
        site = shop(sqlite, tmp_path, clock, lambda file, _: file.write(os.urandom(8)), worker=name)
        thread = threading.Thread(target=building.work, args=(site, stop))
        thread.start()
        return thread

    threads = [working(name) for name in ("one", "two")]
    for back in range(12):
        day = MONDAY - timedelta(days=back)
        made.append(ordered(sqlite, clock, Order("daily_usage", ReportForm.CSV, day, day)))
    wait_for(lambda: states(sqlite) == [BuildState.DONE] * 12, "all builds")
    stop.set()
    for thread in threads:
        thread.join(10)
    assert files(tmp_path) == sorted(f"{build_id}.csv" for build_id in made)
    with sqlite.read() as session:
        assert [row.attempts for row in builds.history(session)] == [1] * 12
