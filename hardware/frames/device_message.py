"""Our rolling device message: 13 bytes whose authentication code changes every 15 s and cannot be made without the key.

The format is specified in ``docs/spec/device-message.md``; the firmware makes the same bytes.
"""

import hmac
import struct
from enum import IntFlag
from typing import NamedTuple

from hardware.frames.battery import require_level
from hardware.frames.errors import FrameError
from hardware.frames.hwid import hwid_bytes

VERSION = 1
LENGTH = 13
KEY_LENGTH = 32
# LINE's own beacons change their secure message as often. Source: LINE Beacon device specification, "Secure message".
STEP_S = 15
# Only the low 24 bits of the step are sent: they come round after 7.98 years.
STEP_MODULUS = 1 << 24
LARGEST_STEP = (1 << 64) - 1

_HEAD = struct.Struct(">BB3s")
_AUTHENTICATED = struct.Struct(">5sQBB")


class Flags(IntFlag):
    """What a beacon says of itself besides its battery; the other three bits are 0 in this version."""

    RESUMED = 0x1


NO_FLAGS = Flags(0)
_KNOWN_FLAGS = int(Flags.RESUMED)


class DeviceMessage(NamedTuple):
    """The fields of a rolling message: the step modulo 2^24, LINE's battery level 0 to 11, the 8 bytes of the code."""

    flags: Flags
    battery: int
    low_step: int
    code: bytes


def parse(message: bytes) -> DeviceMessage:
    """Read the fields, which says nothing about whether the code is right.

    ======  ====  =====================================================================
    offset  size  field
    ======  ====  =====================================================================
    0       1     version in the upper four bits, 1; flags in the lower four
    1       1     battery level 0 to 11
    2       3     time step of 15 s, its low 24 bits, big-endian
    5       8     authentication code: the first 8 bytes of an HMAC-SHA-256
    ======  ====  =====================================================================

    Raises:
        FrameError: not 13 bytes, another version, a flag or a battery level that this version does not have.

    Source: docs/spec/device-message.md.
    """
    if len(message) != LENGTH:
        raise FrameError("device message", expected=f"{LENGTH} bytes", got=f"{len(message)}")
    head, battery, low_step = _HEAD.unpack_from(message)
    if head >> 4 != VERSION:
        raise FrameError("version at byte 0", expected=f"{VERSION}", got=f"{head >> 4}")
    if head & 0x0F & ~_KNOWN_FLAGS:
        raise FrameError("flags at byte 0", expected=f"only 0x{_KNOWN_FLAGS:x}", got=f"0x{head & 0x0F:x}")
    require_level(battery, "battery at byte 1")
    return DeviceMessage(Flags(head & 0x0F), battery, int.from_bytes(low_step, "big"), message[_HEAD.size :])


def encode(key: bytes, hwid: str, step: int, *, battery: int = 0, flags: Flags = NO_FLAGS) -> bytes:
    """The message of a beacon in a time step: Unix time divided by 15 s, as far as the beacon knows it.

    Raises:
        FrameError: the key is not 32 bytes, the step not 0 to 2^64 - 1, a battery level or a flag that does not exist.
    """
    _require_key(key)
    _require_step(step)
    if flags & ~_KNOWN_FLAGS:
        raise FrameError("flags", expected=f"only 0x{_KNOWN_FLAGS:x}", got=f"0x{int(flags):x}")
    require_level(battery, "battery")
    head = VERSION << 4 | flags
    low_step = (step % STEP_MODULUS).to_bytes(3, "big")
    return _HEAD.pack(head, battery, low_step) + _code(key, hwid_bytes(hwid), step, head, battery)


def full_step(low_step: int, expected: int) -> int:
    """The step nearest to the expected one among those whose low 24 bits were sent; never negative."""
    half = STEP_MODULUS // 2
    step = expected - half + (low_step - expected + half) % STEP_MODULUS
    return step if step >= 0 else step + STEP_MODULUS


def is_authentic(message: bytes, key: bytes, hwid: str, step: int) -> bool:
    """Whether a message that ``parse`` accepts was made with this key for this beacon and this full step.

    Takes the same time wherever the codes differ.

    Raises:
        FrameError: the key is not 32 bytes, the hardware ID not 10 hex digits, the step not 0 to 2^64 - 1.
    """
    _require_key(key)
    _require_step(step)
    expected = _code(key, hwid_bytes(hwid), step, message[0], message[1])
    return hmac.compare_digest(message[_HEAD.size :], expected)


def _code(key: bytes, hwid: bytes, step: int, head: int, battery: int) -> bytes:
    return hmac.digest(key, _AUTHENTICATED.pack(hwid, step, head, battery), "sha256")[: LENGTH - _HEAD.size]


def _require_key(key: bytes) -> None:
    if len(key) != KEY_LENGTH:
        # Never the key itself, nor a part of it.
        raise FrameError("key", expected=f"{KEY_LENGTH} bytes", got=f"{len(key)}")


def _require_step(step: int) -> None:
    if not 0 <= step <= LARGEST_STEP:
        raise FrameError("step", expected="0..2^64-1", got=f"{step}")
