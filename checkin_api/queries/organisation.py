"""Units and which officers a question is about."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.shifts import Shift
from checkin_api.errors import NotFoundError, unknown_officer, unknown_unit


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit of the organisation."""

    id: int
    code: str
    name: str
    parent_id: int | None


def units(session: Session, code: str | None = None) -> list[UnitRow]:
    """All units, or one and everything below it, by code.

    Raises:
        NotFoundError: there is no unit with this code.
    """
    rows = session.execute(select(m.Unit.id, m.Unit.code, m.Unit.name, m.Unit.parent_id).order_by(m.Unit.code))
    everyone = [UnitRow(*row) for row in rows]
    if code is None:
        return everyone
    chosen = {unit.id for unit in everyone if unit.code == code}
    if not chosen:
        raise unknown_unit(code)
    while below := {unit.id for unit in everyone if unit.parent_id in chosen} - chosen:
        chosen |= below
    return [unit for unit in everyone if unit.id in chosen]


def in_tree(units: Iterable[UnitRow]) -> list[tuple[UnitRow, int]]:
    """Units depth first, each with how far it is below the first of the list that is above it."""
    below: dict[int | None, list[UnitRow]] = {}
    listed = list(units)
    known = {unit.id for unit in listed}
    for unit in listed:
        below.setdefault(unit.parent_id if unit.parent_id in known else None, []).append(unit)

    def walk(above: int | None, depth: int) -> list[tuple[UnitRow, int]]:
        return [row for unit in below.get(above, []) for row in ((unit, depth), *walk(unit.id, depth + 1))]

    return walk(None, 0)


def of_units(chosen: Iterable[UnitRow]) -> ColumnElement[bool]:
    """The officers of these units, as a condition for ``among``."""
    return m.Officer.unit_id.in_([unit.id for unit in chosen])


def of_staff_no(session: Session, staff_no: str) -> ColumnElement[bool]:
    """The officer with this staff number, as a condition for ``among``.

    Raises:
        NotFoundError: there is none.
    """
    found = session.scalar(select(m.Officer.id).where(m.Officer.staff_no == staff_no))
    if found is None:
        raise unknown_officer(staff_no)
    return m.Officer.id == found


def of_staff_nos(staff_nos: Iterable[str]) -> ColumnElement[bool]:
    """The officers with these staff numbers that are there, as a condition for ``among``."""
    return m.Officer.staff_no.in_(list(staff_nos))


def has_officer(session: Session, staff_no: str, chosen: Iterable[UnitRow]) -> bool:
    """Whether an officer with this staff number is in one of the units."""
    found = select(m.Officer.id).where(m.Officer.staff_no == staff_no, of_units(chosen))
    return session.scalar(found) is not None


def among(session: Session, unit: str | None, staff_no: str | None) -> ColumnElement[bool] | None:
    """Whom a question is about: a unit and everything below it, an officer, both at once, or everybody.

    Raises:
        NotFoundError: there is no such unit or officer.
    """
    conditions = []
    if unit is not None:
        conditions.append(of_units(units(session, unit)))
    if staff_no is not None:
        conditions.append(of_staff_no(session, staff_no))
    return and_(*conditions) if conditions else None


def officer_count(session: Session, among: ColumnElement[bool] | None = None) -> int:
    """How many officers a question is about."""
    return session.scalar(select(func.count(m.Officer.id)).where(true() if among is None else among)) or 0


def shifts(session: Session) -> list[Shift]:
    """All shifts with their rules, by code."""
    return [row.pattern() for row in session.scalars(select(m.Shift).order_by(m.Shift.code))]


def shift_names(session: Session) -> dict[str, str]:
    """What the shifts are called, by code."""
    return dict(session.execute(select(m.Shift.code, m.Shift.name).order_by(m.Shift.code)).all())


def zone_names(session: Session) -> dict[str, str]:
    """What the zones are called, by code."""
    return dict(session.execute(select(m.Zone.code, m.Zone.name).order_by(m.Zone.code)).all())


def zone_id(session: Session, code: str) -> int:
    """The id of a zone.

    Raises:
        NotFoundError: there is no zone with this code.
    """
    found = session.scalar(select(m.Zone.id).where(m.Zone.code == code))
    if found is None:
        raise NotFoundError(f"沒有簽到區 {code} / there is no zone with the code {code}")
    return found


def of_officers(officer_ids: Iterable[int]) -> ColumnElement[bool]:
    """These officers, as a condition for ``among``."""
    return m.Officer.id.in_(list(officer_ids))
