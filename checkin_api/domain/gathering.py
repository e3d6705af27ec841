"""From rows, one by one, to the columns that the rules work on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from checkin_api.domain.columns import (
    DIRECTIONS,
    DutyColumns,
    Ints,
    PunchColumns,
    duty_columns,
    microseconds_of,
    punch_columns,
)
from checkin_api.domain.ids import Direction
from checkin_api.domain.shifts import Shift, duty_on


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRow:
    """One duty of the roster; ``officer``, ``shift`` and ``zone`` are positions, ``zone`` -1 for none."""

    officer: int
    duty_date: date
    shift: int
    zone: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class PunchRow:
    """One punch; ``officer`` and ``zone`` are positions, ``zone`` -1 for none."""

    officer: int
    at: datetime
    direction: Direction
    zone: int = -1
    corrected: bool = False
    weak: bool = False
    voided: bool = False


def gather_duties(rows: Sequence[RosterRow], shifts: Sequence[Shift], zones: Sequence[ZoneInfo]) -> DutyColumns:
    """Duties of roster rows; ``zones`` are time zones by position, the last one for rows that name none."""
    table = [(row.officer, row.duty_date.toordinal(), row.shift, row.zone) for row in rows]
    return roster_duties(np.array(table, np.int64).reshape(-1, 4), shifts, zones)


def roster_duties(roster: Ints, shifts: Sequence[Shift], zones: Sequence[ZoneInfo]) -> DutyColumns:
    """Duties of a roster with the columns officer, duty date (an ordinal), shift, zone.

    Each distinct date, shift and time zone is worked out once.
    """
    officer, day, shift, zone = roster.T
    places = list(dict.fromkeys(zones))
    place = np.array([places.index(zone_) for zone_ in zones], np.int64)[zone]
    code = (day * len(shifts) + shift) * len(places) + place
    distinct, kind = np.unique(code, return_inverse=True)
    kinds, patterns = [], []
    for number in distinct.tolist():
        rest, place_number = divmod(number, len(places))
        ordinal, shift_number = divmod(rest, len(shifts))
        kinds.append(duty_on(date.fromordinal(ordinal), shifts[shift_number], places[place_number]))
        patterns.append(shifts[shift_number])
    return duty_columns(officer, kind, zone, kinds=kinds, patterns=patterns)


def gather_punches(rows: Iterable[PunchRow]) -> PunchColumns:
    """Punches of rows."""
    rows = list(rows)
    return punch_columns(
        officer=np.array([row.officer for row in rows], np.int64),
        at=np.array([microseconds_of(row.at) for row in rows], np.int64),
        direction=np.array([DIRECTIONS.index(row.direction) for row in rows], np.int64),
        zone=np.array([row.zone for row in rows], np.int64),
        corrected=np.array([row.corrected for row in rows], bool),
        weak=np.array([row.weak for row in rows], bool),
        voided=np.array([row.voided for row in rows], bool),
    )
