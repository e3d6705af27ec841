"""How long each kind of data is kept: the product's defaults, and the one place that the notice takes them from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

_YEAR = 365
_FEBRUARY, _LEAP_DAY = 2, 29


class Since(StrEnum):
    """From when a period counts."""

    RECORDED = "recorded"
    SERVICE_ENDED = "service_ended"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Period:
    """So many days since something; without days it is kept until it is ended, or for good if nothing ends it."""

    days: int | None
    since: Since = Since.RECORDED

    def words(self) -> tuple[str, str]:
        """The period in zh-TW and English."""
        if self.days is None:
            return _WITHOUT_DAYS[self.since]
        years, rest = divmod(self.days, _YEAR)
        zh, en = (f"{self.days} 天", f"{self.days} days") if rest or not years else (f"{years} 年", _years(years))
        before, after = _SINCE[self.since]
        return f"{before}{zh}", f"{en}{after}"

    def before(self, now: datetime) -> datetime | None:
        """Older than this is past the period; years are those of the calendar, as a law that says five years means."""
        if self.days is None:
            return None
        years, rest = divmod(self.days, _YEAR)
        return now - timedelta(self.days) if rest or not years else _years_before(now, years)


def _years(years: int) -> str:
    return "1 year" if years == 1 else f"{years} years"


def _years_before(now: datetime, years: int) -> datetime:
    at = now.astimezone(UTC)
    day = 28 if (at.month, at.day) == (_FEBRUARY, _LEAP_DAY) else at.day
    return at.replace(year=at.year - years, day=day)


_WITHOUT_DAYS = {
    Since.RECORDED: ("不刪除", "for good"),
    Since.ENDED: ("到您停用為止", "until you end it"),
}
_SINCE = {
    Since.RECORDED: ("", ""),
    Since.SERVICE_ENDED: ("離職後 ", " after you leave the service"),
    Since.ENDED: ("停用後 ", " after it has ended"),
}

# Source: Labour Standards Act, article 30 paragraph 5: attendance records are kept for five years; contract staff are
# under it, and one rule for everybody is simpler than two.
_ATTENDANCE = Period(5 * _YEAR)

# By the rows of the notice's table.
RETENTION: Mapping[str, Period] = MappingProxyType(
    {
        "person": Period(5 * _YEAR, Since.SERVICE_ENDED),
        "account": Period(5 * _YEAR, Since.ENDED),
        "codes": Period(90),
        "roster": _ATTENDANCE,
        "punches": _ATTENDANCE,
        "proofs": _ATTENDANCE,
        "presences": Period(30),
        "site_sightings": Period(7),
        "position": _ATTENDANCE,
        "refusals": Period(_YEAR),
        "corrections": _ATTENDANCE,
        "inbox": Period(90),
        "replies": Period(90),
        "handset": _ATTENDANCE,
        "phone_check": Period(_YEAR),
        "reminders": Period(_YEAR),
        "devices": Period(5 * _YEAR, Since.ENDED),
        "consents": Period(5 * _YEAR, Since.SERVICE_ENDED),
        "requests": Period(5 * _YEAR),
        "calendar": Period(None, Since.ENDED),
        "alarms": Period(_YEAR),
        # Each entry's hash covers the one before it: without one of them the others prove nothing.
        "audit": Period(None),
        "reports": _ATTENDANCE,
    }
)
