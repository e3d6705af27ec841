"""Dates as signed documents in Taiwan have them: years of the Republic (民國)."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

# The first year of the Republic is 1912.
_YEAR_BEFORE = 1911


def roc_month(day: date) -> str:
    """A month as a heading: 民國 115 年 11 月."""
    return f"民國 {day.year - _YEAR_BEFORE} 年 {day.month} 月"


def roc_time(at: datetime, zone: ZoneInfo) -> str:
    """An instant, local and to the minute: 115/12/01 08:00."""
    local = at.astimezone(zone)
    return f"{local.year - _YEAR_BEFORE}/{local:%m/%d %H:%M}"


def roc_date(day: date) -> str:
    """A date: 115/12/01."""
    return f"{day.year - _YEAR_BEFORE}/{day:%m/%d}"


def roc_text(text: str) -> str:
    """A date or a local time as facts have it in ISO 8601, in years of the Republic; any other text as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return roc_date(at) if len(text) == len("2026-12-01") else f"{roc_date(at)} {at:%H:%M:%S}"
