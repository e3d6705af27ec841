"""What a signed sheet names besides the duty records: who, where, what days are called, the head of the audit log."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api import models as m


@dataclass(frozen=True, slots=True)
class SheetOfficer:
    """An officer as a sheet names one."""

    id: int
    staff_no: str
    name: str
    title: str
    unit_code: str
    unit_name: str


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The newest entry of the audit log; on paper it shows later whether the log lost its end."""

    number: int
    hash: str


def sheet_officers(
    session: Session, first: date, last: date, *, among: ColumnElement[bool] | None = None
) -> list[SheetOfficer]:
    """The officers in service on any of these dates, by unit and staff number."""
    o, u = m.Officer, m.Unit
    rows = session.execute(
        select(o.id, o.staff_no, o.name, o.title, u.code, u.name)
        .join(u, u.id == o.unit_id)
        .where(
            true() if among is None else among,
            o.active_from.is_(None) | (o.active_from <= last),
            o.active_to.is_(None) | (o.active_to >= first),
        )
        .order_by(u.code, o.staff_no)
    )
    return [SheetOfficer(*row) for row in rows]


def day_notes(session: Session, first: date, last: date) -> dict[date, str]:
    """What the imported government calendar notes beside these dates, such as the name of a holiday."""
    day = m.CalendarDay
    rows = session.execute(select(day.day, day.note).where(day.day.between(first, last), day.note != ""))
    return dict(rows.all())


def audit_head(session: Session) -> AuditHead | None:
    """The head of the audit log; None while nothing is in it."""
    newest = audit.entries(session, limit=1)
    return AuditHead(newest[0].number, newest[0].hash) if newest else None
