"""Optional: the right time by Wi-Fi and NTP, once at the start and once a day, without holding the beacon up."""

import time

EVERY_MS = 24 * 3600 * 1000
AGAIN_MS = 10 * 60 * 1000
CONNECT_WITHIN_MS = 20000


class NetClock:
    """Asks for the time when it is due; ``wlan`` and ``ask`` (Unix seconds, or OSError) are given."""

    def __init__(self, wlan, ask, ssid, password, now_ms):
        self._wlan, self._ask = wlan, ask
        self._ssid, self._password = ssid, password
        self._due_ms, self._since_ms = now_ms, None

    def poll(self, now_ms):
        """Unix time in seconds when it has just been told, else None."""
        if self._since_ms is None:
            if time.ticks_diff(now_ms, self._due_ms) >= 0:
                self._begin(now_ms)
            return None
        if self._wlan.isconnected():
            return self._finish(now_ms, self._asked())
        if time.ticks_diff(now_ms, self._since_ms) >= CONNECT_WITHIN_MS:
            return self._finish(now_ms, None)
        return None

    def _begin(self, now_ms):
        self._since_ms = now_ms
        try:
            self._wlan.active(True)
            self._wlan.connect(self._ssid, self._password)
        except OSError:
            self._finish(now_ms, None)

    def _asked(self):
        try:
            return self._ask()
        except OSError:
            return None

    def _finish(self, now_ms, told):
        self._since_ms = None
        self._due_ms = time.ticks_add(now_ms, AGAIN_MS if told is None else EVERY_MS)
        # Off between whiles: Wi-Fi shares the radio with Bluetooth.
        self._wlan.active(False)
        return told
