"""What the law on police duty limits, per officer: segments, rest, hours a day, overtime a month (rule 14)."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from checkin_api.domain.columns import Bools, Ints


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

    ``begin`` and ``end`` are those worked where they are known, else those on the roster. ``counts`` is false for a
    duty that nobody did: leave, absence, or unproven.
    """

    officer: Ints
    duty_date: Ints
    begin: Ints
    end: Ints
    minutes: Ints
    overtime: Ints
    counts: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaches:
    """The duties at which a limit is passed, and those after it in the same day or month."""

    third_segment: Bools
    rest_short: Bools
    daily_limit: Bools
    monthly_limit: Bools


def breaches(load: DutyLoad, limits: DutyLimits) -> Breaches:
    """Compare what each officer does with the limits."""
    days = _groups(load.officer, load.duty_date)
    months = _groups(load.officer, _months(load.duty_date))
    minutes = np.where(load.counts, load.minutes, 0)
    overtime = np.where(load.counts, load.overtime, 0)
    return Breaches(
        third_segment=_running(np.ones(len(days), np.int64), days) > limits.segments_a_day,
        rest_short=_rests(load, days) < limits.rest,
        daily_limit=load.counts & (_running(minutes, days) > limits.day),
        monthly_limit=(overtime > 0) & (_running(overtime, months) > limits.overtime_month),
    )


def _groups(*columns: Ints) -> Ints:
    """Numbers of runs of equal rows, from 0."""
    if not len(columns[0]):
        return np.empty(0, np.int64)
    changes = np.zeros(len(columns[0]) - 1, bool)
    for column in columns:
        changes |= column[1:] != column[:-1]
    return np.concatenate(([0], np.cumsum(changes)))


def _running(amounts: Ints, group: Ints) -> Ints:
    """The sum up to each row, counted anew in every group."""
    sums = np.cumsum(amounts)
    first = np.searchsorted(group, group, "left")
    return sums - (sums[first] - amounts[first])


def _rests(load: DutyLoad, days: Ints) -> Ints:
    """Minutes of rest before the first duty of each date since the last of the date before it; large elsewhere.

    The time between the segments of one duty date is no rest between duties.
    """
    rests = np.full(len(days), np.iinfo(np.int64).max)
    rows = np.flatnonzero(load.counts)
    earlier, later = rows[:-1], rows[1:]
    follows = (load.officer[earlier] == load.officer[later]) & (days[earlier] != days[later])
    rests[later[follows]] = (load.begin[later] - load.end[earlier])[follows]
    return rests


def _months(duty_date: Ints) -> Ints:
    distinct, which = np.unique(duty_date, return_inverse=True)
    days = [date.fromordinal(int(ordinal)) for ordinal in distinct]
    return np.array([day.year * 12 + day.month for day in days], np.int64)[which]
