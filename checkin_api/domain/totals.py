"""Totals of duty records per officer: days by status, minutes by kind, overtime in hours with the rests pooled."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from checkin_api.domain.columns import HOUR, MISSING, Bools, Ints
from checkin_api.domain.ids import Flag, Status
from checkin_api.domain.records import RecordColumns
from checkin_api.domain.status import FLAGS, STATUSES

_MINUTES = ("worked", "late", "early", "overtime", "before", "night", "day", "evening")


@dataclass(frozen=True, slots=True)
class Totals:
    """One officer's totals of a period.

    ``overtime_hours`` are the whole hours of overtime candidates of each duty, ``pooled_hours`` the whole hours in what
    those leave over, added up (餘數併計), and ``left_minutes`` what is left after that.
    """

    statuses: Mapping[Status, int]
    flags: Mapping[Flag, int]
    minutes: Mapping[str, int]
    overtime_hours: int
    pooled_hours: int
    left_minutes: int


def totals(columns: RecordColumns, chosen: Bools, *, officers: int) -> list[Totals]:
    """The totals of each officer over the chosen records; what is not known counts as nothing.

    Args:
        columns: Records of some officers.
        chosen: Which of them, for example those of a month.
        officers: How many officers there are.
    """
    officer, status, flags = columns.officer[chosen], columns.status[chosen], columns.flags[chosen]
    statuses = _counts(officer, [status == number for number in range(len(STATUSES))], officers)
    flagged = _counts(officer, [flags >> number & 1 == 1 for number in range(len(FLAGS))], officers)
    known = {name: _known(getattr(columns, name)[chosen]) for name in _MINUTES}
    minutes = {name: _sums(officer, values, officers) for name, values in known.items()}
    hours = _sums(officer, known["overtime"] // HOUR, officers)
    rests = _sums(officer, known["overtime"] % HOUR, officers)
    return [
        Totals(
            dict(zip(STATUSES, statuses[number], strict=True)),
            dict(zip(FLAGS, flagged[number], strict=True)),
            {name: values[number] for name, values in minutes.items()},
            hours[number],
            rests[number] // HOUR,
            rests[number] % HOUR,
        )
        for number in range(officers)
    ]


def _known(minutes: Ints) -> Ints:
    return np.where(minutes == MISSING, 0, minutes)


def _sums(officer: Ints, amounts: Ints, officers: int) -> list[int]:
    sums: Ints = np.bincount(officer, weights=amounts, minlength=officers).astype(np.int64)
    return [int(total) for total in sums]


def _counts(officer: Ints, holds: list[Bools], officers: int) -> list[list[int]]:
    """For each officer, how many of its records each of the conditions holds for."""
    table = np.array([np.bincount(officer[rows], minlength=officers) for rows in holds])
    counts: list[list[int]] = table.T.tolist()
    return counts
