"""Explains an advertisement byte by byte: every byte in exactly one row, also of one that is broken."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hardware.frames import FrameError, advertising, ibeacon, line_beacon, simple_beacon
from hardware.frames.ibeacon import IBeacon
from hardware.frames.line_beacon import LineBeacon
from hardware.frames.simple_beacon import SimpleBeacon
from hardware.provisioning import fields
from hardware.provisioning.fields import Row
from hardware.provisioning.words import AD_TYPES, OTHER_AD_TYPE, Text

# Service data of 0xFE6F as bleak and most phone apps show it begins with the frame type.
Packet = Literal["advertisement", "frame"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the bytes are, row by row, and the beacon that the codec reads in them, if it reads one."""

    packet: Packet
    rows: tuple[Row, ...]
    beacon: SimpleBeacon | LineBeacon | IBeacon | None

    @property
    def problem(self) -> Row | None:
        """The row where the bytes stop being what they should be, or None."""
        return next((row for row in self.rows if row.is_broken), None)


def explain(octets: bytes) -> Explanation:
    """Explain a whole advertisement, or the bare frame of a LINE Simple Beacon; never raises."""
    if _is_frame(octets):
        return Explanation("frame", tuple(fields.frame_rows(0, octets)), _frame_beacon(octets) or _certified(octets))
    return Explanation("advertisement", tuple(_advertisement_rows(octets)), _advertised_beacon(octets))


def _is_frame(octets: bytes) -> bool:
    """Both may begin with 02: the frame type of one, the length of the flags in the other."""
    if octets[:1] != bytes((simple_beacon.FRAME_TYPE,)):
        return False
    # No advertisement of a LINE Beacon or an iBeacon is also a frame: its byte 6 is 0xFE or 0x00, never 0x7F.
    if _frame_beacon(octets):
        return True
    try:
        advertising.split(octets)
    except FrameError:
        # Flags come with a second AD structure that is short enough; a hardware ID may begin with 01 as well.
        begins_with_flags = octets[1:2] == bytes((advertising.FLAGS,))
        return not (begins_with_flags and (len(octets) <= 3 or octets[3] < advertising.MAX_LENGTH))  # noqa: PLR2004 (flags are 3 bytes)
    return False


def _frame_beacon(octets: bytes) -> SimpleBeacon | None:
    try:
        return simple_beacon.decode_frame(octets)
    except FrameError:
        return None


def _certified(frame: bytes) -> LineBeacon | None:
    """The frame of a certified LINE Beacon; with a TxPower of 0x7F it cannot be told from a Simple Beacon's."""
    try:
        return line_beacon.decode_frame(frame)
    except FrameError:
        return None


def _advertised_beacon(octets: bytes) -> SimpleBeacon | LineBeacon | IBeacon | None:
    for decode in (simple_beacon.decode_advertisement, ibeacon.decode_advertisement):
        try:
            return decode(octets)
        except FrameError:
            continue
    return _certified(_line_frame(octets))


def _line_frame(octets: bytes) -> bytes:
    """What follows the first 0xFE6F as service data; nothing if there is none."""
    try:
        structures = advertising.split(octets)
    except FrameError:
        return b""
    wanted = advertising.SERVICE_DATA_UUID16
    return next((data[2:] for kind, data in structures if kind == wanted and data[:2] == simple_beacon.UUID), b"")


def _advertisement_rows(octets: bytes) -> Iterator[Row]:
    at = 0
    while at < len(octets):
        length = octets[at]
        if length == 0:
            yield _padding_row(at, octets[at:])
            break
        left = len(octets) - at - 1
        if length > left:
            yield Row(at, octets[at:], "ad_length", _length_past_end(length, left), is_broken=True)
            return
        yield Row(at, octets[at : at + 1], "ad_length", _length_meaning(length))
        yield from _structure_rows(at + 1, octets[at + 1 : at + 1 + length])
        at += 1 + length
    if len(octets) > advertising.MAX_LENGTH:
        yield Row(len(octets), b"", "total_length", _too_long(len(octets)), is_broken=True)


def _structure_rows(at: int, structure: bytes) -> Iterator[Row]:
    kind, content = structure[0], structure[1:]
    name = AD_TYPES.get(kind, OTHER_AD_TYPE)
    yield Row(at, structure[:1], "ad_type", Text(f"0x{kind:02X} {name.zh}", f"0x{kind:02X} {name.en}"))
    if content:
        yield from fields.content_rows(at + 1, kind, content)


def _padding_row(at: int, rest: bytes) -> Row:
    if any(rest):
        meaning = Text("長度 0 之後只能是 00", "after a length of 0 only 00 may follow")
        return Row(at, rest, "padding", meaning, is_broken=True)
    return Row(at, rest, "padding", Text("結尾之後的 00", "zeros after the end"))


def _length_meaning(length: int) -> Text:
    return Text(f"後面 {length} 個位元組（含類型）", f"{length} bytes follow, type included")


def _length_past_end(length: int, left: int) -> Text:
    return Text(
        f"長度說後面有 {length} 個位元組，實際只有 {left} 個",
        f"says {length} bytes follow, there are {left}",
    )


def _too_long(size: int) -> Text:
    most = advertising.MAX_LENGTH
    return Text(f"{size} 個位元組；傳統廣播最多 {most} 個", f"{size} bytes; a legacy advertisement has at most {most}")
