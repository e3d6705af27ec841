"""Officers as HR looks for them and at them: by number or name, a unit's officers a page at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.errors import unknown_officer
from checkin_api.queries.organisation import UnitRow, of_units
from checkin_api.queries.roster import active_on


@dataclass(frozen=True, slots=True)
class OfficerSeen:
    """An officer; ``bound_at`` is since when a LINE account belongs to them."""

    id: int
    staff_no: str
    name: str
    title: str
    unit_code: str
    unit_name: str
    active_from: date | None
    active_to: date | None
    bound_at: datetime | None


def officer_seen(session: Session, staff_no: str) -> OfficerSeen:
    """One officer.

    Raises:
        NotFoundError: there is none with this staff number.
    """
    row = session.execute(_rows().where(m.Officer.staff_no == staff_no)).one_or_none()
    if row is None:
        raise unknown_officer(staff_no)
    return OfficerSeen(*row)


def find_officers(
    session: Session, text: str, units: Iterable[UnitRow], *, limit: int
) -> tuple[list[OfficerSeen], int]:
    """Officers of some units whose staff number begins with a text or whose name has it, and how many there are."""
    return officers(session, units, text=text, limit=limit)


def officers(  # noqa: PLR0913 (which, how many)
    session: Session,
    units: Iterable[UnitRow],
    *,
    text: str = "",
    day: date | None = None,
    skip: int = 0,
    limit: int,
) -> tuple[list[OfficerSeen], int]:
    """Officers of some units by staff number, and how many there are; with a day those in service on it."""
    o = m.Officer
    theirs = of_units(units)
    if text:
        theirs = and_(theirs, _matches(text.lower()))
    if day is not None:
        theirs = and_(theirs, active_on(day))
    count = session.scalar(select(func.count(o.id)).where(theirs)) or 0
    rows = session.execute(_rows().where(theirs).order_by(o.staff_no).offset(skip).limit(limit))
    return [OfficerSeen(*row) for row in rows], count


def officer_ids(session: Session, units: Iterable[UnitRow], *, offset: int, limit: int) -> tuple[list[int], int]:
    """Some of the officers of units by staff number, and how many there are."""
    theirs = of_units(units)
    count = session.scalar(select(func.count(m.Officer.id)).where(theirs)) or 0
    query = select(m.Officer.id).where(theirs).order_by(m.Officer.staff_no).offset(offset).limit(limit)
    return list(session.scalars(query)), count


def _matches(lower: str) -> ColumnElement[bool]:
    o = m.Officer
    return or_(
        func.lower(o.staff_no).startswith(lower, autoescape=True), func.lower(o.name).contains(lower, autoescape=True)
    )


def _rows() -> Select[*tuple[Any, ...]]:
    """The columns of ``OfficerSeen`` in its order."""
    o, account = m.Officer, m.LineAccount
    return (
        select(
            *(o.id, o.staff_no, o.name, o.title, m.Unit.code, m.Unit.name),
            *(o.active_from, o.active_to, account.bound_at),
        )
        .join(m.Unit, m.Unit.id == o.unit_id)
        .outerjoin(account, and_(account.officer_id == o.id, account.unbound_at.is_(None)))
    )
