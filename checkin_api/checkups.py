"""The phone doctor 手機檢查: a live test of an officer's phone, and what helped."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.ids import PhoneStep, PhoneSystem, new_id
from checkin_api.errors import NotFoundError

# A page that was left open does not go on testing; what a phone hears later is no answer to this test.
LASTS = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """A live test as it stands; ``helped`` is the step that helped this officer the last time."""

    id: UUID
    started_at: datetime
    heard_at: datetime | None
    zone: str | None
    step: PhoneStep | None
    helped: PhoneStep | None


def begin(session: Session, now: datetime, officer_id: int, *, system: PhoneSystem, line_version: str) -> Checkup:
    """Start a test. The caller commits."""
    checkup = m.PhoneCheckup(
        id=new_id(), officer_id=officer_id, system=system, line_version=line_version, started_at=now
    )
    session.add(checkup)
    session.flush()
    return _seen(session, checkup)


def look(  # noqa: PLR0913 (whose, which, and what the officer does now)
    session: Session, now: datetime, officer_id: int, checkup_id: UUID, *, step: PhoneStep | None, gives_up: bool
) -> Checkup:
    """Whether the phone has been heard since the test began; remembers the ``step`` tried now. The caller commits.

    Raises:
        NotFoundError: this officer has no such test.
    """
    checkup = session.get(m.PhoneCheckup, checkup_id)
    if checkup is None or checkup.officer_id != officer_id:
        raise NotFoundError("沒有這次檢查 / there is no such test")
    is_open = checkup.ended_at is None and now - checkup.started_at <= LASTS
    if is_open:
        checkup.step = step or checkup.step
        heard = _heard_since(session, officer_id, checkup.started_at)
        if heard is not None:
            checkup.heard_at, checkup.zone_id = heard
        checkup.ended_at = now if heard or gives_up else None
        session.flush()
    return _seen(session, checkup)


def _heard_since(session: Session, officer_id: int, since: datetime) -> tuple[datetime, int] | None:
    """The first time after ``since`` that the officer's phone heard a beacon, and in which zone."""
    p = m.Presence
    row = session.execute(
        select(p.at, p.zone_id)
        .where(p.officer_id == officer_id, p.at >= since, p.beacon_id.is_not(None))
        .order_by(p.at)
        .limit(1)
    ).first()
    return None if row is None else (row.at, row.zone_id)


def _seen(session: Session, checkup: m.PhoneCheckup) -> Checkup:
    c = m.PhoneCheckup
    helped = session.scalar(
        select(c.step)
        .where(c.officer_id == checkup.officer_id, c.heard_at.is_not(None), c.step.is_not(None), c.id != checkup.id)
        .order_by(c.started_at.desc())
        .limit(1)
    )
    zone = session.get(m.Zone, checkup.zone_id) if checkup.zone_id else None
    return Checkup(
        id=checkup.id,
        started_at=checkup.started_at,
        heard_at=checkup.heard_at,
        zone=zone.name if zone else None,
        step=checkup.step,
        helped=helped,
    )
