"""Dates, months and periods as a request may name them."""

import re
from datetime import date, timedelta

from checkin_api.web.errors import ProblemError

# A computation over more is a report, ordered and waited for.
LONGEST_DAYS = 62
# A day has days around it that are looked at too, so the calendar's own ends are out of reach.
FIRST_YEAR, LAST_YEAR = 2000, 2199
# What to do about more, where a report answers the same question.
ORDER = ("更長請產製報表", "for more, order a report")
# The first and the last of them, both included.
Days = tuple[date, date]

_MONTH = re.compile(r"(?P<year>[0-9]{4})-(?P<month>0[1-9]|1[0-2])")


def as_day(text: str) -> date | None:
    """The date that a text YYYY-MM-DD is; None of any other, and of one that is out of reach."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def as_month(text: str) -> Days | None:
    """The first and last day of the month that a text YYYY-MM is; None of any other."""
    parts = _MONTH.fullmatch(text)
    if parts is None or not FIRST_YEAR <= int(parts["year"]) <= LAST_YEAR:
        return None
    first = date(int(parts["year"]), int(parts["month"]), 1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def insist_on_period(first: date, last: date, advice: tuple[str, str] = ORDER) -> None:
    """Refuse two dates that are no period, or too long a one; the advice says how to come by more.

    Raises:
        ProblemError: 422.
    """
    if not first <= last < first + timedelta(days=LONGEST_DAYS):
        raise ProblemError(
            422,
            "validation_failed",
            f"期間須由前到後，最多 {LONGEST_DAYS} 天；{advice[0]}"
            f" / from the earlier to the later date, at most {LONGEST_DAYS} days; {advice[1]}",
        )
