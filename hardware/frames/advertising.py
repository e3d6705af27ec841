"""AD structures: split and join the data of a legacy advertisement, at most 31 bytes."""

from collections.abc import Iterable
from typing import NamedTuple

from hardware.frames.errors import FrameError

# Source: Bluetooth Core Specification, Vol 3 Part C 11 (format) and Vol 6 Part B 2.3.1 (31 bytes).
MAX_LENGTH = 31

# Source: Bluetooth Assigned Numbers, "Common Data Types".
FLAGS = 0x01
COMPLETE_UUID16_LIST = 0x03
SERVICE_DATA_UUID16 = 0x16
MANUFACTURER_DATA = 0xFF


class AdStructure(NamedTuple):
    """One length-type-data element of an advertisement."""

    kind: int
    data: bytes


def split(advertisement: bytes) -> list[AdStructure]:
    """The AD structures of an advertisement.

    ======  ====  =========================================
    offset  size  field
    ======  ====  =========================================
    0       1     length n of type and data; 0 ends the walk
    1       1     AD type
    2       n-1   data
    ======  ====  =========================================

    Raises:
        FrameError: longer than 31 bytes; a length that runs past the end; something else than zeros after the end.

    Source: Bluetooth Core Specification, Vol 3 Part C 11.
    """
    total = len(advertisement)
    if total > MAX_LENGTH:
        raise FrameError("advertisement", expected=f"at most {MAX_LENGTH} bytes", got=f"{total}")
    structures = []
    at = 0
    while at < total:
        length = advertisement[at]
        if length == 0:
            if any(advertisement[at:]):
                raise FrameError(f"padding at byte {at}", expected="zeros", got=advertisement[at:].hex())
            break
        end = at + 1 + length
        if end > total:
            raise FrameError(f"AD length at byte {at}", expected=f"at most {total - at - 1}", got=f"{length}")
        structures.append(AdStructure(advertisement[at + 1], advertisement[at + 2 : end]))
        at = end
    return structures


def join(structures: Iterable[AdStructure]) -> bytes:
    """The advertisement that these structures make, without padding.

    Raises:
        FrameError: an AD type outside one byte, or more than 31 bytes in all.
    """
    parts = []
    for kind, data in structures:
        if not 0 <= kind <= 0xFF:  # noqa: PLR2004 (a byte)
            raise FrameError("AD type", expected="0..255", got=f"{kind}")
        if len(data) > MAX_LENGTH:
            raise FrameError("AD data", expected=f"at most {MAX_LENGTH} bytes", got=f"{len(data)}")
        parts.append(bytes((len(data) + 1, kind)) + data)
    advertisement = b"".join(parts)
    if len(advertisement) > MAX_LENGTH:
        raise FrameError("advertisement", expected=f"at most {MAX_LENGTH} bytes", got=f"{len(advertisement)}")
    return advertisement
