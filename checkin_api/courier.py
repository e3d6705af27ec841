"""Sends what waits in a table - replies, webhooks to pass on, reminders, menus - again while it still makes sense."""

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, delete, select, update
from sqlalchemy.orm import Session

from checkin_api.clock import Clock
from checkin_api.db import Database
from checkin_api.domain.ids import MessageState
from checkin_api.errors import DeliveryError
from checkin_api.models import Delivery, MenuLink, Reminder, Reply

logger = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=0.5)
LONGEST_PAUSE = timedelta(minutes=2)
# Handed to the threads at once; their results are recorded together, one commit for many.
AT_ONCE = 64
# What is handed over is taken from all other couriers for this long; who dies with it in hand delays it by as much.
LEASE = timedelta(seconds=30)
# A call that begins with less of its lease left could end after another courier has begun the same.
LONGEST_CALL = timedelta(seconds=15)
# What is under way at the end may take this long: one call to LINE with its time-outs (line/client.py).
CLOSE_WITHIN_S = 5.5
# What could not be sent is kept for a look at it, and no longer: webhooks and whose menu it is are personal data.
KEEP_UNSENT = timedelta(days=7)

Post = Reply | Delivery | MenuLink | Reminder


class _NotBegunError(Exception):
    """The row waited for a thread until its lease or its own time was over."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A row that this courier has taken, until when, and the sending of it."""

    post: Post
    leased_until: datetime
    sending: Future[None]

    @property
    def is_sent(self) -> bool:
        """Whether the other side has it."""
        return not self.is_untried and self.sending.exception() is None

    @property
    def is_untried(self) -> bool:
        """Whether it ended without a call."""
        return self.sending.cancelled() or isinstance(self.sending.exception(), _NotBegunError)


class Courier:
    """Hands each pending row of one table to ``send`` and records what came of it.

    Any number of couriers may work on one table, on several machines too: a row is taken before it is sent. It may be
    sent twice if a process dies between sending and recording; a reply token works once, and who receives a forwarded
    webhook must know repeated events by their id, as with LINE itself.
    """

    def __init__(  # noqa: PLR0913 (what to read, how to send, how many at once)
        self,
        database: Database,
        clock: Clock,
        table: type[Post],
        send: Callable[[Any], object],
        *,
        threads: int,
        forget_sent: bool = False,
    ) -> None:
        self._database, self._clock = database, clock
        self._table, self._send = table, send
        self._forget_sent = forget_sent
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=table.__tablename__)
        self._held: dict[Any, _Held] = {}

    def step(self) -> bool:
        """Record what has ended, start what is due; always False: what is under way needs no hurry."""
        ended = self._ended()
        if not ended and not self._is_any_due():
            return False
        # One commit for both: webhooks wait for their turn to write, too.
        with self._database.write() as session:
            self._record(session, ended)
            leased_until = self._clock.now() + LEASE
            posts = self._take(session, leased_until, room=AT_ONCE - len(self._held) + len(ended))
        self._let_go(ended)
        for post in posts:
            self._held[post.id] = _Held(post, leased_until, self._pool.submit(self._try, post, leased_until))
        return False

    def close(self) -> None:
        """Give back what has not begun, wait a little for the calls under way, and record all that has ended."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        wait([held.sending for held in self._held.values() if not held.sending.done()], timeout=CLOSE_WITHIN_S)
        ended = self._ended()
        if ended:
            with self._database.write() as session:
                self._record(session, ended)
        self._let_go(ended)

    def _ended(self) -> list[_Held]:
        return [held for held in self._held.values() if held.sending.done()]

    def _let_go(self, ended: Iterable[_Held]) -> None:
        """Only after the commit: what could not be recorded is recorded by the next step."""
        for held in ended:
            del self._held[held.post.id]

    def _try(self, post: Post, leased_until: datetime) -> None:
        now = self._clock.now()
        if now > leased_until - LONGEST_CALL or now >= _deadline(post):
            raise _NotBegunError
        self._send(post)

    def _due(self) -> Select[Any]:
        """What to send; what has no time left is not in the way of the others, `expire` closes it."""
        table: Any = self._table
        now = self._clock.now()
        return (
            select(table)
            .where(
                table.state == MessageState.PENDING,
                table.next_attempt_at <= now,
                table.expires_at > now,
                table.id.not_in(self._held),
            )
            .order_by(table.next_attempt_at)
        )

    def _is_any_due(self) -> bool:
        if len(self._held) >= AT_ONCE:
            return False
        with self._database.read() as session:
            return session.scalar(self._due().with_only_columns(self._table.id).limit(1)) is not None

    def _take(self, session: Session, leased_until: datetime, *, room: int) -> Sequence[Post]:
        """Lease what is due; what another courier is just taking is left to it."""
        if room <= 0:
            return ()
        posts = session.scalars(self._due().limit(room).with_for_update(skip_locked=True)).all()
        session.expunge_all()
        if posts:
            table: Any = self._table.__table__
            its = table.c.id.in_([post.id for post in posts])
            session.connection().execute(update(table).where(its).values(next_attempt_at=leased_until))
        return posts

    def _record(self, session: Session, ended: Sequence[_Held]) -> None:
        """Write down what came of each; where the lease was lost meanwhile, only that the row is sent after all."""
        now = self._clock.now()
        table: Any = self._table.__table__
        connection = session.connection()
        sent = [held.post.id for held in ended if held.is_sent]
        its = table.c.id.in_(sent) & (table.c.state != MessageState.SENT)
        if sent and self._forget_sent:
            connection.execute(delete(table).where(its))
        elif sent:
            # All in one statement: most of what is sent is sent at the first try.
            done = {"state": MessageState.SENT, "attempts": table.c.attempts + 1, "finished_at": now, "error": ""}
            connection.execute(update(table).where(its).values(done))
        others = [
            {"key": held.post.id, "lease": held.leased_until, **self._outcome(held, now)}
            for held in ended
            if not held.is_sent
        ]
        if others:
            ours = (table.c.state == MessageState.PENDING) & (table.c.next_attempt_at == bindparam("lease"))
            change = update(table).where(table.c.id == bindparam("key"), ours)
            connection.execute(change.values({name: bindparam(f"new_{name}") for name in _RECORDED}), others)

    def _outcome(self, held: _Held, now: datetime) -> dict[str, Any]:
        """What to record of one that was not sent, as parameters: it waits for another try, or has failed."""
        post, exc = held.post, None if held.is_untried else held.sending.exception()
        if exc is None:
            return _recorded(MessageState.PENDING, post.attempts, post.next_attempt_at, None, post.error)
        attempts = post.attempts + 1
        error = str(exc)[:400] if isinstance(exc, DeliveryError) else type(exc).__name__
        again_at = now + min(FIRST_PAUSE * 2**post.attempts, LONGEST_PAUSE)
        if isinstance(exc, DeliveryError) and not exc.permanent and again_at < _deadline(post):
            return _recorded(MessageState.PENDING, attempts, again_at, None, error)
        self._log(post, attempts, exc)
        return _recorded(MessageState.FAILED, attempts, post.next_attempt_at, now, error)

    def _log(self, post: Post, attempts: int, exc: BaseException) -> None:
        name = self._table.__tablename__
        if isinstance(exc, DeliveryError):
            logger.warning("%s %s failed after %d tries: %s", name, post.id, attempts, str(exc)[:400])
        else:
            logger.error("%s %s failed", name, post.id, exc_info=exc)


_RECORDED = ("state", "attempts", "next_attempt_at", "finished_at", "error")


def _recorded(*values: Any) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in zip(_RECORDED, values, strict=True)}


def _deadline(post: Post) -> datetime:
    assert post.expires_at is not None  # noqa: S101 (set with the state `pending`)
    return post.expires_at


def expire(database: Database, now: datetime) -> int:
    """Close what can no longer be sent, such as replies left over from before a restart; returns how many."""
    closed = 0
    for table in (Reply, Delivery, MenuLink, Reminder):
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


def purge(database: Database, now: datetime) -> int:
    """Forget what was not sent long ago, and webhooks that nothing will pass on; returns how many."""
    forgotten = 0
    for table, since in ((Delivery, Delivery.received_at), (MenuLink, MenuLink.created_at)):
        old = (since <= now - KEEP_UNSENT) & table.state.is_distinct_from(MessageState.PENDING)
        with database.read() as session:
            if session.scalar(select(table.id).where(old).limit(1)) is None:
                continue
        with database.write() as session:
            forgotten += session.connection().execute(delete(table.__table__).where(old)).rowcount  # type: ignore[arg-type]  # a Table
    return forgotten
