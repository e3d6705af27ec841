"""Corrections as people look at them, and how many an officer has had in a month."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, select, true
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.attachments import Attachment
from checkin_api.domain.corrections import OPEN, month_of
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
    return _approved_in_months(session, [correction_id], default_zone)[correction_id]


def _approved_in_months(session: Session, ids: Collection[UUID], default_zone: ZoneInfo) -> dict[UUID, int]:
    """``approved_in_month`` of several corrections at once."""
    c = m.Correction
    rows = session.execute(
        select(c.id, c.officer_id, c.at, m.Site.timezone)
        .outerjoin(m.Zone, m.Zone.id == c.zone_id)
        .outerjoin(m.Site, m.Site.id == m.Zone.site_id)
        .where(c.id.in_(ids))
    )
    months = {
        id_: (officer_id, *month_of(at, ZoneInfo(timezone) if timezone else default_zone))
        for id_, officer_id, at, timezone in rows
    }
    if not months:
        return {}
    approved = session.execute(
        select(c.id, c.officer_id, c.at).where(
            c.officer_id.in_({officer_id for officer_id, _, _ in months.values()}),
            c.state == CorrectionState.APPROVED,
            c.outage_id.is_(None),
            c.at >= min(begin for _, begin, _ in months.values()),
            c.at < max(end for _, _, end in months.values()),
        )
    ).all()
    return {
        id_: sum(other.id != id_ and other.officer_id == officer_id and begin <= other.at < end for other in approved)
        for id_, (officer_id, begin, end) in months.items()
    }


@dataclass(frozen=True, slots=True)
class QueuedRow:
    """A correction with what whoever decides asks besides.

    ``others_in_month`` is ``approved_in_month``; ``two_step`` says that the officer's unit asks for two approvers.
    """

    correction: CorrectionRow
    unit_name: str
    two_step: bool
    outage_id: int | None
    others_in_month: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Some rows of a longer list, and how many there are in all."""

    rows: list[QueuedRow]
    total: int


def queue(  # noqa: PLR0913 (which, whose, how many)
    session: Session,
    states: Collection[CorrectionState],
    default_zone: ZoneInfo,
    *,
    among: ColumnElement[bool] | None = None,
    skip: int = 0,
    limit: int = 50,
) -> Queue:
    """Corrections of some states: as long as all of them are open the oldest first, else the last decided first."""
    c = m.Correction
    chosen = and_(c.state.in_(states), true() if among is None else among)
    total = select(func.count(c.id)).join(m.Officer, m.Officer.id == c.officer_id).where(chosen)
    is_open = OPEN.issuperset(states)
    order = (c.requested_at, c.id) if is_open else (c.decided_at.desc(), c.id.desc())
    query = _rows().add_columns(m.Unit.name, m.Unit.two_step_approval, c.outage_id)
    found = session.execute(query.where(chosen).order_by(*order).offset(skip).limit(limit)).all()
    counts = _approved_in_months(session, [row.id for row in found], default_zone)
    return Queue(
        [
            QueuedRow(CorrectionRow(*values), unit_name, two_step, outage_id, counts[values[0]])
            for *values, unit_name, two_step, outage_id in found
        ],
        session.scalar(total) or 0,
    )


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
