"""The agent's own clock: seconds since the Pi was started, and how far that is from the time of the day.

A Pi has no clock of its own that runs without power. Until the network is there its time may be years off, and it
jumps when it is set. Seconds since the start never jump; what they mean is known as soon as the server has told its
time once.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

# Source: Linux, Documentation/admin-guide/sysctl/kernel.rst, "random": a new one at every start.
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """Which start of the machine this is."""
    return _BOOT_ID.read_text("ascii").strip()


def uptime_s() -> float:
    """Seconds since the machine was started, those it slept through too."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def machine_unix_s() -> float:
    """The time of the day as the machine has it."""
    return time.time()


@dataclass(slots=True)
class Timebase:
    """What the agent's clock means; ``offset_s`` is Unix time minus uptime, None before anybody has told the time."""

    boot: str
    offset_s: float | None = None

    def learn(self, server: datetime, *, asked_s: float, answered_s: float) -> None:
        """Take over the server's time; it was looked at half-way between question and answer."""
        self.offset_s = server.timestamp() - (asked_s + answered_s) / 2

    def unix_s(self, now_s: float) -> float:
        """The time of the day; the machine's own while nobody has told a better one."""
        return machine_unix_s() if self.offset_s is None else now_s + self.offset_s


def iso(unix_s: float) -> str:
    """A time in ISO 8601, in UTC, to the millisecond."""
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="milliseconds")
