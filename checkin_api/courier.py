"""Sends what waits in a table - replies, webhooks to pass on - many at a time, again while it still makes sense."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from checkin_api.clock import Clock
from checkin_api.db import Database
from checkin_api.domain.ids import MessageState
from checkin_api.errors import DeliveryError
from checkin_api.models import Delivery, Reply

logger = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=0.5)
LONGEST_PAUSE = timedelta(minutes=2)
# Handed to the threads at once; their results are recorded together, one commit for many.
AT_ONCE = 64

Post = Reply | Delivery


class Courier:
    """Hands each pending row of one table to ``send`` and records what came of it.

    A row may be sent twice if the process dies between the two; a reply token works once, and who receives a
    forwarded webhook must know repeated events by their id, as with LINE itself.
    """

    def __init__(  # noqa: PLR0913 (what to read, how to send, how many at once)
        self,
        database: Database,
        clock: Clock,
        table: type[Post],
        send: Callable[[Any], None],
        *,
        threads: int,
        forget_sent: bool = False,
    ) -> None:
        self._database, self._clock = database, clock
        self._table, self._send = table, send
        self._forget_sent = forget_sent
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=table.__tablename__)
        self._under_way: dict[Any, tuple[Post, Future[None]]] = {}

    def step(self) -> bool:
        """Record what has ended, start what is due; always False: what is under way needs no hurry."""
        ended = [key for key, (_, future) in self._under_way.items() if future.done()]
        if ended:
            self._record([self._under_way.pop(key) for key in ended])
        for post in self._due():
            self._under_way[post.id] = (post, self._pool.submit(self._send, post))
        return False

    def close(self) -> None:
        """Wait for what is under way and record it."""
        self._pool.shutdown(wait=True)
        self._record(list(self._under_way.values()))
        self._under_way.clear()

    def _due(self) -> Sequence[Post]:
        room = AT_ONCE - len(self._under_way)
        if room <= 0:
            return ()
        table = self._table
        with self._database.read() as session:
            posts: Sequence[Any] = session.scalars(
                select(table)
                .where(
                    table.state == MessageState.PENDING,
                    table.next_attempt_at <= self._clock.now(),
                    table.id.not_in(self._under_way),
                )
                .order_by(table.next_attempt_at)
                .limit(room)
            ).all()
            session.expunge_all()
        return posts

    def _record(self, ended: list[tuple[Post, Future[None]]]) -> None:
        now = self._clock.now()
        outcomes = [self._outcome(post, future, now) for post, future in ended]
        if not outcomes:
            return
        table: Any = self._table.__table__
        with self._database.write() as session:
            session.connection().execute(
                update(table)
                .where(table.c.id == bindparam("key"))
                .values({name: bindparam(f"new_{name}") for name in _RECORDED}),
                [{"key": key, **{f"new_{name}": row[name] for name in _RECORDED}} for key, row in outcomes],
            )
            if self._forget_sent:
                session.connection().execute(delete(table).where(table.c.state == MessageState.SENT))

    def _outcome(self, post: Post, future: Future[None], now: datetime) -> tuple[Any, dict[str, Any]]:
        """What to record of one try."""
        attempts = post.attempts + 1
        row: dict[str, Any] = {
            "state": MessageState.SENT, "attempts": attempts, "next_attempt_at": post.next_attempt_at,
            "finished_at": now, "error": "",
        }  # fmt: skip
        exc = future.exception()
        if exc is None:
            return post.id, row
        row["error"] = str(exc)[:400] if isinstance(exc, DeliveryError) else type(exc).__name__
        again_at = now + min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
        if isinstance(exc, DeliveryError) and not exc.permanent and again_at < _deadline(post):
            return post.id, {**row, "state": MessageState.PENDING, "next_attempt_at": again_at, "finished_at": None}
        row["state"] = MessageState.FAILED
        if isinstance(exc, DeliveryError):
            logger.warning(
                "%s %s failed after %d tries: %s", self._table.__tablename__, post.id, attempts, row["error"]
            )
        else:
            logger.error("%s %s failed", self._table.__tablename__, post.id, exc_info=exc)
        return post.id, row


_RECORDED = ("state", "attempts", "next_attempt_at", "finished_at", "error")


def _deadline(post: Post) -> datetime:
    assert post.expires_at is not None  # noqa: S101 (set with the state `pending`)
    return post.expires_at


def expire(database: Database, now: datetime) -> int:
    """Close what can no longer be sent, such as replies left over from before a restart; returns how many."""
    closed = 0
    for table in (Reply, Delivery):
        late = (table.state == MessageState.PENDING) & (table.expires_at <= now)
        with database.read() as session:
            if session.scalar(select(table.id).where(late).limit(1)) is None:
                continue
        with database.write() as session:
            result = session.connection().execute(
                update(table.__table__).where(late).values(state=MessageState.EXPIRED, finished_at=now)  # type: ignore[arg-type]  # a Table
            )
            closed += result.rowcount
    return closed
