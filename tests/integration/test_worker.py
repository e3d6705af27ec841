"""The worker: each period once among many workers, missed days made up, failures tried again."""

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text, update

from checkin_api import jobs
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import RunState
from checkin_api.models import JobRun, Outage
from checkin_api.worker import Job, run_due, run_worker, scheduled_jobs
from tests import builders
from tests.fakes import FakeClock
from tests.serving import CHECKIN, environment

TAIPEI = ZoneInfo("Asia/Taipei")
SIX_ON_MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=TAIPEI)
PATIENCE_S = 45.0


def rostered_since(database: Database, day: date) -> None:
    """A department whose first duty is on this date."""
    with database.write() as session:
        builders.roster(session, builders.officer(session), builders.shift(session), day)


def runs(database: Database, job: str = "daily_report") -> dict[str, JobRun]:
    with database.read() as session:
        found = {run.period: run for run in session.scalars(select(JobRun).where(JobRun.job == job))}
        session.expunge_all()
    return found


def done(database: Database) -> list[str]:
    return sorted(period for period, run in runs(database).items() if run.state is RunState.DONE)


def wait_for(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE_S:g} s: {what}"
        time.sleep(0.05)


def shipped(database: Database, folder: Path, name: str) -> list[Job]:
    return [job for job in scheduled_jobs(database, Settings(report_dir=folder / "reports")) if job.name == name]


@pytest.fixture
def daily(database: Database, tmp_path: Path) -> Callable[[FakeClock], int]:
    """Build the reports that are due, as one worker at this moment."""
    todo = shipped(database, tmp_path, "daily_report")
    return lambda clock: run_due(database, todo, clock, worker="one")


class Flaky:
    """A job of one period that fails as often as told."""

    def __init__(self, failures: int) -> None:
        self.failures, self.attempts = failures, 0

    def job(self) -> Job:
        return Job("flaky", lambda _: ["2026-11"], lambda *_: self._run())

    def _run(self) -> str:
        self.attempts += 1
        if self.attempts <= self.failures:
            raise OSError(28, "No space left on device")
        return "written"


# What is due


def test_builds_the_reports_of_missed_days_up_to_yesterday(
    database: Database, daily: Callable[[FakeClock], int], tmp_path: Path
):
    rostered_since(database, date(2026, 11, 20))
    assert daily(FakeClock(SIX_ON_MONDAY)) == 3
    assert done(database) == ["2026-11-20", "2026-11-21", "2026-11-22"]
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == sorted(
        f"daily_usage_2026-11-{day}.{form}" for day in (20, 21, 22) for form in ("csv", "json")
    )


def test_yesterdays_report_waits_for_the_set_time(database: Database, daily: Callable[[FakeClock], int]):
    rostered_since(database, date(2026, 11, 21))
    clock = FakeClock(SIX_ON_MONDAY - timedelta(seconds=1))
    assert daily(clock) == 1
    clock.advance(seconds=1)
    assert daily(clock) == 1
    assert done(database) == ["2026-11-21", "2026-11-22"]


def test_today_and_later_are_never_built(database: Database, daily: Callable[[FakeClock], int]):
    rostered_since(database, date(2026, 11, 23))
    rostered_since(database, date(2026, 11, 30))
    assert daily(FakeClock(SIX_ON_MONDAY + timedelta(hours=17))) == 0


def test_a_month_is_made_up_and_no_more(database: Database, daily: Callable[[FakeClock], int]):
    rostered_since(database, date(2020, 1, 1))
    assert daily(FakeClock(SIX_ON_MONDAY)) == 31
    assert done(database)[0] == "2026-10-23"


def test_without_any_data_there_is_nothing_to_report(daily: Callable[[FakeClock], int]):
    assert daily(FakeClock(SIX_ON_MONDAY)) == 0


def test_the_first_event_counts_as_data_too(database: Database, daily: Callable[[FakeClock], int]):
    with database.write() as session:
        builders.inbox_event(session, received_at=SIX_ON_MONDAY - timedelta(days=2))
    assert daily(FakeClock(SIX_ON_MONDAY)) == 2


def test_a_report_is_built_once(database: Database, daily: Callable[[FakeClock], int]):
    rostered_since(database, date(2026, 11, 22))
    clock = FakeClock(SIX_ON_MONDAY)
    assert [daily(clock), daily(clock)] == [1, 0]


def test_outages_are_derived_once_an_hour(database: Database, tmp_path: Path):
    rostered_since(database, date(2026, 11, 22))
    todo = shipped(database, tmp_path, "outages")
    clock = FakeClock(SIX_ON_MONDAY)
    assert [run_due(database, todo, clock, worker=name) for name in ("one", "two")] == [1, 0]
    clock.advance(minutes=60)
    assert run_due(database, todo, clock, worker="two") == 1
    assert sorted(runs(database, "outages")) == ["2026-11-22T22Z", "2026-11-22T23Z"]
    with database.read() as session:
        [outage] = session.scalars(select(Outage))
    # The duty of the 22nd began at eight, and nobody has ever been heard.
    assert (outage.zone_id, outage.begin, outage.end) == (None, datetime(2026, 11, 22, 8, tzinfo=TAIPEI), None)


# Claims


def test_a_period_is_claimed_by_one_worker_only(database: Database):
    with database.write() as session:
        assert jobs.claim(session, "daily_report", "2026-11-22", worker="one", now=SIX_ON_MONDAY)
    with database.write() as session:
        assert jobs.claim(session, "daily_report", "2026-11-22", worker="two", now=SIX_ON_MONDAY) is None
        assert jobs.claim(session, "other_job", "2026-11-22", worker="two", now=SIX_ON_MONDAY)


def test_who_lost_a_claim_cannot_end_the_run(database: Database):
    later = SIX_ON_MONDAY + jobs.LEASE
    with database.write() as session:
        slow = jobs.claim(session, "daily_report", "2026-11-22", worker="one", now=SIX_ON_MONDAY)
        second = jobs.claim(session, "daily_report", "2026-11-22", worker="two", now=later)
        assert slow is not None
        assert second is not None
        assert not jobs.finish(session, slow, later)
        assert not jobs.fail(session, slow, later, "too late")
        assert jobs.finish(session, second, later)


def test_a_finished_run_is_never_claimed_again(database: Database):
    with database.write() as session:
        claimed = jobs.claim(session, "daily_report", "2026-11-22", worker="one", now=SIX_ON_MONDAY)
        assert claimed is not None
        assert jobs.finish(session, claimed, SIX_ON_MONDAY)
        a_year_on = SIX_ON_MONDAY + timedelta(days=365)
        assert jobs.claim(session, "daily_report", "2026-11-22", worker="two", now=a_year_on) is None


# Failures


def test_a_failed_run_is_tried_again_after_rests_that_grow(database: Database, clock: FakeClock):
    flaky = Flaky(failures=3)
    waits = []
    for rest in (1, 5, 30):
        assert run_due(database, [flaky.job()], clock, worker="one") == 0
        waits.append((runs(database, "flaky")["2026-11"].lease_until - clock.now()) / timedelta(minutes=1))
        clock.advance(minutes=rest, seconds=-1)
        assert run_due(database, [flaky.job()], clock, worker="one") == 0
        clock.advance(seconds=1)
    assert waits == [1, 5, 30]
    assert run_due(database, [flaky.job()], clock, worker="one") == 1
    assert flaky.attempts == 4
    run = runs(database, "flaky")["2026-11"]
    assert (run.state, run.attempts, run.error) == (RunState.DONE, 4, "")


def test_a_failure_names_itself_and_holds_up_nothing_else(
    database: Database, clock: FakeClock, caplog: pytest.LogCaptureFixture
):
    well = Flaky(failures=0).job()
    good = Job("good", well.due, well.run)
    assert run_due(database, [Flaky(failures=9).job(), good], clock, worker="one") == 1
    with database.read() as session:
        failed = session.scalars(select(JobRun).where(JobRun.state == RunState.FAILED)).one()
    assert failed.error == "OSError: [Errno 28] No space left on device"
    assert "flaky 2026-11 failed, attempt 1" in caplog.text


def test_a_job_that_cannot_tell_what_is_due_holds_up_nothing_else(
    database: Database, clock: FakeClock, caplog: pytest.LogCaptureFixture
):
    def broken(_: datetime) -> list[str]:
        raise OSError("no database")

    well = Flaky(failures=0).job()
    assert run_due(database, [Job("broken", broken, well.run), well], clock, worker="one") == 1
    assert "broken: could not be looked after" in caplog.text


def test_a_run_that_outlives_its_lease_says_so(database: Database, clock: FakeClock, caplog: pytest.LogCaptureFixture):
    def slow(period: str, now: datetime) -> str:
        del now
        clock.at += jobs.LEASE
        with database.write() as session:
            assert jobs.claim(session, "slow", period, worker="two", now=clock.now())
        return "written"

    assert run_due(database, [Job("slow", lambda _: ["2026"], slow)], clock, worker="one") == 0
    assert "longer than its lease" in caplog.text


def test_a_worker_told_to_stop_begins_nothing_more(database: Database, clock: FakeClock):
    stop = threading.Event()

    def run(period: str, now: datetime) -> str:
        del period, now
        stop.set()
        return "written"

    todo = [Job("long", lambda _: ["1", "2", "3"], run)]
    assert run_due(database, todo, clock, worker="one", stop=stop) == 1


def test_a_worker_in_a_thread_runs_what_is_due_and_stops(database: Database, tmp_path: Path):
    rostered_since(database, date(2026, 11, 21))
    stop = threading.Event()
    settings = Settings(report_dir=tmp_path)
    worker = threading.Thread(
        target=run_worker, args=(database, settings, FakeClock(SIX_ON_MONDAY)), kwargs={"stop": stop}
    )
    worker.start()
    wait_for(lambda: len(done(database)) == 2, "two reports")
    stop.set()
    worker.join(10)
    assert not worker.is_alive()


# Real processes


class Worker:
    """A ``checkin worker`` process."""

    def __init__(self, url: str, folder: Path, number: int) -> None:
        self.log = folder / f"worker-{number}.log"
        settings = environment(url, report_dir=str(folder / "reports"), report_at="00:00")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([CHECKIN, "worker"], env=settings, stdout=log, stderr=log)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self._process.send_signal(number)
        return self._process.wait(20)

    def finished(self) -> list[str]:
        """The periods that it says it did."""
        lines = self.log.read_text().splitlines()
        done_lines = [line for line in lines if "daily_report " in line and " done in " in line]
        return [line.split("daily_report ")[1].split()[0] for line in done_lines]


@contextmanager
def working(url: str, folder: Path, count: int) -> Iterator[list[Worker]]:
    workers = [Worker(url, folder, number) for number in range(count)]
    yield workers
    assert [worker.stop() for worker in workers] == [0] * count


@pytest.mark.parametrize(("address", "count"), [("postgres_url", 3), ("sqlite_url", 2)])
def test_workers_started_together_build_each_report_once(
    address: str, count: int, request: pytest.FixtureRequest, tmp_path: Path
):
    url = request.getfixturevalue(address)
    database = Database(url)
    today = datetime.now(TAIPEI).date()
    rostered_since(database, today - timedelta(days=90))
    with working(url, tmp_path, count) as workers:
        wait_for(lambda: len(done(database)) >= 31, "a month of reports")
    expected = [(today - timedelta(days=back)).isoformat() for back in range(31, 0, -1)]
    assert sorted(period for worker in workers for period in worker.finished()) == expected
    assert [run.attempts for run in runs(database).values()] == [1] * 31
    database.close()
    for day in expected:
        assert json.loads((tmp_path / "reports" / f"daily_usage_{day}.json").read_text("utf-8"))


def test_the_run_of_a_killed_worker_is_taken_over_when_its_lease_is_out(postgres_url: str, tmp_path: Path):
    database = Database(postgres_url)
    rostered_since(database, datetime.now(TAIPEI).date() - timedelta(days=1))
    with database.engine.connect() as blocker:
        # The report cannot be counted while this lock is held, so the worker dies in the middle of its run.
        blocker.execute(text("LOCK TABLE punch IN ACCESS EXCLUSIVE MODE"))
        worker = Worker(postgres_url, tmp_path, 1)
        wait_for(lambda: runs(database), "a claim")
        assert worker.stop(signal.SIGKILL) == -signal.SIGKILL
    with working(postgres_url, tmp_path, 1) as (second,):
        wait_for(lambda: "started" in second.log.read_text(), "a start")
        time.sleep(1)
        assert done(database) == [], "taken over before the lease was out"
    with database.write() as session:
        session.execute(update(JobRun).values(lease_until=datetime.now(UTC)))
    with working(postgres_url, tmp_path, 1) as (third,):
        wait_for(lambda: done(database), "the report")
    assert len(third.finished()) == 1
    assert [run.attempts for run in runs(database).values()] == [2]
    assert not list((tmp_path / "reports").glob(".*")), "half a file is left"
    database.close()
