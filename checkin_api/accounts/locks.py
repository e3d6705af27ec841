"""The lock after too many wrong passwords, by the name that was typed: it is the same whether or not the name exists.

Names share a fixed number of places, so that the table has an end however many names are tried. Two names in one place
count together; nobody can choose such a name to spare tries, for trying the name itself costs as many.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from checkin_api.models import ConsoleLock

FAILURES = 5
LOCK = timedelta(minutes=15)
# A wrong password that is so old does not count any more. A right one takes nothing back: else somebody who tries a
# name four times, and once more later, would see whether its owner has signed in meanwhile.
_REMEMBERED = LOCK
# 25 MB at most. A flood of names that locks 1 % of them takes 13,000 passwords in 15 minutes to check.
PLACES = 1 << 18
_SWEPT_AT_ONCE = 100


def is_locked(session: Session, now: datetime, name: str) -> bool:
    """Whether a name is locked; if there is anything to know, nobody else changes it until the transaction ends."""
    lock = session.get(ConsoleLock, _place(name), with_for_update=True)
    return lock is not None and lock.locked_until is not None and lock.locked_until > now


def locked_until(session: Session, now: datetime, names: Iterable[str]) -> dict[str, datetime]:
    """Which of these names are locked, and until when."""
    k = ConsoleLock
    found = {
        row.place: row.locked_until
        for row in session.execute(select(k.place, k.locked_until).where(k.locked_until > now))
    }
    return {name: until for name in names if (until := found.get(_place(name))) is not None}


def count(session: Session, now: datetime, name: str) -> bool:
    """One more wrong password for a name; True if that locks it. The caller commits."""
    _sweep(session, now)
    lock = _of(session, now, name)
    if now - lock.failed_at > _REMEMBERED:
        lock.failures = 0
    lock.failures, lock.failed_at = lock.failures + 1, now
    if lock.failures < FAILURES:
        return False
    lock.failures, lock.locked_until = 0, now + LOCK
    return True


def free(session: Session, name: str) -> None:
    """Forget what was tried with a name; the caller commits."""
    session.execute(delete(ConsoleLock).where(ConsoleLock.place == _place(name)))


def _of(session: Session, now: datetime, name: str) -> ConsoleLock:
    """A name's place, ours until the transaction ends."""
    place = _place(name)
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if is_postgresql else sqlite.insert
    session.execute(insert(ConsoleLock).values(place=place, failures=0, failed_at=now).on_conflict_do_nothing())
    return session.get_one(ConsoleLock, place, with_for_update=True)


def _sweep(session: Session, now: datetime) -> None:
    """Delete what is of no use any more; what another transaction holds is left to the next."""
    old = (
        select(ConsoleLock.place)
        .where(ConsoleLock.failed_at < now - max(_REMEMBERED, LOCK))
        .limit(_SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    session.execute(delete(ConsoleLock).where(ConsoleLock.place.in_(session.scalars(old).all())))


def _place(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % PLACES
