"""The time step: counts 15 s, survives a loss of power, never goes back and never comes twice.

NVS holds the first step that was certainly never sent. It is moved ahead before a step is sent, so that after a loss of
power the beacon goes on from there: ahead by at most what was reserved.
"""

import time

STEP_MS = 15000
# One small write a minute; see README.md for how long the flash lasts.
RESERVED = 4
# `ticks_diff` tells before from after within 2^29 ms; a clock ahead by more is held for so long, and then again.
LONGEST_HOLD = 20000


class Steps:
    """The step of now, by the device's own clock until somebody sets it."""

    def __init__(self, nvs, now_ms):
        self._nvs = nvs
        self._unsent = nvs.get_i32("step")
        self._begun_ms = now_ms
        self.step = self._unsent
        # A guess, until somebody sets the time.
        self.resumed = True

    def now(self, now_ms):
        """The step that may be sent now; None while it cannot be reserved."""
        while time.ticks_diff(now_ms, self._begun_ms) >= STEP_MS:
            self.step += 1
            self._begun_ms = time.ticks_add(self._begun_ms, STEP_MS)
        # One alone while the step waits for the time: else every reset would carry it further ahead.
        is_ahead = time.ticks_diff(now_ms, self._begun_ms) < 0
        return self.step if self._reserve(1 if is_ahead else RESERVED) else None

    def set_time(self, unix_s, now_ms):
        """Take over the right time: forward at once; if the step is ahead, it waits until time has caught up."""
        right, into_s = divmod(unix_s, 15)
        ahead = min(self.step - right, LONGEST_HOLD)
        if ahead < 0:
            self.step, ahead = right, 0
        self._begun_ms = time.ticks_add(now_ms, ahead * STEP_MS - into_s * 1000)
        self.resumed = False

    def _reserve(self, steps):
        """See to it that the flash says of the step that it may have been sent; False if it cannot be written."""
        if self.step < self._unsent:
            return True
        try:
            self._nvs.set_i32("step", self.step + steps)
            self._nvs.commit()
        except OSError:
            return False
        self._unsent = self.step + steps
        return True
