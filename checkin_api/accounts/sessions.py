"""Sessions of the console: opened by signing in, looked up by each request, ended by time or by hand."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.audit import Act
from checkin_api.domain.ids import Role, StaffNo
from checkin_api.models import ConsoleAgencyIdentity, ConsolePasskey, ConsoleSession, ConsoleUser, Officer, Unit

# Without a request for so long a session is over; and after a working day at the latest.
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
# What a passkey is added or removed with: somebody who has just signed in, not who sits down at an open desk.
FRESH = timedelta(minutes=10)
# Between signing in by password and the code of the second step.
_HALF_WAY = timedelta(minutes=10)
# Ended sessions are of no use to anybody.
_KEPT = timedelta(days=7)
_SEEN_EVERY = timedelta(minutes=1)
_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks: an account with an open session; ``unit`` is what a supervisor is limited to, with all below it."""

    session_id: int
    user_id: int
    username: str
    name: str
    role: Role
    unit: str | None
    staff_no: StaffNo | None
    form_key: str
    complete: bool
    must_change: bool
    by_agency: bool
    has_app: bool
    has_passkey: bool
    began_at: datetime
    seen_at: datetime

    @property
    def has_second_step(self) -> bool:
        """Whether there is something besides the password."""
        return self.has_app or self.has_passkey

    def is_fresh(self, now: datetime) -> bool:
        """Whether the person has signed in just now."""
        return now - self.began_at <= FRESH

    def is_to_be_noted(self, now: datetime) -> bool:
        """Whether `seen_at` is to be written again: not at every request."""
        return now - self.seen_at >= _SEEN_EVERY

    @property
    def actor(self) -> str:
        """The name in the audit log."""
        return f"console:{self.username}"


def open_session(session: Session, now: datetime, user_id: int, *, complete: bool) -> str:
    """Begin a session; the caller commits.

    Returns:
        Its token, for a cookie: only the hash is stored.
    """
    user = session.get_one(ConsoleUser, user_id)
    token = secrets.token_urlsafe(_BYTES)
    session.execute(delete(ConsoleSession).where(ConsoleSession.began_at < now - LONGEST - _KEPT))
    session.add(
        ConsoleSession(
            token_hash=_hash(token),
            user_id=user_id,
            form_key=secrets.token_urlsafe(_BYTES),
            began_at=now,
            seen_at=now,
            complete=complete,
        )
    )
    if complete:
        user.failures, user.locked_until = 0, None
        act = Act(actor=f"console:{user.username}", action="user.sign_in", subject=f"user:{user.username}", detail={})
        audit.record(session, now, act)
    session.flush()
    return token


def viewer_of(session: Session, now: datetime, token: str) -> Viewer | None:
    """Who a session's token belongs to; None when the session is over or its account disabled."""
    s, u = ConsoleSession, ConsoleUser
    row = session.execute(
        select(
            *(s, u, Unit.code, Officer.staff_no),
            exists().where(ConsoleAgencyIdentity.user_id == u.id),
            exists().where(ConsolePasskey.user_id == u.id),
        )
        .join(u, u.id == s.user_id)
        .outerjoin(Unit, Unit.id == u.unit_id)
        .outerjoin(Officer, Officer.id == u.officer_id)
        .where(s.token_hash == _hash(token), s.ended_at.is_(None), u.disabled_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    found, user, unit, staff_no, by_agency, has_passkey = row
    longest = LONGEST if found.complete else _HALF_WAY
    if now - found.seen_at > IDLE or now - found.began_at > longest:
        return None
    return Viewer(
        session_id=found.id,
        user_id=user.id,
        username=user.username,
        name=user.name,
        role=user.role,
        unit=unit,
        staff_no=StaffNo(staff_no) if staff_no else None,
        form_key=found.form_key,
        complete=found.complete,
        must_change=user.must_change,
        by_agency=by_agency,
        has_app=user.totp_confirmed_at is not None,
        has_passkey=has_passkey,
        began_at=found.began_at,
        seen_at=found.seen_at,
    )


def note_seen(session: Session, now: datetime, viewer: Viewer) -> None:
    """That the session is in use; the caller commits."""
    s = ConsoleSession
    session.execute(update(s).where(s.id == viewer.session_id).values(seen_at=now))


def end(session: Session, now: datetime, viewer: Viewer) -> None:
    """Sign out: whoever has a copy of the cookie is out, too. The caller commits."""
    session.execute(update(ConsoleSession).where(ConsoleSession.id == viewer.session_id).values(ended_at=now))


def end_all(session: Session, now: datetime, user_id: int, *, but: int | None = None) -> None:
    """End an account's sessions, or all others of it. The caller commits."""
    s = ConsoleSession
    query = update(s).where(s.user_id == user_id, s.ended_at.is_(None))
    session.execute((query if but is None else query.where(s.id != but)).values(ended_at=now))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
