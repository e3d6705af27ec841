"""Pins, the analogue converter, the watchdog and the clock of a board, as far as the firmware uses them."""

import time


class Pin:
    IN, OUT = 0, 1

    def __init__(self, number, mode):
        self.number, self.mode = number, mode
        self.values = []

    def value(self, on):
        self.values.append(on)


class ADC:
    ATTN_11DB = 3
    microvolts = 2000000

    def __init__(self, pin, atten=0):
        self.pin = pin

    def read_uv(self):
        return ADC.microvolts


class WDT:
    def __init__(self, timeout):
        self.timeout = timeout

    def feed(self):
        pass


class RTC:
    # Unix time; None since the power came. Nobody but the test moves it on.
    now_s = None

    def datetime(self, told=None):
        if told is None:
            # Source: MicroPython, ports/esp32: a chip that was never told the time begins in 2000.
            year, month, day, hour, minute, second, weekday, _ = time.gmtime(RTC.now_s or 946684800)
            return year, month, day, weekday, hour, minute, second, 0
        year, month, day, _, hour, minute, second, _ = told
        RTC.now_s = time.mktime((year, month, day, hour, minute, second, 0, 0))


def reset():
    raise SystemExit
