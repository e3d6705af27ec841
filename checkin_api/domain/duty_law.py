"""What the law on police duty limits, per officer: segments, rest, hours a day, overtime a month (rule 14)."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from checkin_api.domain.columns import Bools, Ints
from checkin_api.domain.ids import Flag

# Stands for the rest before a duty that none has to come before.
NO_REST_DUE = int(np.iinfo(np.int64).max)
# More months than there are, so that those of two officers never touch.
_MONTHS = 1_000_000
_FLAGS = (Flag.THIRD_SEGMENT, Flag.REST_SHORT, Flag.DAILY_LIMIT, Flag.MONTHLY_LIMIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyLimits:
    """Configurable limits, in minutes except where the name says otherwise. Source: attendance rule 14."""

    segments_a_day: int = 2
    rest: int = 11 * 60
    rest_exceptional: int = 8 * 60
    day: int = 12 * 60
    day_exceptional: int = 16 * 60
    overtime_month: int = 80 * 60
    overtime_three_months: int = 240 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyLoad:
    """What each duty weighs, sorted by officer and start; times in minutes.

    ``begin`` and ``end`` are those worked where they are known, else those on the roster (``planned``). ``counts`` is
    false for a duty that nobody did: leave, absence, or unproven; ``on_leave`` tells the first of these.
    """

    officer: Ints
    duty_date: Ints
    begin: Ints
    end: Ints
    minutes: Ints
    overtime: Ints
    counts: Bools
    on_leave: Bools
    planned: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What is compared with the limits at each duty: so far that day, that month, that month and the two before it.

    ``rest`` is the one before the duty, or ``NO_REST_DUE``.
    """

    segments: Ints
    rest: Ints
    day: Ints
    month: Ints
    three_months: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitPassed:
    """One limit that a duty passes: position of the duty, the flag, what was measured, in minutes or segments.

    ``beyond_exceptional`` when not even the limit for exceptional cases allows it; ``planned`` when it is what the
    roster says, not what was worked.
    """

    duty: int
    flag: Flag
    measured: int
    limit: int
    beyond_exceptional: bool
    planned: bool


def measure(load: DutyLoad) -> Measures:
    """Add up what each officer does, in the order of duties."""
    days = _groups(load.officer, load.duty_date)
    month = _months(load.duty_date)
    overtime = np.where(load.counts, load.overtime, 0)
    return Measures(
        segments=_running((~load.on_leave).astype(np.int64), days),
        rest=_rests(load, days),
        day=_running(np.where(load.counts, load.minutes, 0), days),
        month=_running(overtime, _groups(load.officer, month)),
        three_months=_running(overtime, load.officer * _MONTHS + month, reach=2),
    )


def passed(load: DutyLoad, limits: DutyLimits) -> dict[Flag, Bools]:
    """The duties at which a limit is passed, and those after it in the same day or month."""
    found = {flag: np.zeros(len(load.counts), bool) for flag in _FLAGS}
    for limit in _held_against(load, limits):
        if limit.is_flag:
            found[limit.flag] |= limit.passed
    return found


def limits_passed(load: DutyLoad, limits: DutyLimits, chosen: Bools) -> list[LimitPassed]:
    """The same as rows with figures, for the chosen duties, by duty."""
    found = [
        LimitPassed(
            duty=int(duty),
            flag=limit.flag,
            measured=int(limit.measured[duty]),
            limit=limit.allowed,
            beyond_exceptional=bool(limit.beyond[duty]),
            planned=bool(load.planned[duty]),
        )
        for limit in _held_against(load, limits)
        for duty in np.flatnonzero(limit.passed & chosen)
    ]
    return sorted(found, key=lambda row: (row.duty, _FLAGS.index(row.flag), row.limit))


@dataclass(frozen=True, slots=True)
class _Limit:
    """One limit held against all duties: what was measured, where it is passed, where even in exceptional cases.

    That of three months is no flag: whether the months before are known depends on what was asked, and a record must
    not.
    """

    flag: Flag
    measured: Ints
    allowed: int
    passed: Bools
    beyond: Bools
    is_flag: bool = True


def _held_against(load: DutyLoad, limits: DutyLimits) -> list[_Limit]:
    found = measure(load)
    segments = ~load.on_leave & (found.segments > limits.segments_a_day)
    long = load.counts & (found.day > limits.day)
    adds = load.counts & (load.overtime > 0)
    month, three_months = (
        adds & (measured > allowed)
        for measured, allowed in (
            (found.month, limits.overtime_month),
            (found.three_months, limits.overtime_three_months),
        )
    )
    tired = found.rest < limits.rest
    return [
        _Limit(Flag.THIRD_SEGMENT, found.segments, limits.segments_a_day, segments, segments),
        _Limit(Flag.REST_SHORT, found.rest, limits.rest, tired, found.rest < limits.rest_exceptional),
        _Limit(Flag.DAILY_LIMIT, found.day, limits.day, long, found.day > limits.day_exceptional),
        _Limit(Flag.MONTHLY_LIMIT, found.month, limits.overtime_month, month, month),
        _Limit(
            Flag.MONTHLY_LIMIT,
            found.three_months,
            limits.overtime_three_months,
            three_months,
            three_months,
            is_flag=False,
        ),
    ]


def _groups(*columns: Ints) -> Ints:
    """Numbers of runs of equal rows, from 0."""
    if not len(columns[0]):
        return np.empty(0, np.int64)
    changes = np.zeros(len(columns[0]) - 1, bool)
    for column in columns:
        changes |= column[1:] != column[:-1]
    return np.concatenate(([0], np.cumsum(changes)))


def _running(amounts: Ints, group: Ints, *, reach: int = 0) -> Ints:
    """The sum up to each row, counted anew in every group, or from as many groups before it as ``reach`` says."""
    sums = np.cumsum(amounts)
    first = np.searchsorted(group, group - reach, "left")
    return sums - (sums[first] - amounts[first])


def _rests(load: DutyLoad, days: Ints) -> Ints:
    """Minutes of rest before the first duty of each date since the last of the date before it; large elsewhere.

    The time between the segments of one duty date is no rest between duties.
    """
    rests = np.full(len(days), NO_REST_DUE)
    rows = np.flatnonzero(load.counts)
    earlier, later = rows[:-1], rows[1:]
    follows = (load.officer[earlier] == load.officer[later]) & (days[earlier] != days[later])
    rests[later[follows]] = (load.begin[later] - load.end[earlier])[follows]
    return rests


def _months(duty_date: Ints) -> Ints:
    distinct, which = np.unique(duty_date, return_inverse=True)
    days = [date.fromordinal(int(ordinal)) for ordinal in distinct]
    return np.array([day.year * 12 + day.month for day in days], np.int64)[which]
