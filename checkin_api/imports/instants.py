"""The text of one cell as a time: duty dates, instants with offset, the begin and the end of leave."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from checkin_api.domain.shifts import local_day
from checkin_api.imports.cells import CellError, iso_date
from checkin_api.imports.outcome import shown

# Where a duty, leave or a punch can be: a slip like 0226 for 2026 must not reach the rules.
_YEARS = range(2000, 2100)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
    r"(?P<offset>Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
)
# No place on earth is farther from UTC (IANA tz database, Pacific/Kiritimati).
_MOST_OFFSET = timedelta(hours=14)


def duty_date(cell: str) -> date:
    """A date ``YYYY-MM-DD`` between 2000 and 2099."""
    if _DATE.fullmatch(cell):
        require_year(cell)
    return iso_date(cell)


def instant(cell: str) -> datetime:
    """An instant in ISO 8601 with its offset, ``2026-11-23T08:00+08:00``, as UTC."""
    found = _INSTANT.fullmatch(cell)
    if not found:
        raise _not_an_instant(cell)
    if not found["offset"]:
        raise CellError(f"缺時差，例如 +08:00 / has no offset such as +08:00: {shown(cell)}")
    require_year(cell)
    try:
        at = datetime.fromisoformat(cell)
    except ValueError:
        raise _not_an_instant(cell) from None
    offset = at.utcoffset()
    if offset is None or abs(offset) > _MOST_OFFSET:
        raise CellError(f"時差超過 14 小時 / the offset is over 14 hours: {shown(cell)}")
    return at.astimezone(UTC)


def leave_begin(cell: str, zone: ZoneInfo) -> datetime:
    """An instant, or a plain date for its first moment in the time zone."""
    if _DATE.fullmatch(cell):
        return local_day(duty_date(cell), zone)[0]
    return instant(cell)


def leave_end(cell: str, zone: ZoneInfo) -> datetime:
    """An instant, or a plain date for its end: the date itself is included."""
    if _DATE.fullmatch(cell):
        return local_day(duty_date(cell), zone)[1]
    return instant(cell)


def require_year(cell: str) -> None:
    """Refuse a date or time, which begins with its year, outside this century."""
    if int(cell[:4]) not in _YEARS:
        first, last = _YEARS[0], _YEARS[-1]
        raise CellError(f"年份須為 {first} 到 {last} / the year must be {first} to {last}: {shown(cell)}")


def _not_an_instant(cell: str) -> CellError:
    return CellError(
        f"須為 ISO 8601 時間含時差 / must be ISO 8601 with offset such as 2026-11-23T08:00+08:00: {shown(cell)}"
    )
