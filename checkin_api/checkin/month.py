"""An officer's own month: duty records by the same rules as HR's, with the evidence of each punch in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.checkin.tapping import PunchSeen, seen_punches
from checkin_api.checkin.today import Person
from checkin_api.domain.duty_law import DutyLimits
from checkin_api.domain.ids import Direction, Disposition
from checkin_api.domain.records import DutyRecord
from checkin_api.domain.shifts import REACH, local_day
from checkin_api.domain.totals import Totals
from checkin_api.queries.attendance import Period, attendance, month_totals


@dataclass(frozen=True, slots=True)
class RecordSeen:
    """A duty record and its punches, each with what it counts for."""

    record: DutyRecord
    shift_name: str
    punches: list[tuple[PunchSeen, Disposition]]


@dataclass(frozen=True, slots=True)
class Month:
    """The records of a month, and their totals."""

    records: list[RecordSeen]
    totals: Totals


def month_of(  # noqa: PLR0913 (whose, which, by which clock, zone and limits)
    session: Session, person: Person, first: date, *, now: datetime, zone: ZoneInfo, limits: DutyLimits
) -> Month:
    """The month that begins on ``first``, as it stands now."""
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    period = Period(first=first, last=last, as_of=now, zone=zone, limits=limits)
    [block] = attendance(session, period, among=m.Officer.id == person.id)
    [row] = month_totals([block])
    begin, end = local_day(first, zone)[0] - REACH, local_day(last, zone)[1] + REACH
    seen = {
        (each.at, each.direction): each
        for each in seen_punches(session, m.Punch.officer_id == person.id, m.Punch.at.between(begin, end))
    }
    names = dict(session.execute(select(m.Shift.code, m.Shift.name)).all())
    return Month([_seen(record, names, seen) for record in block.records()], row.totals)


def _seen(
    record: DutyRecord, names: Mapping[str, str], seen: Mapping[tuple[datetime, Direction], PunchSeen]
) -> RecordSeen:
    found = [(seen.get((each.at, each.direction)), each.disposition) for each in record.punches]
    punches = [(punch, disposition) for punch, disposition in found if punch]
    return RecordSeen(record, names.get(record.shift_code or "", ""), punches)
