"""A supervisor's look at a day: each officer of the units with a duty, and how it stands now."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api import queries
from checkin_api.domain.duty_law import DutyLimits
from checkin_api.domain.ids import Status
from checkin_api.domain.records import DutyRecord
from checkin_api.domain.shifts import DAY, local_date
from checkin_api.queries import UnitRow
from checkin_api.queries.attendance import Period, attendance


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerDuty:
    """One duty of one officer."""

    staff_no: str
    name: str
    unit: str
    shift_name: str
    record: DutyRecord


@dataclass(frozen=True, slots=True)
class UnitDay:
    """The duties of a day, those that need a look first, and how many have each status."""

    duties: list[OfficerDuty]
    statuses: dict[Status, int]


# What a supervisor wants to see before the rest.
_URGENT = (Status.ABSENT, Status.MISSING_IN, Status.MISSING_OUT, Status.UNPROVEN)


def unit_day(  # noqa: PLR0913 (whose, when, by which clock, zone and limits)
    session: Session, units: list[UnitRow], day: date, *, now: datetime, zone: ZoneInfo, limits: DutyLimits
) -> UnitDay:
    """The duties of ``day`` of all officers of the units, as they stand now; today with last night's under way."""
    is_today = day == local_date(now, zone)
    period = Period(first=day - DAY if is_today else day, last=day, as_of=now, zone=zone, limits=limits)
    names = dict(session.execute(select(m.Shift.code, m.Shift.name)).all())
    unit_names = {unit.code: unit.name for unit in units}
    duties = []
    for block in attendance(session, period, among=queries.of_units(units)):
        for record in block.records():
            if record.duty_date != day and not _is_under_way(record, now):
                continue
            officer = block.officers[record.officer]
            unit = unit_names.get(officer.unit_code, officer.unit_code)
            shift = names.get(record.shift_code or "", "")
            duty = OfficerDuty(staff_no=officer.staff_no, name=officer.name, unit=unit, shift_name=shift, record=record)
            duties.append(duty)
    duties.sort(key=lambda duty: (not _needs_a_look(duty.record, now), duty.unit, duty.staff_no))
    counted = Counter(duty.record.status for duty in duties)
    return UnitDay(duties, {status: counted[status] for status in Status if counted[status]})


def _is_under_way(record: DutyRecord, now: datetime) -> bool:
    return record.end is not None and record.end > now


def _needs_a_look(record: DutyRecord, now: datetime) -> bool:
    """Whether something is missing, or somebody whose duty has begun has not come yet."""
    is_awaited = record.status is Status.IN_PROGRESS and record.sign_in is None
    return record.status in _URGENT or (is_awaited and record.start is not None and record.start <= now)
