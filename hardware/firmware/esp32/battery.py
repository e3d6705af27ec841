"""The battery's charge as LINE's level, by the ADC; 0 for a beacon on the mains."""

# A lithium cell behind a divider of two equal resistors (README.md); both can be set in NVS.
EMPTY_MV, FULL_MV, DIVIDER = 3300, 4100, 2
EVERY_MS = 60000


def level(millivolts, empty_mv=EMPTY_MV, full_mv=FULL_MV):
    """LINE's battery level: 1 = 0 %, 2 = 10 % … 11 = 100 %."""
    return 1 + min(10, max(0, round(10 * (millivolts - empty_mv) / (full_mv - empty_mv))))


class Battery:
    """Reads the charge once a minute; ``adc`` is None on the mains."""

    def __init__(self, adc, settings):
        self._adc = adc
        self._empty_mv = settings.number("batt_empty", EMPTY_MV)
        self._full_mv = settings.number("batt_full", FULL_MV)

    def level(self):
        """The level now."""
        if self._adc is None:
            return 0
        return level(self._adc.read_uv() * DIVIDER // 1000, self._empty_mv, self._full_mv)
