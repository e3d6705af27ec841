"""What an address of the console may say, read with care: a wrong one is refused in words."""

import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from flask import request

from checkin_api.web.errors import ProblemError

_E = TypeVar("_E", bound=StrEnum)
_MONTH = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})")
# A computation over more is a report, ordered and waited for.
LONGEST_DAYS = 62
_FIRST_YEAR, _LAST_YEAR = 2000, 2199


def day(name: str, otherwise: date) -> date:
    """A date YYYY-MM-DD.

    Raises:
        ProblemError: 422, it is none.
    """
    text = request.values.get(name, "")
    try:
        found = date.fromisoformat(text) if text else otherwise
    except ValueError:
        raise _wrong(name, "2026-11-29") from None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise _wrong(name, "2026-11-29")
    return found


def a_day(text: str) -> date:
    """A date YYYY-MM-DD that is a part of the address.

    Raises:
        ProblemError: 404, it is none.
    """
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise ProblemError(404, "not_found", "網址中的日期不正確 / the date in the address is none")
    return found


def month(name: str, otherwise: date) -> tuple[date, date]:
    """A month YYYY-MM, as its first and last day.

    Raises:
        ProblemError: 422, it is none.
    """
    text = request.values.get(name, "") or f"{otherwise:%Y-%m}"
    parts = _MONTH.fullmatch(text)
    if not parts or not _FIRST_YEAR <= int(parts["year"]) <= _LAST_YEAR or not 1 <= int(parts["month"]) <= 12:  # noqa: PLR2004
        raise _wrong(name, "2026-11")
    first = date(int(parts["year"]), int(parts["month"]), 1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def period(otherwise: tuple[date, date]) -> tuple[date, date]:
    """Two dates ``from`` and ``to``, both included, not too far apart.

    Raises:
        ProblemError: 422, they are none.
    """
    first, last = day("from", otherwise[0]), day("to", otherwise[1])
    if not first <= last < first + timedelta(days=LONGEST_DAYS):
        raise ProblemError(
            422,
            "validation_failed",
            f"期間須由前到後，最多 {LONGEST_DAYS} 天；更長請產製報表"
            f" / from the earlier to the later date, at most {LONGEST_DAYS} days; for more, order a report",
        )
    return first, last


def moment(name: str, zone: ZoneInfo) -> datetime | None:
    """A local date and time YYYY-MM-DDTHH:MM, or none.

    Raises:
        ProblemError: 422, it is none.
    """
    text = request.values.get(name, "")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(name, "2026-11-29T08:00") from None
    if found.tzinfo is not None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise _wrong(name, "2026-11-29T08:00")
    return found.replace(tzinfo=zone)


def one_of(name: str, kind: type[_E]) -> _E | None:
    """A word of a closed set, or none.

    Raises:
        ProblemError: 422, there is no such word.
    """
    text = request.values.get(name, "")
    try:
        return kind(text) if text else None
    except ValueError:
        raise _wrong(name, ", ".join(kind)) from None


def number(name: str, *, otherwise: int = 1, largest: int = 1_000_000) -> int:
    """A number from 1.

    Raises:
        ProblemError: 422, it is none.
    """
    text = request.values.get(name, "") or str(otherwise)
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= largest:
        raise _wrong(name, "1")
    return int(text)


def _wrong(name: str, example: str) -> ProblemError:
    return ProblemError(
        422,
        "validation_failed",
        f"網址參數 {name} 不正確，例如 {example} / {name} is not as described, such as {example}",
    )
