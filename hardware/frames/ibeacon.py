"""iBeacon: LINE's companion packet that wakes the LINE app on iOS, and officers' badges."""

import struct
from typing import Any, NamedTuple
from uuid import UUID

from hardware.frames.advertising import FLAGS, MANUFACTURER_DATA, AdStructure, join, split
from hardware.frames.errors import FrameError

# Source: Apple, "Proximity Beacon Specification": company 0x004C little-endian, type 0x02, length 0x15.
APPLE_COMPANY = 0x004C
PREFIX = b"\x4c\x00\x02\x15"
_BODY = struct.Struct(">16sHHb")
# Source: LINE, "LINE Beacon device specification": every LINE Beacon in the world sends these three.
LINE_UUID = UUID("d0d2ce24-9efc-11e5-82c4-1c6a7a17ef38")
LINE_MAJOR = 0x4C49
LINE_MINOR = 0x4E45


class IBeacon(NamedTuple):
    """An iBeacon packet; ``measured_power_dbm`` is the RSSI at one metre, -128 to 127."""

    uuid: UUID
    major: int
    minor: int
    measured_power_dbm: int

    @property
    def is_line_companion(self) -> bool:
        """Whether this is the packet that every LINE Beacon in the world sends, at whatever power."""
        return (self.uuid, self.major, self.minor) == (LINE_UUID, LINE_MAJOR, LINE_MINOR)

    def as_json(self) -> dict[str, Any]:
        """The packet as programs read it."""
        return {
            "kind": "ibeacon",
            "uuid": str(self.uuid),
            "major": self.major,
            "minor": self.minor,
            "measured_power_dbm": self.measured_power_dbm,
            "is_line_companion": self.is_line_companion,
        }


def line_companion(measured_power_dbm: int = -59) -> IBeacon:
    """The packet that tells iOS that a LINE Beacon is near."""
    return IBeacon(LINE_UUID, LINE_MAJOR, LINE_MINOR, measured_power_dbm)


def decode_manufacturer_data(data: bytes) -> IBeacon:
    """Read the data of an AD structure of type 0xFF.

    ======  ====  =======================================
    offset  size  field
    ======  ====  =======================================
    0       2     company 0x004C, little-endian
    2       1     type, 0x02
    3       1     length of the rest, 0x15
    4       16    proximity UUID, big-endian
    20      2     major, big-endian
    22      2     minor, big-endian
    24      1     measured power at one metre, dBm, signed
    ======  ====  =======================================

    Raises:
        FrameError: another company or type, or not 25 bytes.

    Source: Apple, "Proximity Beacon Specification".
    """
    size = len(PREFIX) + _BODY.size
    if len(data) != size:
        raise FrameError("iBeacon", expected=f"{size} bytes", got=f"{len(data)}")
    if data[: len(PREFIX)] != PREFIX:
        raise FrameError("iBeacon prefix at byte 0", expected=PREFIX.hex(), got=data[: len(PREFIX)].hex())
    uuid, major, minor, power = _BODY.unpack_from(data, len(PREFIX))
    return IBeacon(UUID(bytes=uuid), major, minor, power)


def encode_manufacturer_data(beacon: IBeacon) -> bytes:
    """The inverse of ``decode_manufacturer_data``.

    Raises:
        FrameError: major or minor outside 16 bits, or a power outside a signed byte.
    """
    try:
        return PREFIX + _BODY.pack(beacon.uuid.bytes, beacon.major, beacon.minor, beacon.measured_power_dbm)
    except struct.error as exc:
        got = f"{beacon.major}, {beacon.minor}, {beacon.measured_power_dbm}"
        raise FrameError("iBeacon", expected="major and minor 0..65535, power -128..127", got=got) from exc


def decode_advertisement(advertisement: bytes) -> IBeacon:
    """Find and read the iBeacon packet in a whole advertisement.

    Raises:
        FrameError: the AD structures are broken, none is Apple's manufacturer data, or it is not an iBeacon.
    """
    for kind, data in split(advertisement):
        if kind == MANUFACTURER_DATA and data[:2] == PREFIX[:2]:
            return decode_manufacturer_data(data)
    raise FrameError("advertisement", expected="manufacturer data of 0x004C", got="none")


def encode_advertisement(beacon: IBeacon, *, flags: int = 0x06) -> bytes:
    """The advertisement of an iBeacon: flags, manufacturer data.

    Raises:
        FrameError: as ``encode_manufacturer_data``; or flags outside 0..255.
    """
    if not 0 <= flags <= 0xFF:  # noqa: PLR2004 (a byte)
        raise FrameError("flags", expected="0..255", got=f"{flags}")
    return join(
        (
            AdStructure(FLAGS, bytes((flags,))),
            AdStructure(MANUFACTURER_DATA, encode_manufacturer_data(beacon)),
        )
    )
