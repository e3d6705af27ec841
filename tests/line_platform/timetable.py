"""Work put off for some seconds of real time, done by one thread."""

import heapq
import threading
import time
from collections.abc import Callable
from itertools import count


class Timetable:
    """Runs functions at their time; each should only hand work on, for the next one waits for it."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="line-platform-timetable", daemon=True)
        self._thread.start()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Run `action` after `seconds`."""
        with self._changed:
            heapq.heappush(self._entries, (time.monotonic() + seconds, next(self._numbers), action))
            self._changed.notify()

    def stop(self) -> None:
        """Forget what has not been run and end the thread."""
        with self._changed:
            self._stopped = True
            self._entries.clear()
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while (action := self._next()) is not None:
            action()

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._stopped:
                wait_s = self._entries[0][0] - time.monotonic() if self._entries else None
                if wait_s is not None and wait_s <= 0:
                    return heapq.heappop(self._entries)[2]
                self._changed.wait(wait_s)
        return None
