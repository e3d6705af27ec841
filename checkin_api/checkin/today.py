"""What an officer sees on opening the app: who, which duty, what was sensed, what is recorded, what is due."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api import queries
from checkin_api.checkin.casefile import PRESENCE_REACH, presences_of
from checkin_api.checkin.tapping import PunchSeen, seen_punches
from checkin_api.domain import punching
from checkin_api.domain.ids import Assurance, Direction, LineUserId
from checkin_api.domain.shifts import DAY, Duty, local_date
from checkin_api.domain.windows import PunchFact
from checkin_api.supervision import supervises

# A duty and its window reach over two dates at most; the next duty is looked for this far ahead.
_BACK, _AHEAD = 2 * DAY, 3 * DAY
# Of a day without a duty, what was punched in the last hours is still news.
_RECENT = timedelta(hours=16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The officer behind a LINE account."""

    id: int
    staff_no: str
    name: str
    title: str
    unit: str
    supervises: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DutySeen:
    """A duty as its officer looks at it."""

    duty: Duty
    shift_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensed:
    """The newest presence that proves something; ``good_until`` is when a tap needs a new one."""

    zone: str
    at: datetime
    good_until: datetime
    assurance: Assurance
    is_heard: bool
    is_enough: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """Everything the app's first page shows."""

    person: Person
    duty: DutySeen | None
    next_duty: DutySeen | None
    due: Direction | None
    sensed: Sensed | None
    punches: list[PunchSeen]


def person_of(session: Session, user_id: LineUserId, today: date) -> Person | None:
    """The officer to whom a LINE account is bound, and who the officer is on this date."""
    o = m.Officer
    row = session.execute(
        select(o.id, o.staff_no, o.name, o.title, m.Unit.name.label("unit"), supervises(today).label("supervises"))
        .join(m.LineAccount, m.LineAccount.officer_id == o.id)
        .join(m.Unit, m.Unit.id == o.unit_id)
        .where(m.LineAccount.line_user_id == user_id, m.LineAccount.unbound_at.is_(None))
    ).first()
    if row is None:
        return None
    return Person(**row._mapping)  # noqa: SLF001 (SQLAlchemy's documented name)


def today_of(session: Session, person: Person, now: datetime, timezone: ZoneInfo) -> Today:
    """A handful of queries, whatever the length of the officer's history."""
    dates = local_date(now - _BACK, timezone), local_date(now + _AHEAD, timezone)
    expected = queries.expected_duties(session, *dates, timezone, among=m.Officer.id == person.id)
    duties = sorted((each.duty for each in expected), key=lambda duty: duty.start)
    punches = seen_punches(session, m.Punch.officer_id == person.id, m.Punch.at > now - _BACK)
    facts = [
        PunchFact(direction=each.direction, at=each.at, proved=each.heard_at is not None, key=number)
        for number, each in enumerate(punches)
    ]
    day = punching.OfficerDay(duties=duties, punches=facts)
    duty, due = punching.due_punch(now, day)
    upcoming = next((each for each in duties if each.opens > now), None)
    names = _shift_names(session, [duty.duty if duty else None, upcoming])
    if duty:
        shown = [punches[int(str(punch.fact.key))] for punch in duty.punches]
    else:
        shown = [each for each in punches if each.at > now - _RECENT]
    return Today(
        person=person,
        duty=_seen(duty.duty if duty else None, names),
        next_duty=_seen(upcoming, names),
        due=due,
        sensed=_sensed(session, person, now),
        punches=shown,
    )


def _seen(duty: Duty | None, names: dict[str, str]) -> DutySeen | None:
    return None if duty is None else DutySeen(duty=duty, shift_name=names.get(duty.shift_code, duty.shift_code))


def _shift_names(session: Session, duties: list[Duty | None]) -> dict[str, str]:
    codes = {duty.shift_code for duty in duties if duty}
    if not codes:
        return {}
    return dict(session.execute(select(m.Shift.code, m.Shift.name).where(m.Shift.code.in_(codes))).all())


def _sensed(session: Session, person: Person, now: datetime) -> Sensed | None:
    """As a tap at this moment would choose it, and else the newest."""
    found = [presence for _, presence in presences_of(session, {person.id}, now - PRESENCE_REACH, now)]
    if not found:
        return None
    proving = punching.proving(now, punching.OfficerDay(presences=found))
    best = next((each for each in proving if each.zone.admits(each.assurance)), None)
    presence = best or (proving[0] if proving else max(found, key=lambda each: each.at))
    return Sensed(
        zone=presence.zone.name,
        at=presence.at,
        good_until=presence.at + presence.zone.presence_ttl,
        assurance=presence.assurance,
        is_heard=presence.is_heard,
        is_enough=presence is best,
    )
