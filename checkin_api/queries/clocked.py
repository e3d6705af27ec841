"""Punches with their officers and places by name, as other systems know them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.windows import PunchFact
from checkin_api.queries.usage import counts


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockedPunch:
    """A punch that counts, with the names of its officer and zone; ``timezone`` is that of the zone's site."""

    officer_id: int
    staff_no: str
    name: str
    unit_code: str
    fact: PunchFact
    zone_code: str | None
    timezone: str | None


@dataclass(frozen=True, slots=True)
class NamedOfficer:
    """An officer as other systems know them."""

    id: int
    staff_no: str
    name: str
    unit_code: str


def clocked_punches(
    session: Session, begin: datetime, end: datetime, *, among: ColumnElement[bool] | None = None
) -> Iterator[ClockedPunch]:
    """The punches of an interval, ends included; void ones are left out."""
    rows = session.execute(_punches().where(m.Punch.at.between(begin, end), true() if among is None else among))
    return map(_clocked, rows)


def latest_clocked(session: Session, *, limit: int) -> list[ClockedPunch]:
    """The newest punches, by their time; void ones are left out."""
    rows = session.execute(_punches().order_by(m.Punch.at.desc()).limit(limit))
    return [_clocked(row) for row in rows][::-1]


def _punches() -> Select[*tuple[Any, ...]]:
    p, o = m.Punch, m.Officer
    is_proved = m.Presence.id.is_not(None) & m.Presence.shown.is_(None)
    return (
        select(
            *(o.id, o.staff_no, o.name, m.Unit.code, p.direction, p.at),
            *(is_proved, p.id, m.Zone.code, m.Site.timezone),
        )
        .join(o, o.id == p.officer_id)
        .join(m.Unit, m.Unit.id == o.unit_id)
        .outerjoin(m.Presence, m.Presence.id == p.presence_id)
        .outerjoin(m.Zone, m.Zone.id == p.zone_id)
        .outerjoin(m.Site, m.Site.id == m.Zone.site_id)
        .where(counts())
    )


def _clocked(row: Any) -> ClockedPunch:
    officer_id, staff_no, name, unit, direction, at, proved, key, zone, timezone = row
    return ClockedPunch(
        officer_id=officer_id,
        staff_no=staff_no,
        name=name,
        unit_code=unit,
        fact=PunchFact(direction=direction, at=at, proved=bool(proved), key=key),
        zone_code=zone,
        timezone=timezone,
    )


def named_officers(session: Session, *, among: ColumnElement[bool] | None = None) -> list[NamedOfficer]:
    """Officers by staff number, those no longer in service too."""
    o = m.Officer
    rows = session.execute(
        select(o.id, o.staff_no, o.name, m.Unit.code)
        .join(m.Unit, m.Unit.id == o.unit_id)
        .where(true() if among is None else among)
        .order_by(o.staff_no)
    )
    return [NamedOfficer(*row) for row in rows]


def serving_officers(session: Session, day: date) -> list[tuple[str, str]]:
    """Staff number and name of whoever serves on a date or later."""
    o = m.Officer
    rows = session.execute(
        select(o.staff_no, o.name).where(or_(o.active_to.is_(None), o.active_to >= day)).order_by(o.staff_no)
    )
    return [(staff_no, name) for staff_no, name in rows]
