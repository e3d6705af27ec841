"""Duty records, totals and limits passed, from the database: a block of officers at a time through the rules."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import Session

from checkin_api import rules
from checkin_api.config import Settings
from checkin_api.domain import duty_law
from checkin_api.domain.attendance import compute, duty_load
from checkin_api.domain.columns import Bools
from checkin_api.domain.duty_law import DutyLimits, LimitPassed
from checkin_api.domain.ids import Flag, Status
from checkin_api.domain.records import Attendance, DutyRecord
from checkin_api.domain.status import has, is_
from checkin_api.domain.totals import Totals, totals
from checkin_api.queries.facts import OfficerRow, Period, ZoneRow, ask, department_of, facts_days, facts_of, officers_of

__all__ = [
    "LimitRow",
    "MonthRow",
    "OfficerBlock",
    "OfficerRow",
    "Period",
    "attendance",
    "duty_limits",
    "limits_of",
    "limits_passed",
    "month_totals",
]

# Days of officers whose facts are in memory at a time, some 250 MB with two duties a day: 500 officers of a year.
OFFICER_DAYS = 500 * 366
# More at a time are no faster (``make bench``).
LARGEST_BLOCK = 1000


@dataclass(frozen=True, slots=True)
class OfficerBlock:
    """The attendance of some officers; positions in it are those of ``officers`` and ``zones``."""

    officers: Sequence[OfficerRow]
    zones: Sequence[ZoneRow]
    attendance: Attendance
    period: Period

    @property
    def of_period(self) -> Bools:
        """Which of the records are of the period; the others are there for what they take from or add to those."""
        duty_date = self.attendance.columns.duty_date
        chosen: Bools = (duty_date >= self.period.first.toordinal()) & (duty_date <= self.period.last.toordinal())
        return chosen

    def records(self) -> Iterator[DutyRecord]:
        """The records of the period."""
        yield from self.attendance.records(self.of_period)

    def as_json(self, record: DutyRecord) -> dict[str, Any]:
        """One of its records for other programs."""
        return record.as_json(self.officers[record.officer].staff_no, self.zones[record.zone].code)

    def exceptions(self) -> Iterator[DutyRecord]:
        """The records of the period that somebody should look at: not present, not on leave, or flagged."""
        columns = self.attendance.columns
        regular = is_(columns.status, Status.LEAVE, Status.PENDING, Status.IN_PROGRESS, Status.PRESENT)
        flagged = has(columns.flags, *(flag for flag in Flag if flag is not Flag.CORRECTED))
        yield from self.attendance.records(self.of_period & (~regular | flagged))


@dataclass(frozen=True, slots=True)
class MonthRow:
    """An officer's totals of a period."""

    officer: OfficerRow
    totals: Totals

    def as_json(self) -> dict[str, Any]:
        """The totals for other programs, flat."""
        return {
            "staff_no": self.officer.staff_no,
            "name": self.officer.name,
            "unit": self.officer.unit_code,
            **{f"{status.value}": count for status, count in self.totals.statuses.items()},
            **{f"{flag.value}": count for flag, count in self.totals.flags.items()},
            **{f"{name}_minutes": minutes for name, minutes in self.totals.minutes.items()},
            "overtime_hours": self.totals.overtime_hours,
            "pooled_hours": self.totals.pooled_hours,
            "left_minutes": self.totals.left_minutes,
        }


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A duty of an officer that passes a limit of the duty law."""

    officer: OfficerRow
    duty_date: date
    shift_code: str
    passed: LimitPassed

    def as_json(self) -> dict[str, Any]:
        """The row for other programs; what is measured is in minutes, or a number of segments."""
        return {
            "staff_no": self.officer.staff_no,
            "name": self.officer.name,
            "unit": self.officer.unit_code,
            "duty_date": self.duty_date.isoformat(),
            "shift": self.shift_code,
            "limit": self.passed.flag.value,
            "measured": self.passed.measured,
            "allowed": self.passed.limit,
            "beyond_exceptional": self.passed.beyond_exceptional,
            "planned": self.passed.planned,
        }


def duty_limits(session: Session, settings: Settings) -> DutyLimits:
    """The limits in force, in minutes."""
    return limits_of(rules.in_force(session, settings))


def limits_of(settings: Settings) -> DutyLimits:
    """The limits that some settings set, in minutes."""
    return DutyLimits(
        segments_a_day=settings.limit_segments,
        rest=settings.limit_rest_hours * 60,
        rest_exceptional=settings.limit_rest_exceptional_hours * 60,
        day=settings.limit_day_hours * 60,
        day_exceptional=settings.limit_day_exceptional_hours * 60,
        overtime_month=settings.limit_month_overtime_hours * 60,
        overtime_three_months=settings.limit_three_months_overtime_hours * 60,
    )


def attendance(session: Session, period: Period, *, among: ColumnElement[bool] | None = None) -> Iterator[OfficerBlock]:
    """The attendance of officers in a period, by staff number, a block of officers at a time.

    Args:
        session: Where to read.
        period: Which duty dates.
        among: Which officers, as a condition on ``models.Officer``; all of them without.
    """
    department = department_of(session, period)
    everyone = officers_of(session, true() if among is None else among)
    size = min(LARGEST_BLOCK, max(1, OFFICER_DAYS // facts_days(period)))
    blocks = [everyone[begin : begin + size] for begin in range(0, len(everyone), size)]
    with ThreadPoolExecutor(1) as pool:
        asked = [pool.submit(ask, session, officers, department, period) for officers in blocks[:1]]
        for number, officers in enumerate(blocks):
            answers = asked.pop().result()
            # The database works on the next block while the rules work on this one.
            asked = [pool.submit(ask, session, more, department, period) for more in blocks[number + 1 : number + 2]]
            facts = facts_of(answers, officers, department, period)
            block = OfficerBlock(officers, department.zones, compute(facts, period.as_of), period)
            # The session is the caller's again while the block is.
            wait(asked)
            yield block


def month_totals(blocks: Iterable[OfficerBlock]) -> Iterator[MonthRow]:
    """The totals of each officer over the period of the blocks."""
    for block in blocks:
        of_officers = totals(block.attendance.columns, block.of_period, officers=len(block.officers))
        for officer, of_officer in zip(block.officers, of_officers, strict=True):
            yield MonthRow(officer, of_officer)


def limits_passed(blocks: Iterable[OfficerBlock]) -> Iterator[LimitRow]:
    """The duties of the period that pass a limit of the duty law, by officer and duty."""
    for block in blocks:
        facts, columns = block.attendance.facts, block.attendance.columns
        chosen = block.of_period[: len(facts.duties)]
        for passed in duty_law.limits_passed(duty_load(facts, columns), facts.limits, chosen):
            kind = facts.duties.kinds[facts.duties.kind[passed.duty]]
            officer = block.officers[facts.duties.officer[passed.duty]]
            yield LimitRow(officer, kind.duty_date, kind.shift_code, passed)
