"""How long each kind of data is kept: the product's defaults, and the one place that the notice takes them from."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

_YEAR = 365


class Since(StrEnum):
    """From when a period counts."""

    RECORDED = "recorded"
    SERVICE_ENDED = "service_ended"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Period:
    """So many days since something; without days it is kept until its officer ends it, and no longer."""

    days: int | None
    since: Since = Since.RECORDED

    def words(self) -> tuple[str, str]:
        """The period in zh-TW and English."""
        if self.days is None:
            return "到您停用為止", "until you end it"
        years, rest = divmod(self.days, _YEAR)
        zh, en = (f"{self.days} 天", f"{self.days} days") if rest or not years else (f"{years} 年", _years(years))
        before, after = _SINCE[self.since]
        return f"{before}{zh}", f"{en}{after}"


def _years(years: int) -> str:
    return "1 year" if years == 1 else f"{years} years"


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
        "calendar": Period(None),
        "alarms": Period(_YEAR),
        "audit": Period(5 * _YEAR),
        "reports": _ATTENDANCE,
    }
)
