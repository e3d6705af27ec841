"""The hot path's storage: webhook events into the inbox, durably, many requests to a commit, off the ORM."""

import contextlib
import logging
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from checkin_api.db import Database, connect_sqlite
from checkin_api.errors import StorageError

logger = logging.getLogger(__name__)

# LINE calls a webhook failed after 2 s (Messaging API, "Check webhook error causes"); an honest 503 comes before that.
ANSWER_WITHIN_S = 1.8
# A group is bounded so that one commit stays short for those who wait for it.
GROUP_LIMIT = 256
# Measured (tests/bench): on PostgreSQL overlapping flushes win on a slow disk; SQLite has one writer by nature.
POSTGRESQL_WRITERS = 2
# Nobody waits for a statement of a group any longer by then, and a writer that hangs in it stores nothing else.
STATEMENT_WITHIN_S = 5


@dataclass(frozen=True, slots=True)
class Arrival:
    """One webhook request to store: its events as ``(webhookEventId or None, JSON)``."""

    received_at: datetime
    events: Sequence[tuple[str | None, str]]
    forward: "Original | None" = None


@dataclass(frozen=True, slots=True)
class Original:
    """The request itself, kept only where events may have to be passed on untouched."""

    id: UUID
    body: bytes
    signature: str


class Writer(Protocol):
    """One connection that stores a group of arrivals in one durable commit."""

    def write(self, arrivals: Sequence[Arrival]) -> None:
        """Store them all or raise."""

    def close(self) -> None:
        """Give the connection up."""


class _Waiting:
    """A request that waits for the commit its arrival is part of."""

    __slots__ = ("arrival", "error", "given_up", "stored")

    def __init__(self, arrival: Arrival) -> None:
        self.arrival = arrival
        self.error: Exception | None = None
        self.given_up = False
        self.stored = threading.Lock()
        self.stored.acquire()  # released by the writer thread, which is why this is no `with`


class Ingest:
    """Requests hand in arrivals and wait; writer threads take all that is queued, commit once, release all."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._writers = 1 if database.is_sqlite else POSTGRESQL_WRITERS
        self._started = False
        self._start_lock = threading.Lock()

    def put(self, arrival: Arrival) -> None:
        """Return once the events are committed; an event already stored changes nothing.

        Raises:
            StorageError: the database failed or was too slow; whoever sent the events must send them again.
        """
        self._start()
        waiting = _Waiting(arrival)
        self._queue.put(waiting)
        if not waiting.stored.acquire(timeout=ANSWER_WITHIN_S):
            # LINE is told to send it again; until the database is back, the queue holds nothing nobody waits for.
            waiting.given_up = True
            raise StorageError(f"the database took longer than {ANSWER_WITHIN_S} s")
        if waiting.error is not None:
            raise StorageError("the database did not take the events") from waiting.error

    def _start(self) -> None:
        if self._started:
            return
        with self._start_lock:
            if not self._started:
                for number in range(self._writers):
                    threading.Thread(target=self._run, name=f"ingest-{number}", daemon=True).start()
                self._started = True

    def _run(self) -> None:
        writer: Writer | None = None
        while True:
            group = self._next_group()
            try:
                writer = writer or _writer(self._database)
                _write(writer, group)
            except Exception as exc:
                logger.exception("storing %d webhook requests failed", len(group))
                for waiting in group:
                    waiting.error = exc
                if writer is not None:
                    with contextlib.suppress(Exception):
                        writer.close()
                writer = None
            for waiting in group:
                waiting.stored.release()

    def _next_group(self) -> list[_Waiting]:
        """Those in the queue that still wait for their answer, at least one."""
        group: list[_Waiting] = []
        while not group:
            group = [waiting for waiting in self._take() if not waiting.given_up]
        return group

    def _take(self) -> list[_Waiting]:
        taken = [self._queue.get()]
        with contextlib.suppress(queue.Empty):
            while len(taken) < GROUP_LIMIT:
                taken.append(self._queue.get_nowait())
        return taken


def _write(writer: Writer, group: list[_Waiting]) -> None:
    """One commit for all; where that fails and there are several, one for each, so that only the bad one suffers."""
    try:
        writer.write([waiting.arrival for waiting in group])
    except Exception:
        if len(group) == 1:
            raise
        for waiting in group:
            if waiting.given_up:
                continue
            try:
                writer.write([waiting.arrival])
            except Exception as exc:  # noqa: BLE001 (kept for the request that waits)
                waiting.error = exc
        if all(waiting.error or waiting.given_up for waiting in group):
            raise


def _writer(database: Database) -> Writer:
    return _SqliteWriter(database) if database.is_sqlite else _PostgresqlWriter(database)


class _SqliteWriter:
    """Plain sqlite3; takes its turn among the processes that write."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = connect_sqlite(database.path)

    def write(self, arrivals: Sequence[Arrival]) -> None:
        """Store a group in one transaction."""
        connection = self._connection
        with self._database.turn():
            connection.execute("begin immediate")
            try:
                connection.executemany(
                    "insert into inbox_event (webhook_event_id, received_at, raw, delivery_id, state, reason, detail)"
                    " values (?, ?, ?, ?, 'stored', '', '') on conflict (webhook_event_id) do nothing",
                    _event_rows(arrivals),
                )
                connection.executemany(
                    "insert into delivery (id, received_at, body, signature, attempts, error)"
                    " select ?, ?, ?, ?, 0, '' where exists (select 1 from inbox_event where delivery_id = ?)",
                    [
                        (key.id.hex, _text(arrival.received_at), key.body, key.signature, key.id.hex)
                        for arrival in arrivals
                        if (key := arrival.forward)
                    ],
                )
                connection.execute("commit")
            except BaseException:
                connection.execute("rollback")
                raise

    def close(self) -> None:
        """Give the connection up."""
        self._connection.close()


def _event_rows(arrivals: Sequence[Arrival]) -> Iterator[tuple[str | None, str, str, str | None]]:
    for arrival in arrivals:
        received = _text(arrival.received_at)
        delivery = arrival.forward.id.hex if arrival.forward else None
        for event_id, raw in arrival.events:
            yield event_id, received, raw, delivery


def _text(at: datetime) -> str:
    """An instant the way SQLAlchemy writes it into SQLite."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


class _PostgresqlWriter:
    """Plain psycopg: one statement a group, so that autocommit is the transaction."""

    def __init__(self, database: Database) -> None:
        import psycopg  # noqa: PLC0415 (an SQLite installation never loads it)

        url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(url, autocommit=True)
        # Durable before 200, whatever the server's default says.
        self._connection.execute("set synchronous_commit to on")
        self._connection.execute(f"set statement_timeout to '{STATEMENT_WITHIN_S}s'")

    def write(self, arrivals: Sequence[Arrival]) -> None:
        """Store a group in one commit."""
        rows = [
            (event_id, arrival.received_at, raw, arrival.forward.id if arrival.forward else None)
            for arrival in arrivals
            for event_id, raw in arrival.events
        ]
        # One order for all writers, so that two groups with the same events cannot wait for each other.
        rows.sort(key=lambda row: row[0] or "")
        originals = [(arrival.received_at, arrival.forward) for arrival in arrivals if arrival.forward]
        if not originals:
            self._insert_events(rows)
            return
        with self._connection.transaction(), self._connection.cursor() as cursor:
            self._insert_events(rows)
            cursor.executemany(
                "insert into delivery (id, received_at, body, signature, attempts, error)"
                " select %s, %s, %s, %s, 0, '' where exists (select 1 from inbox_event where delivery_id = %s)",
                [(key.id, received_at, key.body, key.signature, key.id) for received_at, key in originals],
            )

    def _insert_events(self, rows: list[tuple[str | None, datetime, str, UUID | None]]) -> None:
        self._connection.execute(
            "insert into inbox_event (webhook_event_id, received_at, raw, delivery_id, state, reason, detail)"
            " select *, 'stored', '', '' from unnest(%s::text[], %s::timestamptz[], %s::text[], %s::uuid[])"
            " on conflict (webhook_event_id) do nothing",
            [list(column) for column in zip(*rows, strict=True)],
        )

    def close(self) -> None:
        """Give the connection up."""
        self._connection.close()
