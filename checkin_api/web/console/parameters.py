"""What an address of the console may say, read with care: a wrong one is refused in words."""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from flask import request

from checkin_api.web.errors import ProblemError
from checkin_api.web.periods import FIRST_YEAR, LAST_YEAR, ORDER, as_day, as_month, insist_on_period

_E = TypeVar("_E", bound=StrEnum)


def day(name: str, otherwise: date) -> date:
    """A date YYYY-MM-DD.

    Raises:
        ProblemError: 422, it is none.
    """
    text = request.values.get(name, "")
    found = as_day(text) if text else otherwise
    if found is None:
        raise _wrong(name, "2026-11-29")
    return found


def a_day(text: str) -> date:
    """A date YYYY-MM-DD that is a part of the address.

    Raises:
        ProblemError: 404, it is none.
    """
    found = as_day(text)
    if found is None:
        raise ProblemError(404, "not_found", "網址中的日期不正確 / the date in the address is none")
    return found


def month(name: str, otherwise: date) -> tuple[date, date]:
    """A month YYYY-MM, as its first and last day.

    Raises:
        ProblemError: 422, it is none.
    """
    found = as_month(request.values.get(name, "") or f"{otherwise:%Y-%m}")
    if found is None:
        raise _wrong(name, "2026-11")
    return found


def period(otherwise: tuple[date, date], advice: tuple[str, str] = ORDER) -> tuple[date, date]:
    """Two dates ``from`` and ``to``, both included, not too far apart; the advice says how to come by more.

    Raises:
        ProblemError: 422, they are none.
    """
    first, last = day("from", otherwise[0]), day("to", otherwise[1])
    insist_on_period(first, last, advice)
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
    if found.tzinfo is not None or not FIRST_YEAR <= found.year <= LAST_YEAR:
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
