"""Corrections as people look at them, and how many an officer has had in a month."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.attachments import Attachment
from checkin_api.domain.corrections import month_of
from checkin_api.domain.ids import CorrectionKind, CorrectionState, Direction
from checkin_api.errors import unknown_correction


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """One correction; people are named as ``domain.corrections.Actor`` does."""

    id: UUID
    state: CorrectionState
    staff_no: str
    name: str
    unit_code: str
    kind: CorrectionKind
    direction: Direction
    at: datetime
    zone_code: str | None
    punch_id: UUID | None
    reason: str
    attachment_name: str
    requested_at: datetime
    requested_by: str
    endorsed_at: datetime | None
    endorsed_by: str
    decided_at: datetime | None
    decided_by: str
    comment: str


def corrections(
    session: Session,
    *,
    states: Collection[CorrectionState] = (),
    staff_no: str | None = None,
    among: ColumnElement[bool] | None = None,
    limit: int = 100,
) -> list[CorrectionRow]:
    """Corrections, the newest request first; of some states, of one officer or of some only when they are given."""
    query = _rows().order_by(m.Correction.requested_at.desc(), m.Correction.id.desc()).limit(limit)
    if states:
        query = query.where(m.Correction.state.in_(states))
    if staff_no is not None:
        query = query.where(m.Officer.staff_no == staff_no)
    if among is not None:
        query = query.where(among)
    return [CorrectionRow(*row) for row in session.execute(query)]


def correction(session: Session, correction_id: UUID) -> CorrectionRow:
    """One correction.

    Raises:
        NotFoundError: there is none with this ID.
    """
    row = session.execute(_rows().where(m.Correction.id == correction_id)).one_or_none()
    if row is None:
        raise unknown_correction(correction_id)
    return CorrectionRow(*row)


def attachment(session: Session, correction_id: UUID) -> Attachment | None:
    """The file that was attached to a correction."""
    c = m.Correction
    row = session.execute(select(c.attachment_name, c.attachment).where(c.id == correction_id)).one_or_none()
    return None if row is None or row.attachment is None else Attachment(row.attachment_name, row.attachment)


def approved_in_month(session: Session, correction_id: UUID, default_zone: ZoneInfo) -> int:
    """How many other corrections its officer has had approved in the calendar month of the time it corrects.

    Those made for everyone whom an outage concerned do not count: no officer forgot anything.
    The month is that of the place of the punch, or of ``default_zone`` when no place is named.
    """
    c = m.Correction
    officer_id, at, timezone = session.execute(
        select(c.officer_id, c.at, m.Site.timezone)
        .outerjoin(m.Zone, m.Zone.id == c.zone_id)
        .outerjoin(m.Site, m.Site.id == m.Zone.site_id)
        .where(c.id == correction_id)
    ).one()
    begin, end = month_of(at, ZoneInfo(timezone) if timezone else default_zone)
    approved = select(func.count(c.id)).where(
        c.officer_id == officer_id,
        c.state == CorrectionState.APPROVED,
        c.outage_id.is_(None),
        c.at >= begin,
        c.at < end,
        c.id != correction_id,
    )
    return session.scalar(approved) or 0


@dataclass(frozen=True, slots=True)
class PunchRow:
    """A punch as HR chooses it for a void."""

    id: UUID
    at: datetime
    direction: Direction
    source: str
    zone_code: str | None
    is_void: bool


def officer_punches(session: Session, staff_no: str, begin: datetime, end: datetime) -> list[PunchRow]:
    """An officer's punches of an interval in order, void ones included; the end is not."""
    p = m.Punch
    rows = session.execute(
        select(p.id, p.at, p.direction, p.source, m.Zone.code, m.PunchVoid.punch_id.is_not(None))
        .join(m.Officer, m.Officer.id == p.officer_id)
        .outerjoin(m.Zone, m.Zone.id == p.zone_id)
        .outerjoin(m.PunchVoid, m.PunchVoid.punch_id == p.id)
        .where(m.Officer.staff_no == staff_no, p.at >= begin, p.at < end)
        .order_by(p.at, p.id)
    )
    return [PunchRow(*row) for row in rows]


def _rows() -> Select[*tuple[Any, ...]]:
    """The columns of ``CorrectionRow`` in its order."""
    c = m.Correction
    return (
        select(
            *(c.id, c.state, m.Officer.staff_no, m.Officer.name, m.Unit.code),
            *(c.kind, c.direction, c.at, m.Zone.code, c.punch_id, c.reason, c.attachment_name),
            *(c.requested_at, c.requested_by, c.endorsed_at, c.endorsed_by, c.decided_at, c.decided_by, c.comment),
        )
        .join(m.Officer, m.Officer.id == c.officer_id)
        .join(m.Unit, m.Unit.id == m.Officer.unit_id)
        .outerjoin(m.Zone, m.Zone.id == c.zone_id)
    )
