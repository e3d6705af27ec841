"""The government's calendar 行政機關辦公日曆表: its cells, and its days as a whole."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from itertools import pairwise

from checkin_api.domain.shifts import DAY
from checkin_api.imports.cells import CellError
from checkin_api.imports.columns import Line
from checkin_api.imports.instants import require_year
from checkin_api.imports.outcome import ProblemLog, shown

# 「政府行政機關辦公日曆表」, https://data.gov.tw/dataset/14718: 是否放假 is 0 on a working day, 2 on a day off.
_IS_WORKING = {"0": True, "2": False}
# In the order of date.weekday().
WEEKDAYS = "一二三四五六日"
_COMPACT = re.compile(r"[0-9]{8}")


def compact_date(cell: str) -> date:
    """A date ``YYYYMMDD``."""
    if _COMPACT.fullmatch(cell):
        require_year(cell)
        with suppress(ValueError):
            return date.fromisoformat(cell)
    raise CellError(f"日期須為西元 YYYYMMDD / must be a date such as 20261123: {shown(cell)}")


def weekday(cell: str) -> int:
    """A day of the week, 一 to 日, as ``date.weekday`` counts."""
    if len(cell) != 1 or cell not in WEEKDAYS:
        raise CellError(f"須為 日一二三四五六 之一 / must be one of 日一二三四五六: {shown(cell)}")
    return WEEKDAYS.index(cell)


def is_working(cell: str) -> bool:
    """Whether the government works: 0 yes, 2 no."""
    if cell not in _IS_WORKING:
        raise CellError(f"只能是 0（上班）或 2（放假） / must be 0 for work or 2 for off: {shown(cell)}")
    return _IS_WORKING[cell]


def check_days(lines: Iterable[Line], problems: ProblemLog) -> None:
    """Note every day of the week that does not fit its date, else every gap between the first date and the last."""
    days: dict[date, int] = {}
    for number, cells in lines:
        day = cells["西元日期"]
        days[day] = number
        right = day.weekday()
        if cells["星期"] != right:
            problems.add(number, "星期", f"{day} 是星期{WEEKDAYS[right]} / {day} is a {day:%A}")
    # A line that cannot be read is no second problem of the day that it was about.
    if problems:
        return
    ordered = sorted(days)
    for before, after in pairwise(ordered):
        if after - before > DAY:
            missing = dates(before + DAY, after - DAY)
            problems.add(days[after], "西元日期", f"之前缺少 {missing} / missing before it: {missing}")


def dates(first: date, last: date) -> str:
    """A span of dates in words, both ends included."""
    return str(first) if first == last else f"{first}…{last}"
