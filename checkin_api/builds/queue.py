"""Telling workers that there is a build: on PostgreSQL a job of procrastinate, in the transaction of the order."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

# Both stand in the database: a worker of the next release knows them, too.
QUEUE = "builds"
TASK = "build"


def announce(session: Session, build_id: UUID, at: datetime) -> None:
    """Have a worker woken for a build, now or later, once the caller commits; without effect if that is to happen.

    On SQLite there is nothing to do: the one machine's workers look at the table.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    from procrastinate import App, SyncPsycopgConnector  # noqa: PLC0415 (of PostgreSQL only)
    from procrastinate.exceptions import AlreadyEnqueued  # noqa: PLC0415

    # Never opened: the job is written by the session's own connection, so that neither is there without the other.
    connection = session.connection().connection.driver_connection
    job = App(connector=SyncPsycopgConnector()).configure_task(
        TASK, queue=QUEUE, queueing_lock=str(build_id), schedule_at=at, connection=connection
    )
    try:
        with session.begin_nested():
            job.defer(build_id=str(build_id))
    except AlreadyEnqueued:
        return
