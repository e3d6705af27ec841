"""LINE's battery level: one byte, the same in LINE's secure message and in ours."""

from hardware.frames.errors import FrameError

# Source: LINE Developers, "LINE Beacon device specification": 0 unknown or mains, 1 = 0 %, 2 = 10 % … 11 = 100 %.
UNKNOWN = 0
FULL = 11


def require_level(level: int, where: str) -> None:
    """Refuse a level that LINE reserves.

    Raises:
        FrameError: not 0 to 11.
    """
    if not UNKNOWN <= level <= FULL:
        raise FrameError(where, expected=f"{UNKNOWN}..{FULL}", got=f"{level}")


def percent(level: int) -> int | None:
    """The charge in steps of 10 %; None for a beacon that is on the mains or does not know."""
    return None if level == UNKNOWN else (level - 1) * 10
