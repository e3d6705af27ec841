"""The read side: set-based SELECTs to frozen rows, for reports and pages; no ORM entity leaves this module."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from checkin_api import models as m
from checkin_api.domain.calendar import is_working_day
from checkin_api.domain.ids import EventState, Reason
from checkin_api.domain.shifts import DAY, Duty, duty_on
from checkin_api.domain.windows import PunchFact
from checkin_api.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit of the organisation."""

    id: int
    code: str
    name: str
    parent_id: int | None


@dataclass(frozen=True, slots=True)
class ExpectedDuty:
    """A duty that an officer of a unit is expected to do."""

    officer_id: int
    unit_id: int
    duty: Duty


@dataclass(frozen=True, slots=True)
class OfficerPunch:
    """A punch with what attendance needs of it."""

    officer_id: int
    unit_id: int
    fact: PunchFact


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """How often something was refused for one reason; ``granted_later`` of them became punches after all."""

    reason: Reason
    refused: int
    granted_later: int


@dataclass(frozen=True, slots=True)
class Completeness:
    """How far the data goes: the newest event received, and the events stored and not decided yet."""

    received_to: datetime | None
    undecided: int


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
        raise NotFoundError(f"there is no unit with the code {code}")
    while below := {unit.id for unit in everyone if unit.parent_id in chosen} - chosen:
        chosen |= below
    return [unit for unit in everyone if unit.id in chosen]


def expected_duties(
    session: Session, first: date, last: date, zone: ZoneInfo, *, among: ColumnElement[bool] | None = None
) -> Iterator[ExpectedDuty]:
    """The duties of these duty dates: those on the roster, and the default shifts of officers without any that day.

    A default shift is expected on working days only. Source: attendance rules 12 and 15.

    Args:
        session: Where to read.
        first: The first duty date.
        last: The last duty date, included.
        zone: The time zone of duties whose site is not known.
        among: Which officers, as a condition on ``models.Officer``; all of them without.
    """
    whose = true() if among is None else among
    rows = session.execute(
        select(m.RosterEntry.duty_date, m.RosterEntry.officer_id, m.Officer.unit_id, m.Shift, m.Site.timezone)
        .join(m.Officer, m.Officer.id == m.RosterEntry.officer_id)
        .join(m.Shift, m.Shift.id == m.RosterEntry.shift_id)
        .outerjoin(m.Zone, m.Zone.id == m.RosterEntry.zone_id)
        .outerjoin(m.Site, m.Site.id == m.Zone.site_id)
        .where(m.RosterEntry.duty_date.between(first, last), whose, _active_on(m.RosterEntry.duty_date))
    )
    duties = _Duties(zone)
    rostered = set()
    for duty_date, officer_id, unit_id, shift, timezone in rows:
        rostered.add((officer_id, duty_date))
        yield ExpectedDuty(officer_id, unit_id, duties.on(duty_date, shift, timezone))
    office = session.execute(
        select(m.Officer.id, m.Officer.unit_id, m.Officer.active_from, m.Officer.active_to, m.Shift)
        .join(m.Shift, m.Shift.id == m.Officer.default_shift_id)
        .where(whose)
    ).all()
    days = [first + DAY * number for number in range((last - first).days + 1)] if office else []
    for day in filter(is_working_day, days):
        for officer_id, unit_id, begins, ends, shift in office:
            if (officer_id, day) not in rostered and (begins or day) <= day <= (ends or day):
                yield ExpectedDuty(officer_id, unit_id, duties.on(day, shift, None))


class _Duties:
    """Duties by date and shift: many officers share one, and it is worked out once."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known: dict[tuple[date, int, str | None], Duty] = {}

    def on(self, duty_date: date, shift: m.Shift, timezone: str | None) -> Duty:
        key = (duty_date, shift.id, timezone)
        if key not in self._known:
            place = ZoneInfo(timezone) if timezone else self._zone
            self._known[key] = duty_on(duty_date, shift.pattern(), place)
        return self._known[key]


def of_units(chosen: Iterable[UnitRow]) -> ColumnElement[bool]:
    """The officers of these units, as a condition for ``among``."""
    return m.Officer.unit_id.in_([unit.id for unit in chosen])


def of_officers(officer_ids: Iterable[int]) -> ColumnElement[bool]:
    """These officers, as a condition for ``among``."""
    return m.Officer.id.in_(list(officer_ids))


def punches(
    session: Session, begin: datetime, end: datetime, *, among: ColumnElement[bool] | None = None
) -> Iterator[OfficerPunch]:
    """The punches of an interval, ends included."""
    rows = session.execute(
        select(m.Punch.officer_id, m.Officer.unit_id, m.Punch.direction, m.Punch.at, m.Punch.presence_id, m.Punch.id)
        .join(m.Officer, m.Officer.id == m.Punch.officer_id)
        .where(m.Punch.at.between(begin, end), true() if among is None else among)
    )
    for officer_id, unit_id, direction, at, presence_id, key in rows:
        fact = PunchFact(direction=direction, at=at, proved=presence_id is not None, key=key)
        yield OfficerPunch(officer_id, unit_id, fact)


def refusals(
    session: Session, begin: datetime, end: datetime, *, among: ColumnElement[bool] | None = None
) -> list[RefusalCount]:
    """Refusals of an interval by reason, the end not included; with ``among`` only those of known officers."""
    query: Select[Reason, int, int] = (
        select(m.Refusal.reason, func.count(m.Refusal.id), func.count(m.Refusal.punch_id))
        .where(m.Refusal.at >= begin, m.Refusal.at < end)
        .group_by(m.Refusal.reason)
        .order_by(m.Refusal.reason)
    )
    if among is not None:
        query = query.join(m.Officer, m.Officer.id == m.Refusal.officer_id).where(among)
    return [RefusalCount(*row) for row in session.execute(query)]


def first_day(session: Session, zone: ZoneInfo) -> date | None:
    """The earliest date with data: the first duty date of the roster or the day of the first event received."""
    duty = session.scalar(select(func.min(m.RosterEntry.duty_date)))
    event = session.scalar(select(m.InboxEvent.received_at).order_by(m.InboxEvent.id).limit(1))
    days = [duty, event and event.astimezone(zone).date()]
    return min((day for day in days if day is not None), default=None)


def completeness(session: Session) -> Completeness:
    """How far the data goes at this moment."""
    newest = session.scalar(select(m.InboxEvent.received_at).order_by(m.InboxEvent.id.desc()).limit(1))
    undecided = session.scalar(select(func.count(m.InboxEvent.id)).where(m.InboxEvent.state == EventState.STORED))
    return Completeness(newest, undecided or 0)


def _active_on(day: InstrumentedAttribute[date]) -> ColumnElement[bool]:
    return and_(
        or_(m.Officer.active_from.is_(None), m.Officer.active_from <= day),
        or_(m.Officer.active_to.is_(None), m.Officer.active_to >= day),
    )
