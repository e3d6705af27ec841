"""Signing in by password, the lock after too many failures, and changing the password."""

import unicodedata
from datetime import datetime, timedelta

from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.accounts.users import HASHER, NOBODYS_HASH
from checkin_api.audit import Act
from checkin_api.domain.ids import SignInRefusal
from checkin_api.models import ConsoleUser

FAILURES = 5
LOCK = timedelta(minutes=15)
# Source: NIST SP 800-63B-4, section 3.1.1.2: at least 8 with a second factor, at least 15 without; all lengths to 64.
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200


def sign_in(session: Session, now: datetime, username: str, password: str) -> ConsoleUser | SignInRefusal:
    """Check a password and count a wrong one; the caller commits whatever comes of it.

    An unknown name takes as long as a wrong password, and is told as one.
    """
    user = session.scalar(select(ConsoleUser).where(ConsoleUser.username == username.strip().lower()).with_for_update())
    right = _verified(user.password_hash if user else NOBODYS_HASH, password)
    if user is None:
        return SignInRefusal.WRONG
    if user.locked_until is not None and user.locked_until > now:
        return SignInRefusal.LOCKED
    if not right or user.disabled_at is not None:
        return count_failure(session, now, user)
    if HASHER.check_needs_rehash(user.password_hash):
        user.password_hash = HASHER.hash(_normal(password))
    return user


def count_failure(session: Session, now: datetime, user: ConsoleUser) -> SignInRefusal:
    """One more failure of an account, and the lock that comes of too many; the caller commits."""
    user.failures += 1
    if user.failures < FAILURES:
        return SignInRefusal.WRONG
    user.failures, user.locked_until = 0, now + LOCK
    session.flush()
    act = Act(actor=f"console:{user.username}", action="user.lock", subject=f"user:{user.username}", detail={})
    audit.record(session, now, act)
    return SignInRefusal.LOCKED


def change_password(session: Session, now: datetime, user_id: int, old: str, new: str) -> SignInRefusal | None:
    """Give oneself a new password; None when it is done. The caller commits."""
    user = session.get_one(ConsoleUser, user_id, with_for_update=True)
    if user.locked_until is not None and user.locked_until > now:
        return SignInRefusal.LOCKED
    if not _verified(user.password_hash, old):
        return count_failure(session, now, user)
    refusal = judge_password(new, user.username)
    if refusal is not None:
        return refusal
    if _normal(new) == _normal(old):
        return SignInRefusal.SAME_PASSWORD
    user.password_hash, user.must_change = HASHER.hash(_normal(new)), False
    session.flush()
    actor = f"console:{user.username}"
    audit.record(session, now, Act(actor=actor, action="user.password", subject=f"user:{user.username}", detail={}))
    return None


def judge_password(password: str, username: str) -> SignInRefusal | None:
    """Whether a password may be one: long enough, not the account's name, more than a few letters."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return SignInRefusal.PASSWORD_LENGTH
    guessable = username in password.lower() and len(password) < len(username) + SHORTEST_PASSWORD
    few_letters = 5
    return SignInRefusal.PASSWORD_GUESSABLE if guessable or len(set(password)) < few_letters else None


def _verified(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, _normal(password)[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    """The same characters typed on another keyboard. Source: NIST SP 800-63B-4, section 3.1.1.2."""
    return unicodedata.normalize("NFKC", password)
