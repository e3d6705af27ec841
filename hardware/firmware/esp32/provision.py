"""What `beacon-kit` calls over USB (`mpremote exec`): set the time, ask how it is. The key goes in and never out."""

import json

import esp32
import machine
from clock import Clock
from settings import Settings

FIRMWARE = "1.0.0"
NAMESPACE = "checkin"


def set_time(unix_s):
    """Set the clock; the beacon takes it over after the reset that must follow, for being asked has stopped it."""
    Clock(machine.RTC()).set_unix_s(unix_s)


def write_key(digits):
    """Write a new key, 64 hex digits; nothing reads one back."""
    key = bytes.fromhex(digits)
    if len(key) != 32:
        raise ValueError("a key has 32 bytes")
    nvs = esp32.NVS(NAMESPACE)
    nvs.set_blob("key", key)
    nvs.commit()


def status():
    """Print one line of JSON about the device."""
    settings = Settings(esp32.NVS(NAMESPACE))
    print(
        json.dumps(
            {
                "firmware": FIRMWARE,
                "hwid": (settings.octets("hwid") or b"").hex(),
                "has_key": settings.octets("key") is not None,
                "provisioned": settings.is_provisioned(),
                "step": settings.number("step"),
            }
        )
    )
