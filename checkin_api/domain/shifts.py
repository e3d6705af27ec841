"""When a duty is: shifts, their windows, and the only place where a duty date becomes an instant."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from checkin_api.domain.ids import HoursRule

DAY = timedelta(days=1)
# How far a window reaches from its duty date: a duty lasts at most 24 hours, its window at most 24 more either way.
REACH = 2 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A duty pattern 班別; the defaults are those of the attendance rules."""

    code: str
    name: str
    start: time
    end: time
    break_minutes: int = 0
    late_grace_minutes: int = 0
    early_grace_minutes: int = 0
    opens_before_minutes: int = 120
    closes_after_minutes: int = 240
    hours_rule: HoursRule = HoursRule.FIRST_LAST
    half_day_below_minutes: int = 0
    absent_below_minutes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One officer's duty on one duty date, as instants in UTC; the window includes both its ends."""

    duty_date: date
    shift_code: str
    start: datetime
    end: datetime
    opens: datetime
    closes: datetime

    def window_contains(self, at: datetime) -> bool:
        """Whether a punch at this instant may belong to the duty."""
        return self.opens <= at <= self.closes


def duty_on(duty_date: date, shift: Shift, zone: ZoneInfo) -> Duty:
    """The duty that starts on a local date.

    An end not after the start is on the next day; equal start and end mean 24 hours. Wall-clock times are read in the
    site's zone, so a duty across a daylight-saving change is an hour shorter or longer than the clock face says.
    """
    start = datetime.combine(duty_date, shift.start, zone).astimezone(UTC)
    end_date = duty_date if shift.end > shift.start else duty_date + DAY
    end = datetime.combine(end_date, shift.end, zone).astimezone(UTC)
    return Duty(
        duty_date=duty_date,
        shift_code=shift.code,
        start=start,
        end=end,
        opens=start - timedelta(minutes=shift.opens_before_minutes),
        closes=end + timedelta(minutes=shift.closes_after_minutes),
    )


def local_day(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A local calendar date as a half-open interval in UTC."""
    begin = datetime.combine(day, time.min, zone).astimezone(UTC)
    return begin, datetime.combine(day + DAY, time.min, zone).astimezone(UTC)


def local_date(at: datetime, zone: ZoneInfo) -> date:
    """The calendar date that people at the site see at an instant."""
    return at.astimezone(zone).date()
