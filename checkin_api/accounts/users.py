"""Accounts made, reset, disabled and looked at; the first password is shown once and must be changed."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.accounts import locks
from checkin_api.audit import Act
from checkin_api.codes import in_groups, new_code
from checkin_api.domain.ids import Role
from checkin_api.errors import CheckinError, NotFoundError, unknown_officer, unknown_unit
from checkin_api.models import ConsoleAgencyIdentity, ConsolePasskey, ConsoleSession, ConsoleUser, Officer, Unit

# 4.8 bits each: as good as 76 bits, and it can be read out on the telephone.
_FIRST_PASSWORD_LETTERS = 16
_LONGEST_AGENCY_NAME = 255
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
# Source: RFC 9106, section 4, second recommended option: 64 MiB, 3 passes, 4 lanes; the library's default.
HASHER = PasswordHasher()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """What an account says: who, what they may do, for a supervisor where, and the officer behind it if any.

    ``agency_name`` is what the agency's provider calls the person, of an account that signs in there and nowhere else.
    """

    username: str
    name: str
    role: Role
    unit: str | None = None
    staff_no: str | None = None
    agency_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """An account as a person looks at it."""

    username: str
    name: str
    role: Role
    unit: str | None
    staff_no: str | None
    agency_name: str | None
    agency_bound_at: datetime | None
    second_step: bool
    locked_until: datetime | None
    made_at: datetime
    disabled_at: datetime | None


@cache
def nobodys_hash() -> str:
    """Of a password that nobody has: verifying it takes as long as a real one, so no name is given away."""
    return HASHER.hash(secrets.token_urlsafe())


@dataclass(frozen=True, slots=True)
class FirstPassword:
    """A password that somebody is given, and its hash."""

    text: str
    hash: str


def first_password() -> FirstPassword:
    """A new one; hashing is slow on purpose, so without a session."""
    text = in_groups(new_code(_FIRST_PASSWORD_LETTERS))
    return FirstPassword(text, HASHER.hash(text))


def add(session: Session, now: datetime, user: User, *, first: FirstPassword, actor: str) -> str | None:
    """Make an account; the caller commits.

    Returns:
        Its first password, which is shown once and must be changed at the first sign-in; None if it has none.

    Raises:
        NotFoundError: no such unit or officer.
        CheckinError: the name is taken or cannot be one; a supervisor without a unit, or a unit for another role.
    """
    if not _USERNAME.fullmatch(user.username):
        raise CheckinError(
            "帳號為 2 至 64 個小寫英數字，可含 . _ - / a user name has 2 to 64 small letters and digits, and . _ -"
        )
    if (user.role is Role.SUPERVISOR) != (user.unit is not None):
        raise CheckinError("主管帳號須指定單位，其他角色不可 / a unit goes with the role supervisor, and only with it")
    if session.scalar(select(ConsoleUser.id).where(ConsoleUser.username == user.username)) is not None:
        raise CheckinError(f"帳號 {user.username} 已存在 / there is an account {user.username} already")
    if user.agency_name is not None:
        _insist_on_agency_name(session, user.agency_name)
    has_password = user.agency_name is None
    row = ConsoleUser(
        username=user.username,
        name=user.name,
        role=user.role,
        unit_id=_unit_id(session, user.unit),
        officer_id=_officer_id(session, user.staff_no),
        # No password has the empty hash.
        password_hash=first.hash if has_password else "",
        must_change=has_password,
        made_at=now,
    )
    session.add(row)
    session.flush()
    more = {}
    if user.agency_name is not None:
        session.add(ConsoleAgencyIdentity(user_id=row.id, name=user.agency_name))
        session.flush()
        more = {"agency_name": user.agency_name}
    _record(
        session, now, "user.add", user.username, actor, role=user.role, unit=user.unit, officer=user.staff_no, **more
    )
    return first.text if has_password else None


def reset(session: Session, now: datetime, username: str, *, first: FirstPassword, actor: str) -> str | None:
    """Give an account a new first password, end its sessions, its locks and its second step; the caller commits.

    One that signs in with the agency's provider gets none: whoever has its name there is taken for it once more.

    Returns:
        The password, as ``add`` does.

    Raises:
        NotFoundError: no such account.
    """
    # Before the account is locked, in the order of `sign_in`: two that wait for each other would both fail.
    locks.free(session, username)
    user = find(session, username)
    identity = session.get(ConsoleAgencyIdentity, user.id)
    has_password = identity is None
    user.password_hash, user.must_change = first.hash if has_password else "", has_password
    if identity is not None:
        identity.issuer = identity.subject = identity.bound_at = None
    user.sealed_totp, user.totp_confirmed_at, user.totp_step = None, None, 0
    session.execute(delete(ConsolePasskey).where(ConsolePasskey.user_id == user.id))
    user.failures, user.locked_until = 0, None
    _end_sessions(session, now, user)
    _record(session, now, "user.reset", username, actor)
    return first.text if has_password else None


def disable(session: Session, now: datetime, username: str, *, actor: str) -> bool:
    """Let nobody sign in any more and end the account's sessions; False if it was so. The caller commits.

    Raises:
        NotFoundError: no such account.
    """
    user = find(session, username)
    if user.disabled_at is not None:
        return False
    user.disabled_at = now
    _end_sessions(session, now, user)
    _record(session, now, "user.disable", username, actor)
    return True


def enable(session: Session, now: datetime, username: str, *, actor: str) -> bool:
    """Let a disabled account sign in again; False if it could. The caller commits.

    Raises:
        NotFoundError: no such account.
    """
    user = find(session, username)
    if user.disabled_at is None:
        return False
    user.disabled_at = None
    session.flush()
    _record(session, now, "user.enable", username, actor)
    return True


def users(session: Session, now: datetime) -> list[UserRow]:
    """All accounts, by name."""
    u, i = ConsoleUser, ConsoleAgencyIdentity
    rows = session.execute(
        select(u, Unit.code, Officer.staff_no, i.name, i.bound_at, exists().where(ConsolePasskey.user_id == u.id))
        .outerjoin(Unit, Unit.id == u.unit_id)
        .outerjoin(Officer, Officer.id == u.officer_id)
        .outerjoin(i, i.user_id == u.id)
        .order_by(u.username)
    ).all()
    locked = locks.locked_until(session, now, [row[0].username for row in rows])
    return [
        UserRow(
            username=user.username,
            name=user.name,
            role=user.role,
            unit=unit,
            staff_no=staff_no,
            agency_name=agency_name,
            agency_bound_at=bound_at,
            second_step=user.totp_confirmed_at is not None or has_passkey,
            locked_until=locked.get(user.username, user.locked_until),
            made_at=user.made_at,
            disabled_at=user.disabled_at,
        )
        for user, unit, staff_no, agency_name, bound_at, has_passkey in rows
    ]


def find(session: Session, username: str) -> ConsoleUser:
    """An account, locked until the transaction ends.

    Raises:
        NotFoundError: no such account.
    """
    user = session.scalar(select(ConsoleUser).where(ConsoleUser.username == username).with_for_update())
    if user is None:
        raise NotFoundError(f"沒有帳號 {username} / there is no account {username}; see `checkin user list`")
    return user


def _insist_on_agency_name(session: Session, name: str) -> None:
    """Refuse what no provider says, and what another account has.

    Raises:
        CheckinError: the name is empty, has a blank at an end, is too long, or is taken.
    """
    if not 0 < len(name) <= _LONGEST_AGENCY_NAME or name != name.strip() or not name.isprintable():
        raise CheckinError(
            "機關帳號為 1 至 255 個字元，前後沒有空白 / the agency's name for the person has 1 to 255 characters"
        )
    if session.scalar(select(ConsoleAgencyIdentity.user_id).where(ConsoleAgencyIdentity.name == name)) is not None:
        raise CheckinError(f"機關帳號 {name} 已有後台帳號 / there is an account for {name} already")


def _end_sessions(session: Session, now: datetime, user: ConsoleUser) -> None:
    s = ConsoleSession
    session.execute(update(s).where(s.user_id == user.id, s.ended_at.is_(None)).values(ended_at=now))
    session.flush()


def _unit_id(session: Session, code: str | None) -> int | None:
    found = None if code is None else session.scalar(select(Unit.id).where(Unit.code == code))
    if code is not None and found is None:
        raise unknown_unit(code)
    return found


def _officer_id(session: Session, staff_no: str | None) -> int | None:
    found = None if staff_no is None else session.scalar(select(Officer.id).where(Officer.staff_no == staff_no))
    if staff_no is not None and found is None:
        raise unknown_officer(staff_no)
    return found


def _record(session: Session, now: datetime, action: str, username: str, actor: str, **detail: str | None) -> None:
    audit.record(session, now, Act(actor=actor, action=action, subject=f"user:{username}", detail=detail))
