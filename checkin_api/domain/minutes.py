"""Whole minutes of a duty record: worked, late, early, beside the duty, and by time of day (rules 5 to 9).

A record is kept to the minute: IN and OUT are rounded down to it before anything is counted, so that 08:00:59 is 08:00
for the officer as for the clock on the wall, and the parts of a span add up to the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from checkin_api.domain.columns import DAY_MINUTES, EPOCH, MICROSECONDS, MISSING, Bools, Ints, minutes_of
from checkin_api.domain.shifts import DAY

# Where the parts of a day begin. Source: attendance rule 9.
_PARTS = (time(0), time(6), time(18))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucketed:
    """The worked span of each record by local time of day: 00-06, 06-18, 18-24; they add up to ``span``."""

    span: Ints
    night: Ints
    day: Ints
    evening: Ints

    def where(self, known: Bools) -> dict[str, Ints]:
        """The parts by name, missing where IN or OUT is not known."""
        return {name: np.where(known, getattr(self, name), MISSING) for name in ("night", "day", "evening")}


@dataclass(frozen=True, slots=True)
class _LocalDays:
    """When the parts of each local date begin, in minutes; a part may be shorter or longer at a change of clocks."""

    starts: Ints
    before: Ints

    def up_to(self, part: int, at: Ints) -> Ints:
        """How many minutes of a part of the day have passed from the first date up to an instant."""
        row = np.clip(np.searchsorted(self.starts[:, 0], at, "right") - 1, 0, len(self.starts) - 1)
        begin, end = self.starts[row, part], self.starts[row, part + 1]
        passed: Ints = self.before[row, part] + np.clip(at, begin, end) - begin
        return passed


def to_minute(at: Ints) -> Ints:
    """Microseconds to whole minutes, rounded down; what is missing stays missing."""
    return np.where(at == MISSING, MISSING, at // MICROSECONDS)


def beyond(limit: Ints, at: Ints, *, grace: Ints | int = 0) -> Ints:
    """How many minutes ``at`` lies after ``limit``; 0 unless by more than the grace, missing where either is."""
    by = at - limit
    return np.where((at == MISSING) | (limit == MISSING), MISSING, np.where(by > np.maximum(grace, 0), by, 0))


def worked(bucketed: Bucketed, known: Bools, less: Ints) -> Ints:
    """Minutes worked: the spans less the break, never negative; missing unless both IN and OUT are known."""
    return np.where(known, np.maximum(bucketed.span - less, 0), MISSING)


def bucket(spans: Ints, count: int, zone: Ints, zones: Sequence[ZoneInfo]) -> Bucketed:
    """Add up the spans of each record by local time of day.

    Args:
        spans: A row each: the record, begin and end in microseconds.
        count: How many records there are.
        zone: Each record's position in ``zones``.
        zones: Time zones.
    """
    record, begin, end = spans[:, 0], to_minute(spans[:, 1]), to_minute(spans[:, 2])
    parts = [np.zeros(count, np.int64) for _ in _PARTS]
    for number in np.unique(zone[record]):
        here = zone[record] == number
        days = _days_around(zones[number], int(begin[here].min()), int(end[here].max()))
        for part, total in enumerate(parts):
            np.add.at(total, record[here], days.up_to(part, end[here]) - days.up_to(part, begin[here]))
    return Bucketed(span=parts[0] + parts[1] + parts[2], night=parts[0], day=parts[1], evening=parts[2])


def _days_around(zone: ZoneInfo, first: int, last: int) -> _LocalDays:
    """The local days of an interval; whole months, so that neighbouring blocks of officers find them again."""
    from_day, to_day = (EPOCH.date() + DAY * (at // DAY_MINUTES) for at in (first, last))
    from_day, to_day = from_day - DAY, to_day + 2 * DAY
    return _local_days(zone, from_day.replace(day=1), to_day)


@lru_cache(64)
def _local_days(zone: ZoneInfo, first: date, last: date) -> _LocalDays:
    days = [first + DAY * number for number in range((last - first).days + 1)]
    rows = [[minutes_of(datetime.combine(day, part, zone)) for part in _PARTS] for day in days]
    starts = np.array([[*row, following[0]] for row, following in pairwise(rows)], np.int64)
    lengths = np.diff(starts, axis=1)
    return _LocalDays(starts, np.cumsum(lengths, axis=0) - lengths)
