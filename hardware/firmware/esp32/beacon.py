"""The advertiser: LINE's frame and the iBeacon companion in turn; `tick` is called some times a second."""

import time

from battery import EVERY_MS
from message import RESUMED, Codes, companion
from steps import Steps

# Source: LINE Developers, "LINE Beacon device specification": 152.5 ms. One radio sends one packet at a time: the two
# take turns of half a second, for iPhones need only notice the companion once.
INTERVAL_US = 152500
TURN_MS = 500


class Beacon:
    """One beacon; bluetooth, NVS, battery and clock are given, time is an argument."""

    def __init__(self, ble, nvs, settings, battery, clock, now_ms):  # noqa: PLR0913, PLR0917 (the parts of the board)
        self._ble = ble
        self._battery, self._clock = battery, clock
        self._codes = Codes(settings.octets("key"), settings.octets("hwid"))
        self._companion = companion(settings.number("power", -59))
        self._steps = Steps(nvs, now_ms)
        kept_s = clock.unix_s()
        if kept_s is not None:
            self._steps.set_time(kept_s, now_ms)
        self._turn_ms, self._is_line_turn = time.ticks_add(now_ms, -TURN_MS), False
        self._level, self._level_ms = battery.level(), now_ms
        self._sent = None
        self._made_of, self._made = None, None
        ble.active(True)

    def tick(self, now_ms):
        """Send what is due now."""
        if time.ticks_diff(now_ms, self._level_ms) >= EVERY_MS:
            self._level, self._level_ms = self._battery.level(), now_ms
        if time.ticks_diff(now_ms, self._turn_ms) >= TURN_MS:
            self._turn_ms, self._is_line_turn = now_ms, not self._is_line_turn
        step = self._steps.now(now_ms)
        if not self._is_line_turn:
            self._send(self._companion)
        elif step is None:
            # A step that the flash does not know of may come again after a loss of power: rather none.
            self._stop()
        else:
            self._send(self._line_packet(step))

    def set_time(self, unix_s, now_ms):
        """Take over the right time, as long as there is power."""
        self._clock.set_unix_s(unix_s)
        self._steps.set_time(unix_s, now_ms)

    def status(self):
        """What may be told of it; never the key."""
        return {"step": self._steps.step, "resumed": self._steps.resumed, "battery": self._level}

    def _line_packet(self, step):
        made_of = (step, self._level, RESUMED if self._steps.resumed else 0)
        if made_of != self._made_of:
            self._made_of, self._made = made_of, self._codes.line_advertisement(*made_of)
        return self._made

    def _send(self, packet):
        if packet != self._sent:
            self._ble.gap_advertise(INTERVAL_US, adv_data=packet, connectable=False)
            self._sent = packet

    def _stop(self):
        if self._sent is not None:
            self._ble.gap_advertise(None)
            self._sent = None
