"""Rules on start and end: of outages each by itself, of leave also against other leave of the file."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import numpy as np

from checkin_api.domain.overlaps import overlaps
from checkin_api.imports.columns import Line
from checkin_api.imports.outcome import ProblemLog


def check_order(lines: Iterable[Line], problems: ProblemLog) -> None:
    """Note every line whose end is not after its start; an empty end means that it lasts."""
    for number, cells in lines:
        end = cells.get("end")
        if end is not None and end <= cells["start"]:
            problems.add(number, "end", "結束不晚於開始 / the end is not after the start")


def check_leave(lines: Iterable[Line], problems: ProblemLog) -> None:
    """Note every line whose end is not after its start, and leave that overlaps other leave of the file."""
    kept = list(lines)
    check_order(kept, problems)
    numbers = [number for number, _ in kept]
    spans = [(cells["staff_no"], cells["start"], cells["end"]) for _, cells in kept]
    for pair in overlapping(spans):
        first, second = sorted(numbers[at] for at in pair)
        problems.add(second, "start", f"與第 {first} 行的請假重疊 / overlaps the leave of line {first}")


def overlapping(spans: Sequence[tuple[str | int, datetime, datetime]]) -> Iterator[tuple[int, int]]:
    """The positions of leave (officer, begin, end) of one officer that overlaps, to the second."""
    begins = np.array([int(begin.timestamp()) for _, begin, _ in spans], np.int64)
    ends = np.array([int(end.timestamp()) for _, _, end in spans], np.int64)
    return overlaps([officer for officer, _, _ in spans], begins, ends)
