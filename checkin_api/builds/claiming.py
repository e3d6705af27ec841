"""A worker's side of a build: claimed by one, kept by signs of life, ended once, whoever else tried."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from checkin_api.builds.ordering import Order
from checkin_api.builds.queue import announce
from checkin_api.domain.ids import BuildState
from checkin_api.models import ReportBuild

# Without a sign of life for so long a worker is taken for dead, and another takes its build over. Four times the
# rest between two signs: drawing a page may keep Python busy for seconds.
LEASE = timedelta(seconds=45)
# Rest after the first, the second, … failure; after the last attempt the build is given up and shown.
_RESTS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30))
MOST_ATTEMPTS = len(_RESTS) + 1
_LONGEST_ERROR = 400
_KILLED = "製作它的行程數次中途結束（記憶體不足？） / the workers that made it ended half way (out of memory?)"

_b = ReportBuild
_QUEUED, _RUNNING = BuildState.QUEUED, BuildState.RUNNING


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to make one build; ``attempt`` tells it from a later claim, of the same worker too."""

    build_id: UUID
    attempt: int
    worker: str
    order: Order
    ordered_by: str


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was written: what it is called, how large it is, its rows, the SHA-256 of its data."""

    file_name: str
    size_bytes: int
    row_count: int
    sha256: str


def due(session: Session, now: datetime, *, limit: int = 100) -> list[UUID]:
    """Builds that can be claimed, the oldest order first: those that wait, and those whose worker is dead."""
    query = select(_b.id).where(_claimable(now)).order_by(_b.ordered_at, _b.id).limit(limit)
    return list(session.scalars(query))


def claim(session: Session, now: datetime, build_id: UUID, *, worker: str) -> Claim | None:
    """Take a build if nobody has it, by one compare-and-set; commit before the work begins.

    A build that ended its workers as often as it may be tried is given up.
    """
    session.execute(
        update(_b)
        .where(_b.id == build_id, _b.state == _RUNNING, _b.lease_until <= now, _b.attempts >= MOST_ATTEMPTS)
        .values(state=BuildState.FAILED, lease_until=None, finished_at=now, error=_KILLED)
        .execution_options(synchronize_session=False)
    )
    row = session.execute(
        update(_b)
        .where(_b.id == build_id, _claimable(now))
        .values(
            state=_RUNNING,
            worker=worker,
            attempts=_b.attempts + 1,
            lease_until=now + LEASE,
            started_at=now,
            finished_at=None,
            done=0,
            total=0,
        )
        .returning(_b.attempts, _b.kind, _b.form, _b.first, _b.last, _b.unit, _b.officer, _b.options, _b.ordered_by)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return None
    attempt, *wanted, ordered_by = row
    return Claim(build_id, attempt, worker, Order(*wanted), ordered_by)


def beat(session: Session, now: datetime, claimed: Claim, *, done: int, total: int) -> bool:
    """Say how far it is and live on; False when the build was taken over and this work is in vain."""
    return _change(session, claimed, done=done, total=total, lease_until=now + LEASE)


def finish(session: Session, now: datetime, claimed: Claim, made: Made) -> bool:
    """Record the file; False when the claim was lost.

    Until the caller commits nobody else can take the build: that is when its file is put in its place.
    """
    return _change(
        session,
        claimed,
        state=BuildState.DONE,
        lease_until=None,
        finished_at=now,
        error="",
        file_name=made.file_name,
        size_bytes=made.size_bytes,
        row_count=made.row_count,
        sha256=made.sha256,
    )


def fail(session: Session, now: datetime, claimed: Claim, error: str, *, for_good: bool = False) -> bool:
    """Record why it failed: tried again after a rest that grows, and given up after the last attempt.

    Args:
        session: Where to write.
        now: When it failed.
        claimed: Whose work it was; nothing is recorded of a claim that was lost.
        error: Why, in words for who ordered it.
        for_good: That another attempt would end the same way: what was ordered cannot be.
    """
    told = error[:_LONGEST_ERROR]
    if for_good or claimed.attempt >= MOST_ATTEMPTS:
        return _change(session, claimed, state=BuildState.FAILED, lease_until=None, finished_at=now, error=told)
    again = now + _RESTS[claimed.attempt - 1]
    kept = _change(session, claimed, state=_QUEUED, lease_until=None, next_try_at=again, error=told)
    if kept:
        announce(session, claimed.build_id, again)
    return kept


def _claimable(now: datetime) -> ColumnElement[bool]:
    waits = and_(_b.state == _QUEUED, _b.next_try_at <= now)
    return or_(waits, and_(_b.state == _RUNNING, _b.lease_until <= now))


def _change(session: Session, claimed: Claim, **values: object) -> bool:
    changed = session.scalar(
        update(_b)
        .where(
            _b.id == claimed.build_id,
            _b.state == _RUNNING,
            _b.worker == claimed.worker,
            _b.attempts == claimed.attempt,
        )
        .values(**values)
        .returning(_b.id)
        .execution_options(synchronize_session=False)
    )
    return changed is not None
