"""Working days of office staff: weekends, public holidays and make-up days of Taiwan."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType

import holidays

_NO_OVERRIDES: Mapping[date, bool] = MappingProxyType({})


def is_working_day(day: date, overrides: Mapping[date, bool] = _NO_OVERRIDES) -> bool:
    """Whether office staff work on a date.

    Args:
        day: A local date.
        overrides: What the government's calendar says of a date (True: work); it wins over the ``holidays`` package.
    """
    if day in overrides:
        return overrides[day]
    return bool(_taiwan().is_working_day(day))


@cache
def _taiwan() -> holidays.HolidayBase:
    return holidays.country_holidays("TW")
