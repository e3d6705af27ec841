"""Bearer tokens for people and programs that use the API: issued once, stored as a hash, ended by date or by hand."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api import models as m
from checkin_api.audit import Act
from checkin_api.domain.ids import Role
from checkin_api.errors import CheckinError, NotFoundError, unknown_unit

# Recognisable, so that a scanner of leaked secrets can know one.
_PREFIX = "checkin_"
_BYTES = 32
# As the audit log has room for.
_LONGEST_ACTOR = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who a token belongs to; ``unit`` limits a supervisor to a unit and those below it."""

    name: str
    role: Role
    unit: str | None

    @property
    def actor(self) -> str:
        """The name in the audit log."""
        return f"{self.role}:{self.name}"[:_LONGEST_ACTOR]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A token as a person looks at it."""

    id: int
    name: str
    role: Role
    unit: str | None
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def issue(  # noqa: PLR0913 (what a token says)
    session: Session, now: datetime, *, name: str, role: Role, unit: str | None, days: int, actor: str
) -> str:
    """Make a token; the caller commits.

    Returns:
        The token, which is shown once and cannot be had again.

    Raises:
        NotFoundError: there is no such unit.
        CheckinError: a supervisor without a unit, or a unit for another role.
    """
    if (role is Role.SUPERVISOR) != (unit is not None):
        raise CheckinError("主管權杖須指定單位，其他角色不可 / --unit goes with the role supervisor, and only with it")
    unit_id = None
    if unit is not None:
        unit_id = session.scalar(select(m.Unit.id).where(m.Unit.code == unit))
        if unit_id is None:
            raise unknown_unit(unit)
    token = _PREFIX + secrets.token_urlsafe(_BYTES)
    row = m.ApiToken(
        name=name,
        role=role,
        unit_id=unit_id,
        token_hash=_hash(token),
        issued_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    detail = {"name": name, "role": role, "unit": unit, "days": days}
    audit.record(session, now, Act(actor=actor, action="token.issue", subject=f"token:{row.id}", detail=detail))
    return token


def holder_of(session: Session, now: datetime, token: str) -> Holder | None:
    """Who holds this token; None if nobody does any more."""
    found = session.execute(
        select(m.ApiToken, m.Unit.code)
        .outerjoin(m.Unit, m.Unit.id == m.ApiToken.unit_id)
        .where(m.ApiToken.token_hash == _hash(token))
    ).one_or_none()
    if found is None:
        return None
    row, unit = found
    if row.revoked_at is not None or row.expires_at <= now:
        return None
    return Holder(name=row.name, role=row.role, unit=unit)


def list_tokens(session: Session) -> list[TokenRow]:
    """Every token, the newest first."""
    rows = session.execute(
        select(m.ApiToken, m.Unit.code)
        .outerjoin(m.Unit, m.Unit.id == m.ApiToken.unit_id)
        .order_by(m.ApiToken.id.desc())
    )
    return [
        TokenRow(
            id=token.id,
            name=token.name,
            role=token.role,
            unit=unit,
            issued_at=token.issued_at,
            expires_at=token.expires_at,
            revoked_at=token.revoked_at,
        )
        for token, unit in rows
    ]


def revoke(session: Session, now: datetime, token_id: int, *, actor: str) -> bool:
    """End a token at once; the caller commits.

    Returns:
        False if it was revoked already.

    Raises:
        NotFoundError: there is no such token.
    """
    row = session.get(m.ApiToken, token_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f"沒有權杖 {token_id} / there is no token {token_id}; see `checkin token list`")
    if row.revoked_at is not None:
        return False
    row.revoked_at = now
    session.flush()
    detail = {"name": row.name}
    audit.record(session, now, Act(actor=actor, action="token.revoke", subject=f"token:{token_id}", detail=detail))
    return True


def _hash(token: str) -> str:
    # A random token of 256 bits needs no slow hash.
    return hashlib.sha256(token.encode()).hexdigest()
