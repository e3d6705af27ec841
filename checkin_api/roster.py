"""Use cases: look at the roster, swap two officers' duties, see how the roster came to be what it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api import models as m
from checkin_api.db import Turn, take_turn
from checkin_api.domain.ids import RosterAction
from checkin_api.domain.overlaps import overlaps
from checkin_api.domain.shifts import REACH, Duty, duty_on
from checkin_api.errors import CheckinError, unknown_officer

# Duty date, shift, zone.
_Entry = tuple[date, int, int | None]


class SwapRefusedError(CheckinError):
    """Two officers' duties are not swapped; says why."""


class OfficerDay(NamedTuple):
    """All duties of an officer on one duty date."""

    staff_no: str
    duty_date: date


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One duty on the roster, with its times in UTC."""

    staff_no: str
    name: str
    unit_code: str
    duty_date: date
    shift: str
    start: datetime
    end: datetime
    zone: str | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One change of an officer's roster; ``was_zone`` is the zone before a change."""

    at: datetime
    actor: str
    action: RosterAction
    duty_date: date
    shift: str
    zone: str | None
    was_zone: str | None


class DutyTimes:
    """When the duties of roster entries are: shifts and time zones are loaded once, each duty is worked out once."""

    def __init__(self, session: Session, zone: ZoneInfo) -> None:
        self._zone = zone
        self._shifts = {shift.id: shift.pattern() for shift in session.scalars(select(m.Shift))}
        places = session.execute(select(m.Zone.id, m.Site.timezone).join(m.Site, m.Site.id == m.Zone.site_id))
        self._places = {zone_id: ZoneInfo(timezone) for zone_id, timezone in places}
        self._known: dict[_Entry, Duty] = {}

    def duty(self, duty_date: date, shift_id: int, zone_id: int | None) -> Duty:
        """The duty, in the time zone of its zone's site."""
        key = (duty_date, shift_id, zone_id)
        if key not in self._known:
            place = self._zone if zone_id is None else self._places[zone_id]
            self._known[key] = duty_on(duty_date, self._shifts[shift_id], place)
        return self._known[key]

    def in_words(self, duty_date: date, shift_id: int, zone_id: int | None) -> str:
        """The duty as a person reads it: ``2026-11-23 night 20:00–08:00``."""
        duty = self.duty(duty_date, shift_id, zone_id)
        place = self._zone if zone_id is None else self._places[zone_id]
        start, end = (f"{at.astimezone(place):%H:%M}" for at in (duty.start, duty.end))
        return f"{duty_date} {duty.shift_code} {start}–{end}"


def swap(session: Session, now: datetime, *days: OfficerDay, actor: str, zone: ZoneInfo) -> None:
    """Give each of two officers the other's duties of a duty date; the caller commits.

    Args:
        session: Its transaction gets the whole swap or nothing.
        now: When the roster is changed.
        days: Two officers, each with the duty date that the other takes over.
        actor: Who changes it.
        zone: The time zone of duties whose site is not known.

    Raises:
        NotFoundError: an officer does not exist.
        SwapRefusedError: nothing to swap, an officer out of service, or duties that would overlap.
    """
    # No constraint can refuse duties that overlap.
    take_turn(session, Turn.ROSTER)
    first, second = days
    giver, taker = _officer(session, first.staff_no), _officer(session, second.staff_no)
    given, taken = _entries(session, giver, first.duty_date), _entries(session, taker, second.duty_date)
    _require_two_sides(days, given, taken)
    _require_in_service(giver, second.duty_date)
    _require_in_service(taker, first.duty_date)
    corrections = _Corrections(session, now, actor)
    corrections.take_away(giver, given)
    corrections.take_away(taker, taken)
    # Before they are given: the table itself would refuse the same duty twice, in words that help nobody.
    times = DutyTimes(session, zone)
    _require_no_overlap(session, times, giver, taken)
    _require_no_overlap(session, times, taker, given)
    corrections.give(giver, taken)
    corrections.give(taker, given)
    detail = {"swapped": [[day.staff_no, str(day.duty_date)] for day in days]}
    for day in days:
        subject = f"roster:{day.staff_no}"
        audit.record(session, now, audit.Act(actor=actor, action="roster.swap", subject=subject, detail=detail))


def list_entries(
    session: Session, first: date, last: date, zone: ZoneInfo, *, among: ColumnElement[bool]
) -> list[RosterRow]:
    """The duties of these duty dates (the last included), by officer and time.

    Args:
        session: Where to read.
        first: The first duty date.
        last: The last duty date.
        zone: The time zone of duties whose site is not known.
        among: Which officers, as a condition on ``models.Officer``.
    """
    times = DutyTimes(session, zone)
    entry = m.RosterEntry
    officer_columns = (m.Officer.staff_no, m.Officer.name, m.Unit.code)
    rows = session.execute(
        select(*officer_columns, entry.duty_date, m.Shift.code, entry.shift_id, entry.zone_id, m.Zone.code)
        .join(m.Officer, m.Officer.id == entry.officer_id)
        .join(m.Unit, m.Unit.id == m.Officer.unit_id)
        .join(m.Shift, m.Shift.id == entry.shift_id)
        .outerjoin(m.Zone, m.Zone.id == entry.zone_id)
        .where(entry.duty_date.between(first, last), among)
    )
    found = []
    for staff_no, name, unit, duty_date, shift, shift_id, zone_id, zone_code in rows:
        duty = times.duty(duty_date, shift_id, zone_id)
        found.append(RosterRow(staff_no, name, unit, duty_date, shift, duty.start, duty.end, zone_code))
    return sorted(found, key=lambda row: (row.staff_no, row.start))


def history(session: Session, staff_no: str) -> list[HistoryRow]:
    """Every change of an officer's roster, the oldest first.

    Raises:
        NotFoundError: there is no officer with this staff number.
    """
    officer, change, was = _officer(session, staff_no), m.RosterChange, m.Zone.__table__.alias()
    rows = session.execute(
        select(change.at, change.actor, change.action, change.duty_date, m.Shift.code, m.Zone.code, was.c.code)
        .join(m.Shift, m.Shift.id == change.shift_id)
        .outerjoin(m.Zone, m.Zone.id == change.zone_id)
        .outerjoin(was, was.c.id == change.was_zone_id)
        .where(change.officer_id == officer.id)
        .order_by(change.id)
    )
    return [HistoryRow(*row) for row in rows]


def _officer(session: Session, staff_no: str) -> m.Officer:
    officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == staff_no)).one_or_none()
    if officer is None:
        raise unknown_officer(staff_no)
    return officer


def _entries(session: Session, officer: m.Officer, day: date) -> list[_Entry]:
    entry = m.RosterEntry
    rows = session.execute(
        select(entry.duty_date, entry.shift_id, entry.zone_id)
        .where(entry.officer_id == officer.id, entry.duty_date == day)
        .order_by(entry.shift_id)
    )
    return [(duty_date, shift_id, zone_id) for duty_date, shift_id, zone_id in rows]


def _require_two_sides(days: Sequence[OfficerDay], given: list[_Entry], taken: list[_Entry]) -> None:
    if days[0].staff_no == days[1].staff_no:
        raise SwapRefusedError("須為兩位員警 / a swap is between two officers")
    for day, entries in zip(days, (given, taken), strict=True):
        if not entries:
            message = f"{day.staff_no} 在 {day.duty_date} 沒有勤務 / has no duty on {day.duty_date}: {day.staff_no}"
            raise SwapRefusedError(message)
    if given == taken:
        raise SwapRefusedError("兩人的勤務相同，無須對調 / both have the same duties, nothing to swap")


def _require_in_service(officer: m.Officer, day: date) -> None:
    if not (officer.active_from or day) <= day <= (officer.active_to or day):
        raise SwapRefusedError(f"{officer.staff_no} 在 {day} 不在職 / is not in service on {day}: {officer.staff_no}")


@dataclass(frozen=True, slots=True)
class _Corrections:
    """Changes of the roster, each with a row that keeps when and by whom."""

    session: Session
    now: datetime
    actor: str

    def take_away(self, officer: m.Officer, entries: list[_Entry]) -> None:
        entry = m.RosterEntry
        dates = {duty_date for duty_date, _, _ in entries}
        self.session.execute(delete(entry).where(entry.officer_id == officer.id, entry.duty_date.in_(dates)))
        self._keep(RosterAction.REMOVED, officer, entries)

    def give(self, officer: m.Officer, entries: list[_Entry]) -> None:
        self.session.execute(insert(m.RosterEntry), [_values(officer, entry) for entry in entries])
        self._keep(RosterAction.ADDED, officer, entries)

    def _keep(self, action: RosterAction, officer: m.Officer, entries: list[_Entry]) -> None:
        kept = {"at": self.now, "actor": self.actor, "action": action}
        self.session.execute(insert(m.RosterChange), [{**kept, **_values(officer, entry)} for entry in entries])


def _values(officer: m.Officer, entry: _Entry) -> dict[str, object]:
    duty_date, shift_id, zone_id = entry
    return {"officer_id": officer.id, "duty_date": duty_date, "shift_id": shift_id, "zone_id": zone_id}


def _require_no_overlap(session: Session, times: DutyTimes, officer: m.Officer, more: Sequence[_Entry]) -> None:
    entry, dates = m.RosterEntry, [duty_date for duty_date, _, _ in more]
    rows = session.execute(
        select(entry.duty_date, entry.shift_id, entry.zone_id).where(
            entry.officer_id == officer.id, entry.duty_date.between(min(dates) - REACH, max(dates) + REACH)
        )
    )
    entries = [*((duty_date, shift_id, zone_id) for duty_date, shift_id, zone_id in rows), *more]
    duties = [times.duty(*which) for which in entries]
    begins = np.array([duty.start.timestamp() for duty in duties], np.int64)
    ends = np.array([duty.end.timestamp() for duty in duties], np.int64)
    for pair in overlaps([officer.id] * len(entries), begins, ends):
        one, other = (times.in_words(*entries[at]) for at in pair)
        staff_no = officer.staff_no
        raise SwapRefusedError(f"{staff_no} 的勤務會重疊 / duties of {staff_no} would overlap: {one}, {other}")
