"""How often one officer's phone may ask: enough for a page that looks every few seconds, too little for a flood."""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

# A page that waits for its beacon looks every three seconds; two tabs and a few taps besides.
PER_MINUTE = 120
# A copy of the own data reads the whole inbox.
COPIES_PER_MINUTE = 2


class Pace:
    """Counts by LINE account in this process; several processes allow as many times more."""

    def __init__(self, per_minute: int = PER_MINUTE) -> None:
        self._limit = RateLimitItemPerMinute(per_minute)
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def admits(self, who: str) -> bool:
        """Count one more; False if it is too many."""
        return self._counter.hit(self._limit, who)
