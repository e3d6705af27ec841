"""What the daily usage report counts: punches, refusals, how far the data goes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, exists, func, select, true
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.ids import EventState, PhoneStep, PhoneSystem, Reason
from checkin_api.domain.windows import PunchFact


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckupCount:
    """How many tests in the phone doctor ended alike; ``step`` is what helped, or what was tried last in vain."""

    system: PhoneSystem
    heard: bool
    step: PhoneStep | None
    tests: int
    officers: int


@dataclass(frozen=True, slots=True)
class Completeness:
    """How far the data goes: the newest event received, and the events stored and not decided yet."""

    received_to: datetime | None
    undecided: int


def counts() -> ColumnElement[bool]:
    """That a punch is not void."""
    return ~exists().where(m.PunchVoid.punch_id == m.Punch.id)


def punches(
    session: Session, begin: datetime, end: datetime, *, among: ColumnElement[bool] | None = None
) -> Iterator[OfficerPunch]:
    """The punches of an interval, ends included; void ones are none. What an officer showed proves no beacon."""
    is_proved = m.Presence.id.is_not(None) & m.Presence.shown.is_(None)
    rows = session.execute(
        select(m.Punch.officer_id, m.Officer.unit_id, m.Punch.direction, m.Punch.at, is_proved, m.Punch.id)
        .join(m.Officer, m.Officer.id == m.Punch.officer_id)
        .outerjoin(m.Presence, m.Presence.id == m.Punch.presence_id)
        .where(m.Punch.at.between(begin, end), counts(), true() if among is None else among)
    )
    for officer_id, unit_id, direction, at, proved, key in rows:
        fact = PunchFact(direction=direction, at=at, proved=bool(proved), key=key)
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


def checkups(
    session: Session, begin: datetime, end: datetime, *, among: ColumnElement[bool] | None = None
) -> list[CheckupCount]:
    """Tests of phones that began in an interval, the end not included: by system, outcome and step."""
    c = m.PhoneCheckup
    heard = c.heard_at.is_not(None)
    rows = session.execute(
        select(c.system, heard, c.step, func.count(c.id), func.count(func.distinct(c.officer_id)))
        .join(m.Officer, m.Officer.id == c.officer_id)
        .where(c.started_at >= begin, c.started_at < end, true() if among is None else among)
        .group_by(c.system, heard, c.step)
    )
    counts_ = [
        CheckupCount(system=system, heard=bool(was_heard), step=step, tests=tests, officers=officers)
        for system, was_heard, step, tests, officers in rows
    ]
    return sorted(counts_, key=lambda count: (count.system, not count.heard, -count.tests, count.step or ""))


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
