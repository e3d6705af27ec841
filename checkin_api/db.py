"""The database: engines for SQLite and PostgreSQL, sessions that read, that see one moment, that write and commit."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from checkin_api.errors import CheckinError

# A PostgreSQL machine that vanished is noticed within seconds and not, as the kernel would have it, after two hours.
# Source: PostgreSQL documentation, "Parameter Key Words"; seconds, but tcp_user_timeout in milliseconds. What the
# address itself says about any of them is kept.
_NOTICE_SILENCE = {
    "connect_timeout": "5",
    "tcp_user_timeout": "5000",
    "keepalives": "1",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "2",
}


class Database:
    """One database: ``read()``, ``snapshot()``, ``write()`` sessions; on SQLite the lock of those who write.

    SQLite has one writer. Its own busy handler sleeps between tries, so that under load a second writing process
    waits for hundreds of milliseconds; a blocking file lock beside the database hands over at once instead.
    """

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self.url: URL = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        # Of SQLite: where the file is, whatever the working directory becomes.
        self.path = Path(self.url.database or "").absolute()
        if self.is_sqlite:
            self.engine = _sqlite_engine(self.url, self.path)
        else:
            self.url = self.url.set(query={**_NOTICE_SILENCE, **self.url.query})
            self.engine = _postgresql_engine(self.url, pool_size)

    @property
    def is_there(self) -> bool:
        """Whether the SQLite file exists; a PostgreSQL database tells when it is asked."""
        # os.path: a folder that may not be looked into is an answer too, not an exception.
        return not self.is_sqlite or os.path.exists(self.path)  # noqa: PTH110

    def make(self) -> None:
        """Make an empty SQLite file if there is none; nothing else does, so that a wrong path makes no new database."""
        if self.is_sqlite:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; whatever it changed is rolled back."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A session for reading that sees one state of everything, the one of its first statement; keep it short.

        As long as it lasts, PostgreSQL cannot clear away what others replace, and SQLite's log grows.
        """
        # SQLite's transactions are such in any case; PostgreSQL's see what others commit in between.
        level = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with Session(self.engine.execution_options(**level)) as session:
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
        lock = self._open_beside(".lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    @contextmanager
    def served_alone(self) -> Iterator[None]:
        """Be the only one that serves a SQLite database; on PostgreSQL any number may.

        Raises:
            CheckinError: another `checkin serve` is at work.
        """
        if not self.is_sqlite:
            yield
            return
        lock = self._open_beside(".serve")
        try:
            # A record lock, for children that are forked meanwhile have no part in it: it ends with this process.
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise CheckinError(
                f"another `checkin serve` works on {self.path}: stop it first; several at once take PostgreSQL"
            ) from None
        try:
            yield
        finally:
            os.close(lock)

    def _open_beside(self, suffix: str) -> int:
        """Open a lock file; a new one belongs to whom the database belongs, as SQLite does it with its own files."""
        name = f"{self.path}{suffix}"
        with suppress(FileNotFoundError):
            return os.open(name, os.O_RDWR | os.O_CLOEXEC)
        lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with suppress(FileNotFoundError):
            database = self.path.stat()
            os.fchmod(lock, database.st_mode & 0o666)
            # Else a command run by root would lock the service's account out.
            if os.geteuid() == 0:
                os.fchown(lock, database.st_uid, database.st_gid)
        return lock

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


class Turn(Enum):
    """What only one transaction at a time may do, where no constraint of a table can see to it."""

    DECIDE = 0x63_68_65_63_6B
    AUDIT = 0x43_48_4B_41
    ROSTER = 0x43_48_4B_52
    OUTAGES = 0x43_48_4B_4F
    FLEET = 0x43_48_4B_46
    ALARMS = 0x43_48_4B_4C


def take_turn(session: Session, turn: Turn) -> None:
    """Hold the right to something until the transaction ends; SQLite's writer has the whole database to itself."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": turn.value})


# A statement that fails is logged without its parameters: they hold LINE user IDs and codes.
def _postgresql_engine(url: URL, pool_size: int) -> Engine:
    return create_engine(url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, hide_parameters=True)


def _sqlite_engine(url: URL, path: Path) -> Engine:
    engine = create_engine(url, creator=lambda: connect_sqlite(path), hide_parameters=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A reader that turns writer half way fails when another has written since; a writer says so at once.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def connect_sqlite(path: Path) -> sqlite3.Connection:
    """A connection to a file that exists: own transactions, WAL, commits that survive power loss, foreign keys."""
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=rw", uri=True, timeout=30, check_same_thread=False, isolation_level=None
    )
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}").close()
    return connection
