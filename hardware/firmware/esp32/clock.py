"""The chip's own clock: it goes on through a reset, and is lost with the power."""

import time

# MicroPython on ESP32 counts from 2000-01-01; Unix from 1970.
UNIX_OF_ZERO_S = 946684800 if time.gmtime(0)[0] == 2000 else 0
# A clock that says an earlier year was never set: without power it begins anew.
FIRST_YEAR = 2026


class Clock:
    """Unix time in whole seconds, kept by ``machine.RTC``."""

    def __init__(self, rtc):
        self._rtc = rtc

    def unix_s(self):
        """The time, or None if nobody has set it since the power came."""
        year, month, day, _, hour, minute, second, _ = self._rtc.datetime()
        if year < FIRST_YEAR:
            return None
        return time.mktime((year, month, day, hour, minute, second, 0, 0)) + UNIX_OF_ZERO_S

    def set_unix_s(self, unix_s):
        """Take over a time."""
        year, month, day, hour, minute, second, weekday, _ = time.gmtime(unix_s - UNIX_OF_ZERO_S)
        self._rtc.datetime((year, month, day, weekday, hour, minute, second, 0))
