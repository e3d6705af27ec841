"""How a worker comes by builds: on SQLite from the table; on PostgreSQL from procrastinate, beside any others.

Either way a build is claimed before it is made, so a job that comes twice, or for a build that is done, does nothing.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from checkin_api.builds.claiming import due
from checkin_api.builds.queue import QUEUE, TASK, announce
from checkin_api.clock import Clock
from checkin_api.db import Database

if TYPE_CHECKING:
    from procrastinate import App

logger = logging.getLogger(__name__)

# A look at an empty partial index; who ordered waits so long at most.
_LOOK_S = 1.0
_REST_AFTER_FAILURE_S = 5.0
# How often the builds are looked for that no job speaks of any more: those of dead workers.
_SWEEP_S = 5.0
# A worker of procrastinate that says nothing for so long is dead; it says something every ten seconds.
_STALLED_S = 60.0

# Makes one build, if it is to be had; never raises.
Build = Callable[[UUID], object]


class Queue(Protocol):
    """Where builds come from."""

    def work(self, build: Build, stop: threading.Event) -> None:
        """Make one build after another until told to stop; the one under way is finished first."""


class TableQueue:
    """SQLite: one machine, so its workers look at the table."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def work(self, build: Build, stop: threading.Event) -> None:
        """See `Queue`."""
        while not stop.is_set():
            try:
                with self._database.read() as session:
                    waiting = due(session, self._clock.now(), limit=1)
            except Exception:
                logger.exception("cannot look for builds; trying again in %g s", _REST_AFTER_FAILURE_S)
                stop.wait(_REST_AFTER_FAILURE_S)
                continue
            # One that cannot be had (the disk is full, say) is not asked for again and again without a rest.
            made = [build(build_id) for build_id in waiting]
            if not (made and all(made)):
                stop.wait(_LOOK_S)


class SharedQueue:
    """PostgreSQL: procrastinate hands each job to one of the workers, on whatever machine, within moments."""

    def __init__(self, database: Database, clock: Clock, worker: str) -> None:
        self._database, self._clock, self._worker = database, clock, worker

    def work(self, build: Build, stop: threading.Event) -> None:
        """See `Queue`."""
        while not stop.is_set():
            try:
                asyncio.run(self._take(build, stop))
            except Exception:
                logger.exception("no builds can be taken; trying again in %g s", _REST_AFTER_FAILURE_S)
            # Also where procrastinate has ended by itself: it has said why.
            stop.wait(_REST_AFTER_FAILURE_S)

    async def _take(self, build: Build, stop: threading.Event) -> None:
        from procrastinate import App, PsycopgConnector  # noqa: PLC0415 (of PostgreSQL only)

        _, address = self._database.engine.dialect.create_connect_args(self._database.url)
        app = App(connector=PsycopgConnector(kwargs=address, min_size=1, max_size=3))

        @app.task(name=TASK, queue=QUEUE)
        def make(build_id: str) -> None:
            build(UUID(build_id))

        async with app.open_async():
            # The row of the build says what became of it: its job is of no more use.
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[QUEUE], name=self._worker, install_signal_handlers=False, delete_jobs="always"
                )
            )
            try:
                await self._until(working, app, stop)
            finally:
                # Waits for the build under way.
                working.cancel()
                with suppress(asyncio.CancelledError):
                    await working

    async def _until(self, working: asyncio.Task[None], app: "App", stop: threading.Event) -> None:
        swept = -_SWEEP_S
        while not stop.is_set() and not working.done():
            if monotonic() - swept >= _SWEEP_S:
                await asyncio.to_thread(self._sweep)
                await _forget_dead(app)
                swept = monotonic()
            await asyncio.wait({working}, timeout=_LOOK_S)

    def _sweep(self) -> None:
        """Announce what is due; of most of it that is done already, and then nothing happens."""
        with self._database.read() as session:
            waiting = due(session, self._clock.now())
        if waiting:
            with self._database.write() as session:
                for build_id in waiting:
                    announce(session, build_id, self._clock.now())


async def _forget_dead(app: "App") -> None:
    """Remove the jobs of workers that are dead; the sweep has others made for their builds."""
    from procrastinate.exceptions import ConnectorException  # noqa: PLC0415
    from procrastinate.jobs import Status  # noqa: PLC0415

    for job in await app.job_manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=_STALLED_S):
        # Another worker may be at it, too.
        with suppress(ConnectorException):
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
