"""The worker: each minute it looks which scheduled jobs are due, claims them one by one, and runs them.

Beside that, in a thread of its own, it makes the reports that were ordered.
"""

import logging
import os
import signal
import socket
import threading
from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from checkin_api import building, builds, jobs, outages, privacy, queries, reminders
from checkin_api.clock import Clock
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import ReportForm
from checkin_api.domain.shifts import DAY
from checkin_api.fleet.watching import watch
from reports.daily import write_daily

logger = logging.getLogger(__name__)

# A worker that starts after a long rest makes up for this much; older days are built by `checkin report daily`.
CATCH_UP = timedelta(days=31)
_WAKE_S = 1.0
REMIND_EVERY_MINUTES = 5
KEEP_REMINDER_RUNS = timedelta(days=2)
# What is ordered for the whole department when a month is over.
MONTH_END = ("month_matrix", ReportForm.XLSX)
# When the fewest people punch; the jobs have one thread, and the reports of the morning are not to wait.
PURGE_AT = time(3)
PURGE_WITHIN_S = 300.0


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of scheduled work.

    Attributes:
        name: The name in ``job_run`` and in the log.
        due: The periods that should have been run by a moment, oldest first; those done are left out by the worker.
        run: Does one period and says what came of it; it may be run again, after a crash say.
    """

    name: str
    due: Callable[[datetime], Iterable[str]]
    run: Callable[[str, datetime], str]


def scheduled_jobs(database: Database, settings: Settings) -> list[Job]:
    """All jobs of this installation; a new one is a line here."""
    return [
        Job(
            "daily_report",
            lambda now: _report_days(database, settings, now),
            lambda period, now: _build_daily(database, settings, period, now),
        ),
        Job(
            "month_end",
            lambda now: _ended_months(database, settings, now),
            lambda period, now: _order_month(database, period, now),
        ),
        Job(
            "outages",
            # Once an hour; what was missed needs no making up, for each looks at the last days.
            lambda now: [f"{now.astimezone(UTC):%Y-%m-%dT%HZ}"],
            lambda _, now: _derive_outages(database, settings, now),
        ),
        Job(
            "beacons",
            lambda now: [f"{now.astimezone(UTC):%Y-%m-%dT%HZ}"],
            lambda _, now: _watch_beacons(database, settings, now),
        ),
        Job(
            "reminders",
            lambda now: _reminder_periods(settings, now),
            lambda _, now: _remind(database, settings, now),
        ),
        Job(
            "purge",
            # Once a day, and nothing is made up for: each deletes all that is past its period.
            lambda now: [f"{local.date()}"] if (local := now.astimezone(settings.zone)).time() >= PURGE_AT else [],
            lambda _, now: _purge(database, settings, now),
        ),
    ]


def run_worker(database: Database, settings: Settings, clock: Clock, *, stop: threading.Event | None = None) -> None:
    """Work until SIGTERM or SIGINT, or until ``stop`` is set; what is under way is finished first."""
    stop = stop or _stop_on_signals()
    worker = f"{socket.gethostname()[:48]}:{os.getpid()}"
    todo = scheduled_jobs(database, settings)
    # One thread, and the clock of this process only: which worker runs a period is decided by the claim.
    scheduler = BackgroundScheduler(timezone=settings.zone, executors={"default": ThreadPoolExecutor(1)})
    scheduler.add_job(
        lambda: run_due(database, todo, clock, worker=worker, stop=stop),
        # On the minute, so that what is set for 06:00 begins at 06:00:00.
        CronTrigger(second=0, timezone=settings.zone),
        next_run_time=datetime.now(settings.zone),
        coalesce=True,
        misfire_grace_time=None,
    )
    shop = building.Workshop(database, clock, settings.report_dir, building.report_writer(database, settings), worker)
    builder = threading.Thread(target=building.work, args=(shop, stop), name="builds")
    builder.start()
    scheduler.start()
    logger.info("worker %s started; daily reports at %s %s", worker, settings.report_at, settings.timezone)
    # With a limit: a signal that the kernel hands to another thread would not wake an endless wait.
    while not stop.wait(_WAKE_S):
        pass
    scheduler.shutdown(wait=True)
    builder.join()
    logger.info("worker %s stopped", worker)


def run_due(
    database: Database, todo: Iterable[Job], clock: Clock, *, worker: str, stop: threading.Event | None = None
) -> int:
    """Run everything that is due and not taken, oldest first; returns how many periods this worker did.

    A job whose due periods cannot be told (database away, say) is logged; the next minute tries again.
    """
    done = 0
    for job in todo:
        try:
            periods = list(job.due(clock.now()))
            with database.read() as session:
                open_periods = jobs.waiting(session, job.name, periods, clock.now())
            for period in open_periods:
                if stop is not None and stop.is_set():
                    return done
                done += _run_one(database, job, period, clock, worker)
        except Exception:
            logger.exception("%s: could not be looked after; trying again in a minute", job.name)
    return done


def _run_one(database: Database, job: Job, period: str, clock: Clock, worker: str) -> bool:
    with database.write() as session:
        claimed = jobs.claim(session, job.name, period, worker=worker, now=clock.now())
    if claimed is None:
        return False
    begun = clock.now()
    try:
        outcome = job.run(period, begun)
    except Exception as exc:
        logger.exception("%s %s failed, attempt %d", job.name, period, claimed.attempt)
        with database.write() as session:
            jobs.fail(session, claimed, clock.now(), f"{type(exc).__name__}: {exc}")
        return False
    with database.write() as session:
        kept = jobs.finish(session, claimed, clock.now())
    seconds = (clock.now() - begun).total_seconds()
    if not kept:
        logger.warning("%s %s took %.1f s, longer than its lease; another worker ran it too", job.name, period, seconds)
    logger.info("%s %s done in %.1f s: %s", job.name, period, seconds, outcome)
    return kept


def _report_days(database: Database, settings: Settings, now: datetime) -> list[str]:
    """The dates whose report should be there: from the first data on, up to yesterday once it is time."""
    local = now.astimezone(settings.zone)
    in_time = local.time() >= time.fromisoformat(settings.report_at)
    last = local.date() - (DAY if in_time else 2 * DAY)
    with database.read() as session:
        begin = queries.first_day(session, settings.zone)
    if begin is None:
        return []
    first = max(begin, local.date() - CATCH_UP)
    return [(first + DAY * number).isoformat() for number in range((last - first).days + 1)]


def _build_daily(database: Database, settings: Settings, period: str, now: datetime) -> str:
    paths = write_daily(database, date.fromisoformat(period), settings.zone, folder=settings.report_dir, made_at=now)
    return ", ".join(str(path) for path in paths)


def _ended_months(database: Database, settings: Settings, now: datetime) -> list[str]:
    """The month before this one, once its last day's report may be made, too; older ones are ordered by hand."""
    local = now.astimezone(settings.zone)
    last = local.date().replace(day=1) - DAY
    if (local.day, local.time()) < (1, time.fromisoformat(settings.report_at)):
        return []
    with database.read() as session:
        begin = queries.first_day(session, settings.zone)
    return [] if begin is None or begin > last else [f"{last:%Y-%m}"]


def _order_month(database: Database, period: str, now: datetime) -> str:
    first = date.fromisoformat(f"{period}-01")
    last = first.replace(day=monthrange(first.year, first.month)[1])
    with database.write() as session:
        ordered = builds.order(session, now, builds.Order(*MONTH_END, first, last), actor="worker")
    return f"ordered {MONTH_END[0]} as build {ordered.build_id}"


def _derive_outages(database: Database, settings: Settings, now: datetime) -> str:
    within = timedelta(minutes=settings.outage_after_minutes)
    done = outages.derive(database, now, settings.zone, within=within)
    return f"{done.added} added, {done.changed} changed, {done.removed} removed"


def _watch_beacons(database: Database, settings: Settings, now: datetime) -> str:
    with database.write() as session:
        found = watch(session, now, silent_after=timedelta(hours=settings.beacon_silent_after_hours))
    return f"{found.silent} silent, {found.low_battery} with a low battery"


def _reminder_periods(settings: Settings, now: datetime) -> list[str]:
    """This one of the five-minute steps; nothing is made up for, as each looks at all duties whose window is open."""
    if not settings.push_budget_per_month:
        return []
    step = now.astimezone(UTC)
    return [f"{step:%Y-%m-%dT%H}:{step.minute - step.minute % REMIND_EVERY_MINUTES:02d}Z"]


def _remind(database: Database, settings: Settings, now: datetime) -> str:
    rules = reminders.Rules(
        budget=settings.push_budget_per_month,
        after=timedelta(minutes=settings.remind_after_minutes),
        zone=settings.zone,
    )
    done = reminders.remind(database, now, rules)
    with database.write() as session:
        jobs.forget(session, "reminders", now - KEEP_REMINDER_RUNS)
    return f"{done.sent} to send, {done.withheld} withheld"


def _purge(database: Database, settings: Settings, now: datetime) -> str:
    begun = monotonic()
    done = privacy.purge(
        database,
        privacy.cut_offs(settings, now),
        building.reports_before(settings),
        actor="worker",
        enough=lambda: monotonic() - begun > PURGE_WITHIN_S,
    )
    gone = ", ".join(f"{count} {kind}" for kind, count in done.counts.items() if count) or "nothing"
    return f"removed {gone}" if done.complete else f"removed {gone}; the rest tomorrow"


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
