"""Who is expected when: the roster, and the default shifts of office staff on working days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from checkin_api import models as m
from checkin_api.domain.calendar import is_working_day
from checkin_api.domain.shifts import DAY, Duty, duty_on


@dataclass(frozen=True, slots=True)
class ExpectedDuty:
    """A duty that an officer of a unit is expected to do."""

    officer_id: int
    unit_id: int
    duty: Duty


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
        .where(m.RosterEntry.duty_date.between(first, last), whose, active_on(m.RosterEntry.duty_date))
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
    overrides = calendar(session, first, last) if office else {}
    for day in (day for day in days if is_working_day(day, overrides)):
        for officer_id, unit_id, begins, ends, shift in office:
            if (officer_id, day) not in rostered and (begins or day) <= day <= (ends or day):
                yield ExpectedDuty(officer_id, unit_id, duties.on(day, shift, None))


def calendar(session: Session, first: date, last: date) -> dict[date, bool]:
    """What the imported government calendar says of these dates: True on a working day."""
    rows = session.execute(
        select(m.CalendarDay.day, m.CalendarDay.is_working).where(m.CalendarDay.day.between(first, last))
    )
    return dict(rows.all())


def active_on(day: InstrumentedAttribute[date] | date) -> ColumnElement[bool]:
    """That an officer is in service on a date (rule 15)."""
    return and_(
        or_(m.Officer.active_from.is_(None), m.Officer.active_from <= day),
        or_(m.Officer.active_to.is_(None), m.Officer.active_to >= day),
    )


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
