"""What `beacon-kit` calls over USB (`mpremote exec`): set the time, ask how it is. The key goes in and never out."""

import json

import esp32
from settings import Settings

FIRMWARE = "1.0.0"
NAMESPACE = "checkin"


def set_time(unix_s):
    """Begin at this time after the reset that follows: forward only, as always."""
    nvs = esp32.NVS(NAMESPACE)
    try:
        unsent = nvs.get_i32("step")
    except OSError:
        unsent = 0
    step = unix_s // 15
    if step >= unsent:
        nvs.set_i32("step", step)
        nvs.set_i32("fresh", 1)
        nvs.commit()


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
