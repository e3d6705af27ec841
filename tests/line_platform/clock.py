"""The platform's clock: real time plus an offset, or a frozen time that tests move by hand."""

import time
from collections.abc import Callable


class Clock:
    """Tells the platform's time; `advance` and `set_to` move it without waiting.

    Timestamps, reply tokens, ID tokens, retry keys and the monthly quota follow this clock. Redelivery spacing and
    delays are real seconds.
    """

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._offset_s = 0.0

    def now(self) -> float:
        """Return seconds since the epoch."""
        return self._source() + self._offset_s

    def now_ms(self) -> int:
        """Return milliseconds since the epoch, the unit of webhook timestamps."""
        return int(self.now() * 1000)

    def advance(self, seconds: float) -> None:
        """Move the clock forward, or back with a negative number."""
        self._offset_s += seconds

    def set_to(self, epoch_s: float) -> None:
        """Move the clock to a point in time; it runs on from there."""
        self._offset_s = epoch_s - self._source()
