"""The database: engines for SQLite and PostgreSQL, sessions that read, sessions that write and commit."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session


class Database:
    """One database: ``read()`` and ``write()`` sessions, and on SQLite the lock that lets processes take turns.

    SQLite has one writer. Its own busy handler sleeps between tries, so that under load a second writing process
    waits for hundreds of milliseconds; a blocking file lock beside the database hands over at once instead.
    """

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self.url: URL = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(self.url) if self.is_sqlite else _postgresql_engine(self.url, pool_size)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; whatever it changed is rolled back."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one transaction, committed when the block ends and rolled back when it raises."""
        with self.turn(), Session(self.engine.execution_options(writes=True)) as session:
            yield session
            session.commit()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the right to write: on SQLite among all processes, on PostgreSQL nothing is needed."""
        if not self.is_sqlite:
            yield
            return
        lock = os.open(f"{self.url.database}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


# A statement that fails is logged without its parameters: they hold LINE user IDs and codes.
def _postgresql_engine(url: URL, pool_size: int) -> Engine:
    return create_engine(url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, hide_parameters=True)


def _sqlite_engine(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 30}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        configure_sqlite(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A reader that turns writer half way fails when another has written since; a writer says so at once.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def configure_sqlite(connection: Any) -> None:
    """Set up one sqlite3 connection: explicit transactions, WAL, a commit that survives power loss, foreign keys."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}").close()
