"""The monthly message quota: counted per recipient, not per bubble; replies are free."""

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone

# The reference does not name the zone of "this month"; LINE's own statistics are in UTC+9.
_LINE_TIME = timezone(timedelta(hours=9))


class Quota:
    """Messages sent this month. Not thread-safe by itself: the platform's lock is held around each call."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._used: Counter[str] = Counter()

    def used(self, now: float) -> int:
        """Return the messages counted in the month of `now`."""
        return self._used[_month(now)]

    def spend(self, recipients: int, now: float) -> bool:
        """Count messages to this many recipients, or return False and count nothing when the limit is reached."""
        if self.limit is not None and self.used(now) + recipients > self.limit:
            return False
        self._used[_month(now)] += recipients
        return True


def _month(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).astimezone(_LINE_TIME).strftime("%Y-%m")
