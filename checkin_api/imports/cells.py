"""The text of one cell as a value: parsers that return it or say in both languages what is wrong."""

import re
from collections.abc import Callable
from datetime import date, time
from enum import StrEnum
from functools import cache
from typing import TypeAlias
from zoneinfo import available_timezones

from checkin_api.imports.outcome import shown
from hardware.frames import FrameError, parse_hwid

Parser: TypeAlias = Callable[[str], object]

# Years that a duty or a career can be in; the calendar's own ends overflow in time-zone arithmetic.
_YEARS = range(1900, 2200)
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,15})?")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_TRUE = frozenset({"true", "1", "yes", "是"})
_FALSE = frozenset({"false", "0", "no", "否"})
# Control characters, invisible and direction-changing ones (a staff number must not look like another), and U+FFFD,
# which some program wrote in the place of a character that it lost.
_FORBIDDEN = re.compile("[\0-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffd]")


class CellError(ValueError):
    """What is wrong with one cell."""


def clean(cell: str) -> str:
    """The cell without surrounding spaces; nothing invisible is let in."""
    found = _FORBIDDEN.search(cell)
    if found:
        code = f"U+{ord(found[0]):04X}"
        raise CellError(f"含有不可見或遺失的字元 {code} / invisible or lost character {code}: {shown(cell)}")
    return cell.strip()


def text(cell: str) -> str:
    """Text as it stands; a leading ``=`` or ``+`` too, which an export guards and ``Column`` has freed again."""
    return cell


def whole_number(least: int, most: int) -> Parser:
    """A parser of whole numbers in a range, both ends included."""

    def parse(cell: str) -> int:
        if not _WHOLE_NUMBER.fullmatch(cell) or not least <= int(cell) <= most:
            raise CellError(f"須為 {least} 到 {most} 的整數 / must be a whole number {least} to {most}: {shown(cell)}")
        return int(cell)

    return parse


def degrees(limit: int) -> Parser:
    """A parser of decimal degrees up to a limit in both directions."""

    def parse(cell: str) -> float:
        if not _DECIMAL.fullmatch(cell) or abs(float(cell)) > limit:
            raise CellError(f"須為 -{limit} 到 {limit} 的度數 / must be degrees -{limit} to {limit}: {shown(cell)}")
        return float(cell)

    return parse


def time_of_day(cell: str) -> time:
    """A wall-clock time ``HH:MM``."""
    found = _TIME.fullmatch(cell)
    if not found:
        raise CellError(f"時間須為 HH:MM / must be a time HH:MM such as 08:30: {shown(cell)}")
    return time(int(found[1]), int(found[2]))


def iso_date(cell: str) -> date:
    """A date ``YYYY-MM-DD``."""
    found = _DATE.fullmatch(cell)
    try:
        if found and int(found[1]) in _YEARS:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise CellError(f"日期須為西元 YYYY-MM-DD / must be a date such as 2026-11-23: {shown(cell)}")


def boolean(cell: str) -> bool:
    """Yes or no, in the words that people and spreadsheets write."""
    word = cell.casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise CellError(f"須為 是 或 否 / must be yes or no, true or false, 1 or 0: {shown(cell)}")


def one_of(words: type[StrEnum]) -> Parser:
    """A parser of the words of a closed set."""
    allowed = "|".join(words)

    def parse(cell: str) -> StrEnum:
        try:
            return words(cell)
        except ValueError:
            raise CellError(f"只能是 {allowed} 之一 / must be one of {allowed}: {shown(cell)}") from None

    return parse


def hardware_id(cell: str) -> str:
    """A hardware ID of 10 hex digits, in lower case."""
    try:
        return parse_hwid(cell)
    except FrameError:
        raise CellError(f"須為 10 位十六進位數字 / must be 10 hex digits: {shown(cell)}") from None


def timezone(cell: str) -> str:
    """The name of an IANA time zone."""
    if cell not in _timezones():
        raise CellError(f"不是 IANA 時區名稱 / not an IANA time zone such as Asia/Taipei: {shown(cell)}")
    return cell


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())
