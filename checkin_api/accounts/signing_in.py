"""Signing in by password, the lock of an account after too many failures inside, and changing the password.

Checking a password takes a tenth of a second of CPU: it is done between two transactions, never within one.
"""

import threading
import unicodedata
from datetime import datetime

from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.accounts import locks
from checkin_api.accounts.locks import FAILURES, LOCK
from checkin_api.accounts.users import HASHER, nobodys_hash
from checkin_api.audit import Act
from checkin_api.domain.ids import SignInRefusal
from checkin_api.models import ConsoleUser

# Source: NIST SP 800-63B-4, section 3.1.1.2: at least 8 with a second factor, at least 15 without; all lengths to 64.
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
_FEW_LETTERS = 5
# Each takes 64 MiB.
_AT_ONCE = threading.BoundedSemaphore(2)


def stored_hash(session: Session, username: str) -> str:
    """What a password is checked against; of an unknown name a hash that takes as long."""
    found = session.scalar(select(ConsoleUser.password_hash).where(ConsoleUser.username == _as_name(username)))
    return found or nobodys_hash()


def is_password(password_hash: str, password: str) -> bool:
    """Whether this is the password of a hash; slow on purpose, so without a session."""
    try:
        with _AT_ONCE:
            return HASHER.verify(password_hash, _normal(password)[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


def hash_of(password: str) -> str:
    """The hash of a new password; slow on purpose, so without a session."""
    with _AT_ONCE:
        return HASHER.hash(_normal(password))


def sign_in(
    session: Session, now: datetime, username: str, *, checked_hash: str, right: bool
) -> ConsoleUser | SignInRefusal:
    """Take what came of checking a password and count a wrong one; the caller commits whatever comes of it.

    An unknown name is answered as one that exists, the lock too: ``locks`` counts both. An account that somebody inside
    has locked, with wrong codes, is told so at the second step only.
    """
    name = _as_name(username)
    if locks.is_locked(session, now, name):
        return SignInRefusal.LOCKED
    user = session.scalar(select(ConsoleUser).where(ConsoleUser.username == name).with_for_update())
    # Changed since it was checked: nothing is known of the new one. An account of the agency has none.
    right = right and user is not None and user.password_hash == checked_hash != ""
    if right and user is not None and user.disabled_at is None:
        return user
    if not locks.count(session, now, name):
        return SignInRefusal.WRONG
    _record_lock(session, now, "nobody" if user is None else name, stays=user is not None)
    return SignInRefusal.LOCKED


def count_failure(session: Session, now: datetime, user: ConsoleUser) -> SignInRefusal:
    """One more failure of somebody who has the password or a session; too many lock the account. The caller commits."""
    user.failures += 1
    if user.failures < FAILURES:
        return SignInRefusal.WRONG
    user.failures, user.locked_until = 0, now + LOCK
    _record_lock(session, now, user.username)
    return SignInRefusal.LOCKED


def change_password(  # noqa: PLR0913 (what was checked, and what comes of it)
    session: Session, now: datetime, user_id: int, *, checked_hash: str, right: bool, new_hash: str
) -> SignInRefusal | None:
    """Take a new password that was judged, for one that was checked; None when it is done. The caller commits."""
    user = session.get_one(ConsoleUser, user_id, with_for_update=True)
    if user.locked_until is not None and user.locked_until > now:
        return SignInRefusal.LOCKED
    if not right or user.password_hash != checked_hash:
        return count_failure(session, now, user)
    user.password_hash, user.must_change = new_hash, False
    session.flush()
    actor = f"console:{user.username}"
    audit.record(session, now, Act(actor=actor, action="user.password", subject=f"user:{user.username}", detail={}))
    return None


def judge_password(password: str, old: str, username: str) -> SignInRefusal | None:
    """Whether a password may be one: long enough, not the account's name, more than a few letters, not the old one."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return SignInRefusal.PASSWORD_LENGTH
    guessable = username in password.lower() and len(password) < len(username) + SHORTEST_PASSWORD
    if guessable or len(set(password)) < _FEW_LETTERS:
        return SignInRefusal.PASSWORD_GUESSABLE
    return SignInRefusal.SAME_PASSWORD if _normal(password) == _normal(old) else None


def _record_lock(session: Session, now: datetime, name: str, *, stays: bool = True) -> None:
    """Note a lock; of a name that nobody has nothing stays, but the work is the same: its time tells no name."""
    session.flush()
    with session.begin_nested() as kept:
        act = Act(actor=f"console:{name}", action="user.lock", subject=f"user:{name}", detail={})
        audit.record(session, now, act)
        if not stays:
            kept.rollback()


def _as_name(typed: str) -> str:
    # PostgreSQL's text has no NUL.
    return typed.replace("\0", "").strip().lower()


def _normal(password: str) -> str:
    """The same characters typed on another keyboard. Source: NIST SP 800-63B-4, section 3.1.1.2."""
    return unicodedata.normalize("NFKC", password)
