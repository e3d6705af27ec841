"""Making ordered reports: a build is claimed, written beside its place, recorded, and put there by the same step."""

import errno
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import BinaryIO, Protocol, Self
from uuid import UUID

from checkin_api import builds, exchange
from checkin_api.builds import Claim, Made, Order
from checkin_api.clock import Clock
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.errors import CheckinError
from reports import catalogue
from reports.daily import daily_before
from reports.wanted import Wanted, rules_of
from reports.writing import publish, whole_file

logger = logging.getLogger(__name__)

# How often progress is written down; somebody looks at it as it goes.
BEAT_S = 2.0
_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Written:
    """What came of writing: the file's name for people, its rows, the SHA-256 of its data."""

    file_name: str
    rows: int
    sha256: str


class Write(Protocol):
    """Writes what was ordered; the reports do, and tests have their own."""

    def __call__(
        self,
        order: Order,
        outfile: BinaryIO,
        *,
        made_at: datetime,
        made_by: str,
        progress: Callable[[int, int], None],
    ) -> Written:
        """Write the file, and call ``progress(done, total)`` as it goes.

        Raises:
            CheckinError: what was ordered cannot be made, now or later; says why.
        """


@dataclass(frozen=True, slots=True)
class Workshop:
    """What making builds takes."""

    database: Database
    clock: Clock
    report_dir: Path
    write: Write
    worker: str
    beat_s: float = BEAT_S


class _TakenOverError(Exception):
    """Another worker has the build; what this one writes is in vain."""


def work(shop: Workshop, stop: threading.Event) -> None:
    """Make builds until told to stop."""
    queue: builds.Queue
    if shop.database.is_sqlite:
        queue = builds.TableQueue(shop.database, shop.clock)
    else:
        queue = builds.SharedQueue(shop.database, shop.clock, shop.worker)
    queue.work(lambda build_id: make(shop, build_id), stop)


def make(shop: Workshop, build_id: UUID) -> bool:
    """Make one build, if it is to be had; True when it is done. Failures are recorded, never raised."""
    try:
        with shop.database.write() as session:
            claimed = builds.claim(session, shop.clock.now(), build_id, worker=shop.worker)
        return claimed is not None and _make(shop, claimed)
    except Exception:
        # The database is away, say: the lease runs out, and the build is made then.
        logger.exception("build %s: could not be looked after", build_id)
        return False


def make_at_once(shop: Workshop, order: Order, *, actor: str) -> UUID:
    """Order a report and make it here, before any worker can begin; its row says what became of it.

    What is being made already is left to whoever makes it.
    """
    with shop.database.write() as session:
        now = shop.clock.now()
        build_id = builds.order(session, now, order, actor=actor).build_id
        claimed = builds.claim(session, now, build_id, worker=shop.worker)
    if claimed is not None:
        _make(shop, claimed)
    return build_id


def reports_before(settings: Settings) -> Callable[[date], Iterator[Path]]:
    """The files of daily reports and of builds from before a date, for the purge."""

    def files(day: date) -> Iterator[Path]:
        yield from daily_before(settings.report_dir, day)
        yield from builds.files_before(settings.report_dir, day, settings.zone)

    return files


def report_writer(database: Database, settings: Settings) -> Write:
    """The reports of this installation."""

    def write(
        order: Order,
        outfile: BinaryIO,
        *,
        made_at: datetime,
        made_by: str,
        progress: Callable[[int, int], None],
    ) -> Written:
        if order.kind == exchange.SWIPE_FILE:
            name, swipes = exchange.write_ordered(database, order, settings.zone, outfile)
            return Written(name, swipes.punches, swipes.sha256)
        rules = rules_of(database, settings)
        wanted = Wanted(order.kind, order.form, order.first, order.last, order.unit, order.officer)
        written = catalogue.write(database, rules, wanted, outfile, made_at=made_at, made_by=made_by, progress=progress)
        return Written(catalogue.file_name(wanted, made_at, settings.zone), written.rows, written.sha256)

    return write


def _make(shop: Workshop, claimed: Claim) -> bool:
    begun = shop.clock.now()
    if claimed.attempt > 1:
        builds.clear(shop.report_dir, claimed.build_id)
    part = builds.part_of(shop.report_dir, claimed.build_id, claimed.attempt)
    try:
        with _SignsOfLife(shop, claimed) as life, whole_file(part) as file:
            written = shop.write(claimed.order, file, made_at=begun, made_by=claimed.ordered_by, progress=life.progress)
        kept = _record(shop, claimed, written, part)
    except _TakenOverError:
        kept = False
    except CheckinError as exc:
        logger.warning("build %s %s cannot be made: %s", claimed.build_id, claimed.order.kind, exc)
        _fail(shop, claimed, str(exc), for_good=True)
        return False
    except Exception as exc:
        logger.exception("build %s %s failed, attempt %d", claimed.build_id, claimed.order.kind, claimed.attempt)
        part.unlink(missing_ok=True)
        _fail(shop, claimed, _words(exc))
        return False
    seconds = (shop.clock.now() - begun).total_seconds()
    if kept:
        logger.info("build %s %s done in %.1f s", claimed.build_id, claimed.order.kind, seconds)
    else:
        logger.warning("build %s was taken over by another worker after %.1f s", claimed.build_id, seconds)
    return kept


def _record(shop: Workshop, claimed: Claim, written: Written, part: Path) -> bool:
    """Finish the build and put its file in its place.

    The file first appears when this worker alone may say that it is done, and before anybody can read that it is:
    a worker that lost its claim never touches the winner's file, and no build is done whose file is not there.
    """
    made = Made(written.file_name, part.stat().st_size, written.rows, written.sha256)
    path = builds.path_of(shop.report_dir, claimed.build_id, claimed.order.form)
    with shop.database.write() as session:
        kept = builds.finish(session, shop.clock.now(), claimed, made)
        if kept:
            publish(part, path)
    if not kept:
        part.unlink(missing_ok=True)
    return kept


def _fail(shop: Workshop, claimed: Claim, why: str, *, for_good: bool = False) -> None:
    with shop.database.write() as session:
        builds.fail(session, shop.clock.now(), claimed, why, for_good=for_good)


def _words(exc: Exception) -> str:
    """Why it failed, for who ordered it: nothing of what a library says about rows or files of the server."""
    if isinstance(exc, OSError):
        if exc.errno in _FULL:
            return "伺服器的磁碟已滿 / the server's disk is full"
        return f"檔案無法寫入 / the file cannot be written: {exc.strerror or type(exc).__name__}"
    return f"程式或資料庫故障，詳見 worker 的日誌 / a fault, see the worker's log: {type(exc).__name__}"


class _SignsOfLife:
    """Tells how far a build is and that its worker lives, from a thread of its own: some steps take long."""

    def __init__(self, shop: Workshop, claimed: Claim) -> None:
        self._shop, self._claimed = shop, claimed
        self._progress = (0, 0)
        self._ended = threading.Event()
        self._lost = False
        self._thread = threading.Thread(target=self._tell, name=f"build {claimed.build_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def progress(self, done: int, total: int) -> None:
        """Take note; written down at the next beat.

        Raises:
            _TakenOverError: the work is in vain.
        """
        if self._lost:
            raise _TakenOverError
        self._progress = (done, total)

    def _tell(self) -> None:
        told, at = (0, 0), monotonic()
        while not self._ended.wait(self._shop.beat_s):
            now = self._progress
            if now == told and monotonic() - at < builds.LEASE.total_seconds() / 4:
                continue
            try:
                with self._shop.database.write() as session:
                    kept = builds.beat(session, self._shop.clock.now(), self._claimed, done=now[0], total=now[1])
            except Exception:
                logger.exception("build %s: its progress cannot be written down", self._claimed.build_id)
                continue
            if not kept:
                self._lost = True
                return
            told, at = now, monotonic()
