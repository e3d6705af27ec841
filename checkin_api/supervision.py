"""Who looks after which unit: an officer named supervisor sees it and all below it, and decides on its corrections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from checkin_api import audit, queries
from checkin_api.audit import Act
from checkin_api.errors import unknown_officer, unknown_unit
from checkin_api.models import Officer, Supervisor, Unit
from checkin_api.queries import UnitRow


@dataclass(frozen=True, slots=True)
class SupervisorRow:
    """A supervisor as people look at it."""

    staff_no: str
    name: str
    unit: str
    unit_name: str
    named_at: datetime


def name_supervisor(session: Session, now: datetime, staff_no: str, unit_code: str, *, actor: str) -> bool:
    """Let an officer look after a unit and all below it; False if that was so. The caller commits.

    Raises:
        NotFoundError: no such officer or unit.
    """
    officer, unit = _both(session, staff_no, unit_code)
    if _current(session, officer, unit) is not None:
        return False
    session.add(Supervisor(officer_id=officer.id, unit_id=unit.id, named_at=now))
    session.flush()
    _record(session, now, "supervisor.name", staff_no, unit_code, actor=actor)
    return True


def end_supervision(session: Session, now: datetime, staff_no: str, unit_code: str, *, actor: str) -> bool:
    """Let an officer look after a unit no more; False if there was nothing to end. The caller commits.

    Raises:
        NotFoundError: no such officer or unit.
    """
    current = _current(session, *_both(session, staff_no, unit_code))
    if current is None:
        return False
    current.ended_at = now
    session.flush()
    _record(session, now, "supervisor.end", staff_no, unit_code, actor=actor)
    return True


def supervisors(session: Session) -> list[SupervisorRow]:
    """All supervisors, by unit."""
    rows = session.execute(
        select(Officer.staff_no, Officer.name, Unit.code, Unit.name, Supervisor.named_at)
        .join(Officer, Officer.id == Supervisor.officer_id)
        .join(Unit, Unit.id == Supervisor.unit_id)
        .where(Supervisor.ended_at.is_(None))
        .order_by(Unit.code, Officer.staff_no)
    )
    return [SupervisorRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who decides for which unit: its supervisors, or those of the next unit above that has any."""

    of_unit: Mapping[str, Sequence[SupervisorRow]]
    above: Mapping[str, str | None]

    def of(self, unit: str, staff_no: str) -> Sequence[SupervisorRow]:
        """Who decides for an officer of a unit, not the officer; nobody means HR."""
        place: str | None = unit
        while place is not None:
            found = [each for each in self.of_unit.get(place, ()) if each.staff_no != staff_no]
            if found:
                return found
            place = self.above.get(place)
        return ()


def approvers(session: Session, today: date) -> Approvers:
    """The supervisors in service, and the tree of units."""
    units = queries.units(session)
    codes = {unit.id: unit.code for unit in units}
    serving = set(session.scalars(select(Officer.staff_no).where(supervises(today))))
    of_unit: dict[str, list[SupervisorRow]] = {}
    for row in supervisors(session):
        if row.staff_no in serving:
            of_unit.setdefault(row.unit, []).append(row)
    return Approvers(of_unit, {unit.code: codes.get(unit.parent_id or 0) for unit in units})


def supervises(today: date) -> ColumnElement[bool]:
    """That an officer looks after any unit, and is in service."""
    in_office = exists().where(Supervisor.officer_id == Officer.id, Supervisor.ended_at.is_(None))
    return and_(queries.active_on(today), in_office)


def units_of(session: Session, officer_id: int, today: date) -> list[UnitRow]:
    """The units that an officer in service looks after, each with all below it, by code."""
    codes = session.scalars(
        select(Unit.code)
        .join(Supervisor, Supervisor.unit_id == Unit.id)
        .join(Officer, Officer.id == Supervisor.officer_id)
        .where(Supervisor.officer_id == officer_id, Supervisor.ended_at.is_(None), queries.active_on(today))
    )
    found = {unit.id: unit for code in codes for unit in queries.units(session, code)}
    return sorted(found.values(), key=lambda unit: unit.code)


def _both(session: Session, staff_no: str, unit_code: str) -> tuple[Officer, Unit]:
    officer = session.scalar(select(Officer).where(Officer.staff_no == staff_no))
    if officer is None:
        raise unknown_officer(staff_no)
    unit = session.scalar(select(Unit).where(Unit.code == unit_code))
    if unit is None:
        raise unknown_unit(unit_code)
    return officer, unit


def _current(session: Session, officer: Officer, unit: Unit) -> Supervisor | None:
    return session.scalar(
        select(Supervisor)
        .where(Supervisor.officer_id == officer.id, Supervisor.unit_id == unit.id, Supervisor.ended_at.is_(None))
        .with_for_update()
    )


def _record(  # noqa: PLR0913 (the columns of an entry)
    session: Session, now: datetime, action: str, staff_no: str, unit_code: str, *, actor: str
) -> None:
    act = Act(actor=actor, action=action, subject=f"officer:{staff_no}", detail={"unit": unit_code})
    audit.record(session, now, act)
