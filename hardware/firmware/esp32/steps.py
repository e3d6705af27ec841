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
        # Right after provisioning the clock is right; after any other start it is a guess.
        self.resumed = not self._take_marker()

    def now(self, now_ms):
        """The step that may be sent now; None while none can be reserved."""
        while time.ticks_diff(now_ms, self._begun_ms) >= STEP_MS:
            if not self._reserve(self.step + 1):
                break
            self.step += 1
            self._begun_ms = time.ticks_add(self._begun_ms, STEP_MS)
        return self.step if self._reserve(self.step) else None

    def set_time(self, unix_s, now_ms):
        """Take over the right time: forward at once; if the step is ahead, it waits until time has caught up."""
        right, into_s = divmod(unix_s, 15)
        ahead = min(self.step - right, LONGEST_HOLD)
        if ahead < 0:
            if not self._reserve(right):
                return
            self.step, ahead = right, 0
        self._begun_ms = time.ticks_add(now_ms, ahead * STEP_MS - into_s * 1000)
        self.resumed = False

    def _reserve(self, step):
        """See to it that the flash says of this step that it may have been sent; False if it cannot be written."""
        if step < self._unsent:
            return True
        try:
            self._nvs.set_i32("step", step + RESERVED)
            self._nvs.commit()
        except OSError:
            return False
        self._unsent = step + RESERVED
        return True

    def _take_marker(self):
        try:
            fresh = self._nvs.get_i32("fresh")
            if fresh:
                self._nvs.set_i32("fresh", 0)
                self._nvs.commit()
        except OSError:
            # Never provisioned over USB, or the flash cannot be written: then nobody can say that the clock is right.
            return False
        return bool(fresh)
