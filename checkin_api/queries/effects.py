"""What another rule would have done to a period: the same facts through both, compared duty by duty."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from checkin_api import models as m
from checkin_api.domain.attendance import compute
from checkin_api.domain.columns import MISSING, Bools, Ints
from checkin_api.domain.duty_law import DutyLimits
from checkin_api.domain.gathering import roster_duties
from checkin_api.domain.ids import CorrectionState, Flag, Status
from checkin_api.domain.overlaps import overlaps
from checkin_api.domain.records import Attendance, DutyRecord, RecordColumns
from checkin_api.domain.shifts import Shift, local_day
from checkin_api.domain.status import FLAGS, STATUSES
from checkin_api.queries.facts import (
    Department,
    OfficerRow,
    Period,
    ask,
    department_of,
    facts_of,
    officers_of,
)

# As many of the duties that change as a person reads at one time.
EXAMPLES = 50
# Officers in memory at a time, with both computations of their month.
_BLOCK = 1000
_MINUTES = ("worked", "late", "early", "overtime", "night")
_COMPARED = ("status", "flags", "sign_in", "sign_out", "start", "end", *_MINUTES)


@dataclass(frozen=True, slots=True)
class Tally:
    """Records of a period by status and flag, and their minutes."""

    statuses: Mapping[Status, int]
    flags: Mapping[Flag, int]
    minutes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ChangedDuty:
    """A duty whose record another rule changes."""

    officer: OfficerRow
    before: DutyRecord
    after: DutyRecord


@dataclass(frozen=True, slots=True)
class Effect:
    """What another rule does to the records of a period; ``examples`` are the first of the ``changed`` duties."""

    records: int
    changed: int
    officers: int
    before: Tally
    after: Tally
    examples: Sequence[ChangedDuty]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two duties of an officer that overlap, by the date of the first and both shifts."""

    staff_no: str
    duty_date: date
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class QuotaEffect:
    """What other numbers do to corrections of a period: officers above the quota, requests that are too late."""

    over_quota: tuple[int, int]
    too_late: tuple[int, int]
    requests: int


def effect_of(
    session: Session, period: Period, *, shift: Shift | None = None, limits: DutyLimits | None = None
) -> Effect:
    """Compare the records of a period as they are with those by another shift or other limits.

    Args:
        session: Where to read.
        period: Which duty dates, with the limits in force.
        shift: In the place of the shift with its code; only officers with that shift are looked at.
        limits: In the place of the period's.
    """
    department = department_of(session, period)
    changed = replace(department, shifts=[_instead(each, shift) for each in department.shifts])
    then = replace(period, limits=limits or period.limits)
    everyone = officers_of(session, true() if shift is None else _having(shift.code, period))
    tallies = _Counting(), _Counting()
    number, concerned = 0, 0
    examples: list[ChangedDuty] = []
    for begin in range(0, len(everyone), _BLOCK):
        officers = everyone[begin : begin + _BLOCK]
        before, after = _both(session, officers, (department, changed), (period, then))
        for tally, each in zip(tallies, (before, after), strict=True):
            tally.add(each.columns, _of(each.columns, period))
        differing = _differing(before, after, period)
        rows = before.columns.officer[differing]
        number += int(differing.sum())
        concerned += len(np.unique(rows))
        examples += _examples(before, after, officers, differing, room=EXAMPLES - len(examples))
    first, second = (tally.result() for tally in tallies)
    return Effect(sum(first.statuses.values()), number, concerned, first, second, examples)


def overlaps_of(session: Session, shift: Shift, first: date, zone: ZoneInfo) -> list[Overlap]:
    """The duties of a changed shift that would overlap another duty of their officer, from a duty date on.

    Args:
        session: Where to read.
        shift: As it would be.
        first: The first duty date that is looked at.
        zone: Where all duties are taken to be.
    """
    rows = session.execute(select(m.Shift.id, m.Shift).order_by(m.Shift.id)).all()
    shifts = [_instead(each.pattern(), shift) for _, each in rows]
    position = {id_: number for number, (id_, _) in enumerate(rows)}
    e, theirs = m.RosterEntry, aliased(m.RosterEntry)
    shift_id = select(m.Shift.id).where(m.Shift.code == shift.code).scalar_subquery()
    having = select(theirs.officer_id).where(theirs.shift_id == shift_id, theirs.duty_date >= first)
    found = session.execute(
        select(e.officer_id, e.duty_date, e.shift_id).where(e.duty_date >= first, e.officer_id.in_(having))
    ).all()
    if not found:
        return []
    officers = sorted({row.officer_id for row in found})
    number = {id_: at for at, id_ in enumerate(officers)}
    table = [(number[who], day.toordinal(), position[which], -1) for who, day, which in found]
    duties = roster_duties(np.array(table, np.int64), shifts, [zone])
    pairs = list(overlaps(duties.officer, duties.start, duties.end))
    named = dict(session.execute(select(m.Officer.id, m.Officer.staff_no).where(m.Officer.id.in_(officers))).all())
    kinds = [duties.kinds[each] for each in duties.kind]
    return [
        Overlap(
            named[officers[duties.officer[one]]], kinds[one].duty_date, kinds[one].shift_code, kinds[other].shift_code
        )
        for one, other in pairs
        if shift.code in (kinds[one].shift_code, kinds[other].shift_code)
    ]


def quota_effect(
    session: Session,
    period: tuple[date, date],
    zone: ZoneInfo,
    *,
    quotas: tuple[int, int],
    days: tuple[int, int],
) -> QuotaEffect:
    """Compare two quotas and two time limits over the corrections of a month.

    Args:
        session: Where to read.
        period: The first and last day of the month that is corrected.
        zone: Where the month begins.
        quotas: Corrections a month, now and then.
        days: How long ago may be corrected, now and then.
    """
    begin, end = local_day(period[0], zone)[0], local_day(period[1], zone)[1]
    c = m.Correction
    in_month = c.at >= begin, c.at < end
    approved = session.scalars(
        select(func.count())
        .where(*in_month, c.state == CorrectionState.APPROVED, c.outage_id.is_(None))
        .group_by(c.officer_id)
    ).all()
    asked = session.execute(select(c.requested_at, c.at).where(*in_month, c.outage_id.is_(None))).all()
    late = [_days(requested_at, at) for requested_at, at in asked]
    return QuotaEffect(
        over_quota=(_above(approved, quotas[0]), _above(approved, quotas[1])),
        too_late=(sum(each > days[0] for each in late), sum(each > days[1] for each in late)),
        requests=len(asked),
    )


def _above(counts: Sequence[int], quota: int) -> int:
    return sum(count > quota for count in counts)


def _days(requested_at: datetime, at: datetime) -> float:
    return (requested_at - at).total_seconds() / 86400


def _instead(shift: Shift, other: Shift | None) -> Shift:
    return other if other is not None and other.code == shift.code else shift


def _having(code: str, period: Period) -> ColumnElement[bool]:
    """The officers with a shift by default, or on the roster of the period."""
    shift_id = select(m.Shift.id).where(m.Shift.code == code).scalar_subquery()
    e = m.RosterEntry
    rostered = select(e.officer_id).where(
        e.shift_id == shift_id, e.duty_date.between(period.first, period.last), e.officer_id == m.Officer.id
    )
    return or_(m.Officer.default_shift_id == shift_id, rostered.exists())


def _both(
    session: Session,
    officers: Sequence[OfficerRow],
    departments: tuple[Department, Department],
    periods: tuple[Period, Period],
) -> tuple[Attendance, Attendance]:
    """The attendance of the same facts by both; they are asked for once."""
    answers = ask(session, officers, departments[0], periods[0])
    before, after = (
        compute(facts_of(answers, officers, department, period), period.as_of)
        for department, period in zip(departments, periods, strict=True)
    )
    return before, after


def _of(columns: RecordColumns, period: Period) -> Bools:
    chosen: Bools = (columns.duty_date >= period.first.toordinal()) & (columns.duty_date <= period.last.toordinal())
    return chosen


def _differing(before: Attendance, after: Attendance, period: Period) -> Bools:
    """Which duties of the period, as rows of the first, have another record in the second."""
    one, other = _rostered(before), _rostered(after)
    same = np.ones(len(one), bool)
    for name in _COMPARED:
        same &= getattr(before.columns, name)[one] == getattr(after.columns, name)[other]
    found = np.zeros(len(before.columns), bool)
    found[one[~same]] = True
    return found & _of(before.columns, period)


def _rostered(attendance: Attendance) -> Ints:
    """The rows of the duties of the roster by officer, date and shift, of which there is one each."""
    columns, duties = attendance.columns, attendance.facts.duties
    [rows] = np.nonzero(columns.duty >= 0)
    codes = {code: number for number, code in enumerate(sorted({kind.shift_code for kind in duties.kinds}))}
    shifts = np.array([codes[kind.shift_code] for kind in duties.kinds], np.int64)[duties.kind[columns.duty[rows]]]
    ordered: Ints = rows[np.lexsort((shifts, columns.duty_date[rows], columns.officer[rows]))]
    return ordered


def _examples(
    before: Attendance, after: Attendance, officers: Sequence[OfficerRow], differing: Bools, *, room: int
) -> Iterator[ChangedDuty]:
    if not room:
        return
    chosen = differing.copy()
    chosen[np.nonzero(differing)[0][room:]] = False
    wanted = list(before.records(chosen))
    keys = {(each.officer, each.duty_date) for each in wanted}
    columns = after.columns
    near = np.zeros(len(columns), bool)
    for officer, day in keys:
        near |= (columns.officer == officer) & (columns.duty_date == day.toordinal())
    others = {(each.officer, each.duty_date, each.shift_code): each for each in after.records(near)}
    for each in wanted:
        yield ChangedDuty(officers[each.officer], each, others[each.officer, each.duty_date, each.shift_code])


class _Counting:
    """Adds blocks of records up."""

    def __init__(self) -> None:
        self._statuses, self._flags, self._minutes = Counter[Status](), Counter[Flag](), Counter[str]()

    def add(self, columns: RecordColumns, chosen: Bools) -> None:
        """Count the chosen records."""
        counts = np.bincount(columns.status[chosen], minlength=len(STATUSES)).tolist()
        self._statuses.update(dict(zip(STATUSES, counts, strict=True)))
        flags = columns.flags[chosen]
        self._flags.update({flag: int((flags >> number & 1).sum()) for number, flag in enumerate(FLAGS)})
        for name in _MINUTES:
            values = getattr(columns, name)[chosen]
            self._minutes[name] += int(values[values != MISSING].sum())

    def result(self) -> Tally:
        """The sums."""
        return Tally(self._statuses, self._flags, self._minutes)
