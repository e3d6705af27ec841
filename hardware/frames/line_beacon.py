"""LINE Beacon, the certified device: its frame, and the 7-byte secure message that changes every 15 s.

Vendor and lot keys come from LY Corporation to makers; LINE itself checks the message of a bought beacon.
"""

import hashlib
import hmac
import struct
from typing import Any, NamedTuple

from hardware.frames.battery import require_level
from hardware.frames.errors import FrameError
from hardware.frames.hwid import HWID_LENGTH, hwid_bytes

# Source of all: LINE Developers, "LINE Beacon device specification" and "Secure message sample".
FRAME_TYPE = 0x02
MESSAGE_LENGTH = 7
VENDOR_KEY_LENGTH = 4
LOT_KEY_LENGTH = 8
LARGEST_TIMESTAMP = (1 << 64) - 1
# Only the low 16 bits of the timestamp are sent: they come round after 11 d 9 h 4 min.
TIMESTAMP_MODULUS = 1 << 16

_FRAME = struct.Struct(f">B{HWID_LENGTH}sb{MESSAGE_LENGTH}s")
_MESSAGE = struct.Struct(">4sHB")
_INPUT = struct.Struct(f">Q{HWID_LENGTH}s{VENDOR_KEY_LENGTH}s{LOT_KEY_LENGTH}sB")


class Keys(NamedTuple):
    """What the code of a secure message is made with: 4 bytes of the maker, 8 bytes of the production lot."""

    vendor: bytes
    lot: bytes


class SecureMessage(NamedTuple):
    """The fields of a secure message; ``low_timestamp`` counts 15 s since first power-on, modulo 2^16."""

    code: bytes
    low_timestamp: int
    battery: int


class LineBeacon(NamedTuple):
    """The frame of a certified LINE Beacon; ``measured_power_dbm`` is the RSSI at one metre, -128 to 127."""

    hwid: str
    measured_power_dbm: int
    message: SecureMessage

    def as_json(self) -> dict[str, Any]:
        """The frame as programs read it."""
        return {
            "kind": "line_beacon",
            "hwid": self.hwid,
            "measured_power_dbm": self.measured_power_dbm,
            "device_message": _MESSAGE.pack(*self.message).hex(),
            "battery": self.message.battery,
        }


def decode_frame(frame: bytes) -> LineBeacon:
    """Read a frame, which is what bleak gives as service data of 0xFE6F.

    ======  ====  ==============================================
    offset  size  field
    ======  ====  ==============================================
    0       1     frame type, 0x02
    1       5     hardware ID, in the order the digits are written
    6       1     measured TxPower: RSSI at one metre, dBm, signed
    7       7     secure message
    ======  ====  ==============================================

    A Simple Beacon with a device message of 7 bytes looks the same; only its registration tells.

    Raises:
        FrameError: another frame type, not 14 bytes, or a battery level that LINE reserves.

    Source: LINE Developers, "LINE Beacon device specification", "LINE Beacon packet".
    """
    if len(frame) != _FRAME.size:
        raise FrameError("frame", expected=f"{_FRAME.size} bytes", got=f"{len(frame)}")
    kind, hwid, power, message = _FRAME.unpack(frame)
    if kind != FRAME_TYPE:
        raise FrameError("frame type at byte 0", expected=f"0x{FRAME_TYPE:02x}", got=f"0x{kind:02x}")
    return LineBeacon(hwid.hex(), power, parse(message))


def parse(message: bytes) -> SecureMessage:
    """Read the fields of a secure message, which says nothing about whether the code is right.

    ======  ====  ==============================================
    offset  size  field
    ======  ====  ==============================================
    0       4     message authentication code
    4       2     masked timestamp: its low 16 bits, big-endian
    6       1     battery level 0 to 11
    ======  ====  ==============================================

    Raises:
        FrameError: not 7 bytes, or a battery level that LINE reserves.
    """
    if len(message) != MESSAGE_LENGTH:
        raise FrameError("secure message", expected=f"{MESSAGE_LENGTH} bytes", got=f"{len(message)}")
    code, low_timestamp, battery = _MESSAGE.unpack(message)
    require_level(battery, "battery at byte 6")
    return SecureMessage(code, low_timestamp, battery)


def encode(keys: Keys, hwid: str, timestamp: int, *, battery: int = 0) -> bytes:
    """The secure message of a beacon at a timestamp: units of 15 s since it was first switched on.

    Raises:
        FrameError: a key of the wrong length, a timestamp not 0 to 2^64 - 1, a battery level that LINE reserves.
    """
    if not 0 <= timestamp <= LARGEST_TIMESTAMP:
        raise FrameError("timestamp", expected="0..2^64-1", got=f"{timestamp}")
    require_level(battery, "battery")
    return _MESSAGE.pack(_code(keys, hwid, timestamp, battery), timestamp % TIMESTAMP_MODULUS, battery)


def is_authentic(message: SecureMessage, keys: Keys, hwid: str, timestamp: int) -> bool:
    """Whether the message was made with these keys for this beacon at this full timestamp.

    Raises:
        FrameError: a key of the wrong length.
    """
    return message.low_timestamp == timestamp % TIMESTAMP_MODULUS and hmac.compare_digest(
        message.code, _code(keys, hwid, timestamp, message.battery)
    )


def _code(keys: Keys, hwid: str, timestamp: int, battery: int) -> bytes:
    """SHA-256 of timestamp, hardware ID, both keys and battery, folded three times: 32, 16, 8, 4 bytes."""
    if (len(keys.vendor), len(keys.lot)) != (VENDOR_KEY_LENGTH, LOT_KEY_LENGTH):
        expected = f"{VENDOR_KEY_LENGTH} and {LOT_KEY_LENGTH} bytes"
        raise FrameError("vendor and lot key", expected=expected, got=f"{len(keys.vendor)} and {len(keys.lot)}")
    folded = hashlib.sha256(_INPUT.pack(timestamp, hwid_bytes(hwid), keys.vendor, keys.lot, battery)).digest()
    while len(folded) > 4:  # noqa: PLR2004 (the size of the code)
        half = len(folded) // 2
        folded = bytes(a ^ b for a, b in zip(folded[:half], folded[half:], strict=True))
    return folded
