"""Leave 請假: approved time off that covers a duty or moves its start or end (rule 10)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from checkin_api.domain.columns import Bools, DutyColumns, Ints, minutes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """An officer's approved leave, the end not included."""

    officer: int
    begin: datetime
    end: datetime
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Excused:
    """Duties after leave: which are covered whole, and when the others begin and end, in minutes."""

    whole: Bools
    start: Ints
    end: Ints


def excuse(duties: DutyColumns, leaves: Iterable[Leave]) -> Excused:
    """Take leave off the duties.

    Leave that covers the start moves it to the leave's end, leave that covers the end moves that to the leave's begin;
    leave in mid-duty moves nothing. What is left empty is covered whole, and so is what leaves on both sides have left
    of a duty, the break and no more. Leaves that touch or overlap are one.
    """
    start, end = duties.start.copy(), duties.end.copy()
    of_officer: defaultdict[int, list[Leave]] = defaultdict(list)
    for leave in leaves:
        of_officer[leave.officer].append(leave)
    for officer, its in of_officer.items():
        rows = slice(*np.searchsorted(duties.officer, (officer, officer + 1)))
        for begins, ends in _united(its):
            moved_start = np.where((begins <= start[rows]) & (start[rows] < ends), ends, start[rows])
            moved_end = np.where((begins < end[rows]) & (end[rows] <= ends), begins, end[rows])
            start[rows], end[rows] = moved_start, moved_end
    around_the_break = (start > duties.start) & (end < duties.end) & (end - start <= duties.rule("break_minutes"))
    whole = (start >= end) | around_the_break
    return Excused(whole, np.where(whole, duties.start, start), np.where(whole, duties.end, end))


def _united(leaves: Iterable[Leave]) -> list[tuple[int, int]]:
    united: list[tuple[int, int]] = []
    for begin, end in sorted((minutes_of(leave.begin), minutes_of(leave.end)) for leave in leaves):
        if united and begin <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((begin, end))
    return united
