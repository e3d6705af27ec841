"""How long each kind of data is kept, by the settings: the one place that the notice and the purge take it from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from checkin_api.config import YEAR_DAYS, Settings
from checkin_api.domain.purges import period_words

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
        zh, en = period_words(self.days)
        before, after = _SINCE[self.since]
        return f"{before}{zh}", f"{en}{after}"

    def before(self, now: datetime) -> datetime | None:
        """Older than this is past the period; years are those of the calendar, as a law that says five years means."""
        if self.days is None:
            return None
        years, rest = divmod(self.days, YEAR_DAYS)
        return now - timedelta(self.days) if rest or not years else _years_before(now, years)


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

# These are a part of a punch, or prove one, and have no period of their own.
FOLLOWS_PUNCHES = ("proofs", "position", "handset")


def retention(settings: Settings) -> Mapping[str, Period]:
    """The periods in force, by the rows of the notice's table."""
    s = settings
    punches = Period(s.retention_punches)
    return MappingProxyType(
        {
            "person": Period(s.retention_person, Since.SERVICE_ENDED),
            "account": Period(s.retention_account, Since.ENDED),
            "codes": Period(s.retention_codes),
            "roster": Period(s.retention_roster),
            "punches": punches,
            **dict.fromkeys(FOLLOWS_PUNCHES, punches),
            "presences": Period(s.retention_presences),
            "site_sightings": Period(s.retention_site_sightings),
            "refusals": Period(s.retention_refusals),
            "corrections": Period(s.retention_corrections),
            "inbox": Period(s.retention_inbox),
            "replies": Period(s.retention_replies),
            "phone_check": Period(s.retention_phone_check),
            "reminders": Period(s.retention_reminders),
            "devices": Period(s.retention_devices, Since.ENDED),
            "consents": Period(s.retention_consents, Since.SERVICE_ENDED),
            "requests": Period(s.retention_requests),
            "calendar": Period(None, Since.ENDED),
            "alarms": Period(s.retention_alarms),
            # Each entry's hash covers the one before it: without one of them the others prove nothing.
            "audit": Period(None),
            "reports": Period(s.retention_reports),
        }
    )
