"""What is on the air: the rolling device message, LINE's frame around it, and the iBeacon companion.

The same bytes as ``hardware/frames``; the test compares them. Formats: docs/spec.
"""

import hashlib
import struct

VERSION = 1
RESUMED = 0x1
_BLOCK = 64  # of SHA-256, FIPS 180-4

_LINE_HEAD = b"\x02\x01\x06\x03\x03\x6f\xfe\x17\x16\x6f\xfe\x02"
_LINE_UUID = b"\xd0\xd2\xce\x24\x9e\xfc\x11\xe5\x82\xc4\x1c\x6a\x7a\x17\xef\x38"
_COMPANION_HEAD = b"\x02\x01\x06\x1a\xff\x4c\x00\x02\x15" + _LINE_UUID + b"LINE"


class Codes:
    """Makes the messages of one beacon: HMAC-SHA-256 (RFC 2104), the key's two pads prepared once."""

    def __init__(self, key, hwid):
        padded = key + bytes(_BLOCK - len(key))
        self._inner = bytes(byte ^ 0x36 for byte in padded)
        self._outer = bytes(byte ^ 0x5C for byte in padded)
        self._hwid = hwid

    def message(self, step, battery, flags):
        """The 13 bytes of a step."""
        head = VERSION << 4 | flags
        # 64 bits in two halves: some boards' integers in struct end at 32.
        covered = self._hwid + struct.pack(">IIBB", step >> 32, step & 0xFFFFFFFF, head, battery)
        inner = hashlib.sha256(self._inner + covered).digest()
        code = hashlib.sha256(self._outer + inner).digest()[:8]
        return struct.pack(">BBI", head, battery, (step & 0xFFFFFF) << 8)[:5] + code

    def line_advertisement(self, step, battery, flags):
        """The whole packet that LINE hears, 31 bytes."""
        return _LINE_HEAD + self._hwid + b"\x7f" + self.message(step, battery, flags)


def companion(power):
    """The whole packet that wakes iOS, 30 bytes; ``power`` is the RSSI at one metre in dBm."""
    return _COMPANION_HEAD + struct.pack("b", power)
