"""The codec of what is on the air: bytes in, values out, or a FrameError; no I/O, no clock, no framework."""

from hardware.frames.errors import FrameError
from hardware.frames.hwid import hwid_bytes, parse_hwid

__all__ = ["FrameError", "hwid_bytes", "parse_hwid"]
