"""LINE Simple Beacon: the frame in the service data of 0xFE6F, and the advertisement that carries it."""

import struct
from typing import Any, NamedTuple

from hardware.frames.advertising import (
    COMPLETE_UUID16_LIST,
    FLAGS,
    MAX_LENGTH,
    SERVICE_DATA_UUID16,
    AdStructure,
    join,
    split,
)
from hardware.frames.errors import FrameError
from hardware.frames.hwid import HWID_LENGTH, hwid_bytes

# Source: line/line-simple-beacon README, "LINE Simple Beacon frame" and "Advertising data"; 0xFE6F is little-endian.
UUID = b"\x6f\xfe"
UUID_TEXT = "0000fe6f-0000-1000-8000-00805f9b34fb"
FRAME_TYPE = 0x02
MEASURED_TX_POWER = 0x7F
MESSAGE_MIN, MESSAGE_MAX = 1, 13
# LE General Discoverable, BR/EDR not supported; may differ with the device but is never 0.
DEFAULT_FLAGS = 0x06

# All 31 bytes: AD length and type of the flags, the flags, list of UUIDs, AD length, type and UUID of the service data,
# frame type, hardware ID, measured TxPower, 13 bytes of device message.
_FULL = struct.Struct(f">HxIIB{HWID_LENGTH}sB{MESSAGE_MAX}s")
_FULL_FLAGS, _FULL_UUID_LIST, _FULL_SERVICE_DATA = 0x0201, 0x03036FFE, 0x17166FFE
_TX_POWER_AT = 1 + HWID_LENGTH
_MESSAGE_AT = _TX_POWER_AT + 1


class SimpleBeacon(NamedTuple):
    """A LINE Simple Beacon frame: ``hwid`` as 10 lower-case hex digits, ``device_message`` 1 to 13 bytes."""

    hwid: str
    device_message: bytes

    def as_json(self) -> dict[str, Any]:
        """The frame as programs read it."""
        return {"kind": "line_simple_beacon", "hwid": self.hwid, "device_message": self.device_message.hex()}


def decode_frame(frame: bytes) -> SimpleBeacon:
    """Read a frame, which is what bleak gives as service data of ``UUID_TEXT``.

    ======  ====  ==============================================
    offset  size  field
    ======  ====  ==============================================
    0       1     frame type, 0x02
    1       5     hardware ID, in the order the digits are written
    6       1     measured TxPower, 0x7F
    7       1-13  device message
    ======  ====  ==============================================

    A certified LINE Beacon has the same frame with its own measured TxPower and a 7-byte secure message; that is
    another decoder's.

    Raises:
        FrameError: another frame type or TxPower, too short, too long, or without the device message: LINE sends no
            event for a frame without one.

    Source: line/line-simple-beacon README, "LINE Simple Beacon frame".
    """
    size = len(frame)
    if size <= _MESSAGE_AT:
        raise FrameError("frame", expected=f"at least {_MESSAGE_AT + MESSAGE_MIN} bytes", got=f"{size}")
    if frame[0] != FRAME_TYPE:
        raise FrameError("frame type at byte 0", expected=f"0x{FRAME_TYPE:02x}", got=f"0x{frame[0]:02x}")
    if frame[_TX_POWER_AT] != MEASURED_TX_POWER:
        expected, got = f"0x{MEASURED_TX_POWER:02x}", f"0x{frame[_TX_POWER_AT]:02x}"
        raise FrameError(f"measured TxPower at byte {_TX_POWER_AT}", expected=expected, got=got)
    if size > _MESSAGE_AT + MESSAGE_MAX:
        raise FrameError("device message", expected=f"at most {MESSAGE_MAX} bytes", got=f"{size - _MESSAGE_AT}")
    return SimpleBeacon(frame[1:_TX_POWER_AT].hex(), frame[_MESSAGE_AT:])


def encode_frame(beacon: SimpleBeacon) -> bytes:
    """The inverse of ``decode_frame``.

    Raises:
        FrameError: the hardware ID is not 10 hex digits, or the device message not 1 to 13 bytes.
    """
    message = bytes(beacon.device_message)
    if not MESSAGE_MIN <= len(message) <= MESSAGE_MAX:
        raise FrameError("device message", expected=f"{MESSAGE_MIN} to {MESSAGE_MAX} bytes", got=f"{len(message)}")
    return bytes((FRAME_TYPE,)) + hwid_bytes(beacon.hwid) + bytes((MEASURED_TX_POWER,)) + message


def decode_advertisement(advertisement: bytes) -> SimpleBeacon:
    """Find and read the frame in a whole advertisement, wherever in it the service data stands.

    Raises:
        FrameError: the AD structures are broken, none is service data of 0xFE6F, or its frame is refused.
    """
    if len(advertisement) == MAX_LENGTH:
        # A full packet as LINE describes it, which is what rolling beacons send: five times faster than the walk below.
        flags, uuids, service, frame_type, hwid, power, message = _FULL.unpack(advertisement)
        if (
            service == _FULL_SERVICE_DATA
            and uuids == _FULL_UUID_LIST
            and flags == _FULL_FLAGS
            and frame_type == FRAME_TYPE
            and power == MEASURED_TX_POWER
        ):
            return tuple.__new__(SimpleBeacon, (hwid.hex(), message))
    for kind, data in split(advertisement):
        if kind == SERVICE_DATA_UUID16 and data[:2] == UUID:
            return decode_frame(data[2:])
    raise FrameError("advertisement", expected="service data of 0xFE6F", got="none")


def encode_advertisement(beacon: SimpleBeacon, *, flags: int = DEFAULT_FLAGS) -> bytes:
    """The advertisement of a LINE Simple Beacon: flags, list of 16-bit UUIDs, service data; without padding.

    Raises:
        FrameError: as ``encode_frame``; or flags outside 1..255.
    """
    if not 0 < flags <= 0xFF:  # noqa: PLR2004 (a byte)
        raise FrameError("flags", expected="1..255", got=f"{flags}")
    return join(
        (
            AdStructure(FLAGS, bytes((flags,))),
            AdStructure(COMPLETE_UUID16_LIST, UUID),
            AdStructure(SERVICE_DATA_UUID16, UUID + encode_frame(beacon)),
        )
    )
