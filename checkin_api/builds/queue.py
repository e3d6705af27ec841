"""Telling workers that there is a build: on PostgreSQL a job of procrastinate, in the transaction of the order."""

from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from procrastinate import App

# Both stand in the database: a worker of the next release knows them, too.
QUEUE = "builds"
TASK = "build"

_IS_WAITING = text("select exists (select from procrastinate_jobs where queueing_lock = :build and status = 'todo')")


def announce(session: Session, build_id: UUID, at: datetime) -> None:
    """Have a worker woken for a build, now or later, once the caller commits; without effect if that is to happen.

    On SQLite there is nothing to do: the one machine's workers look at the table.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    from procrastinate.exceptions import AlreadyEnqueued  # noqa: PLC0415 (of PostgreSQL only)

    connection = session.connection()
    if connection.scalar(_IS_WAITING, {"build": str(build_id)}):
        return
    job = _app().configure_task(
        TASK,
        queue=QUEUE,
        queueing_lock=str(build_id),
        schedule_at=at,
        connection=connection.connection.driver_connection,
    )
    # Another worker may be announcing it at this moment; the one job is enough.
    with suppress(AlreadyEnqueued), connection.begin_nested():
        job.defer(build_id=str(build_id))


@cache
def _app() -> "App":
    """Never opened: a job is written by the session's own connection, so that neither is there without the other."""
    from procrastinate import App, SyncPsycopgConnector  # noqa: PLC0415

    return App(connector=SyncPsycopgConnector())
