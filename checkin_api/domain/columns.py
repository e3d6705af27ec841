"""The facts about some officers as columns: an array a field, a row a duty or a punch; times in UTC since 1970."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from checkin_api.domain.ids import Direction, HoursRule
from checkin_api.domain.shifts import Duty, Shift

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Stands for a time or a number that is not there.
MISSING = int(np.iinfo(np.int64).min)
MICROSECONDS = 60_000_000
HOUR = 60
DAY_MINUTES = 24 * HOUR
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DIRECTIONS = list(Direction)
IN, OUT, AUTO = (DIRECTIONS.index(direction) for direction in (Direction.IN, Direction.OUT, Direction.AUTO))

_MINUTE = timedelta(minutes=1)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyColumns:
    """Duties, sorted by officer and start; times in minutes.

    ``kinds`` are the distinct duties (many officers share a date and a shift) and ``kind`` the position of a row's in
    them; ``officer`` and ``zone`` are positions in the caller's lists, ``zone`` -1 where none is named.
    """

    officer: Ints
    zone: Ints
    kind: Ints
    kinds: Sequence[Duty]
    patterns: Sequence[Shift]
    duty_date: Ints
    start: Ints
    end: Ints
    opens: Ints
    closes: Ints

    def __len__(self) -> int:
        return len(self.officer)

    def rule(self, field: str) -> Ints:
        """A number of each row's shift, such as its ``break_minutes``."""
        return np.array([getattr(shift, field) for shift in self.patterns], np.int64)[self.kind]

    def follows(self, rule: HoursRule) -> Bools:
        """Whether each row's shift counts hours by this rule."""
        return np.array([shift.hours_rule is rule for shift in self.patterns], bool)[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class PunchColumns:
    """Punches, sorted by officer, time, direction; ``at`` in microseconds, ``direction`` a position in ``DIRECTIONS``.

    ``zone`` is as in ``DutyColumns``; ``weak`` punches prove less than their zone requires.
    """

    officer: Ints
    at: Ints
    direction: Ints
    zone: Ints
    corrected: Bools
    weak: Bools
    voided: Bools

    def __len__(self) -> int:
        return len(self.officer)


def duty_columns(
    officer: Ints, kind: Ints, zone: Ints, *, kinds: Sequence[Duty], patterns: Sequence[Shift]
) -> DutyColumns:
    """Columns of duties given by their kind, in any order.

    Args:
        officer: Each row's officer.
        kind: Each row's position in ``kinds``.
        zone: Each row's zone, -1 for none.
        kinds: The distinct duties.
        patterns: The shift of each of them.
    """
    # Rows are ordered as `windows.assign` orders an officer's duties.
    ranks = np.empty(len(kinds), np.int64)
    ranks[sorted(range(len(kinds)), key=lambda n: (kinds[n].start, kinds[n].end, kinds[n].shift_code))] = range(
        len(kinds)
    )
    order = np.lexsort((ranks[kind], officer))
    kind = kind[order]
    return DutyColumns(
        officer=officer[order],
        zone=zone[order],
        kind=kind,
        kinds=kinds,
        patterns=patterns,
        duty_date=np.array([duty.duty_date.toordinal() for duty in kinds], np.int64)[kind],
        start=_minutes(duty.start for duty in kinds)[kind],
        end=_minutes(duty.end for duty in kinds)[kind],
        opens=_minutes(duty.opens for duty in kinds)[kind],
        closes=_minutes(duty.closes for duty in kinds)[kind],
    )


def punch_columns(**columns: npt.NDArray[Any]) -> PunchColumns:
    """Punches in any order; equal ones are told apart by all they hold, so that the order of rows changes nothing."""
    c = columns
    order = np.lexsort(
        (
            c["zone"],
            c["weak"],
            c["corrected"],
            c["voided"],
            c["direction"],
            c["direction"] == OUT,
            c["at"],
            c["officer"],
        )
    )
    return PunchColumns(**{name: column[order] for name, column in columns.items()})


def minutes_of(at: datetime) -> int:
    """An instant in whole minutes, rounded down."""
    return (at - EPOCH) // _MINUTE


def microseconds_of(at: datetime) -> int:
    """An instant in microseconds."""
    return (at - EPOCH) // _MICROSECOND


def instant(microseconds: int) -> datetime:
    """The instant again, in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)


def _minutes(times: Any) -> Ints:
    return np.array([minutes_of(at) for at in times], np.int64)
