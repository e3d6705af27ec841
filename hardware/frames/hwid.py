"""The 5-byte hardware ID of a LINE Beacon: parse and format."""

import re

from hardware.frames.errors import FrameError

HWID_LENGTH = 5
_HEX = re.compile(r"[0-9a-fA-F]{10}", re.ASCII)


def parse_hwid(text: str) -> str:
    """The hardware ID as LINE writes it in webhooks: 10 lower-case hex digits.

    People and LINE Official Account Manager write it in either case.

    Raises:
        FrameError: anything else than 10 hex digits.
    """
    if not _HEX.fullmatch(text):
        raise FrameError("hardware ID", expected="10 hex digits", got=ascii(text[:20]))
    return text.lower()


def hwid_bytes(hwid: str) -> bytes:
    """The 5 bytes on the air, in the order the digits are written.

    Raises:
        FrameError: anything else than 10 hex digits.
    """
    return bytes.fromhex(parse_hwid(hwid))
