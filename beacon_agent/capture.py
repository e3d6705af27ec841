"""Captures of advertisements: btsnoop files as ``btmon -w`` writes them, and JSON lines; hostile input throughout."""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from beacon_agent.errors import AgentError
from hardware.frames import FrameError, advertising, simple_beacon

_MAGIC = b"btsnoop\0"
# Source: BlueZ, doc/btsnoop.txt: header, record, data link types, opcodes of the monitor.
_HEADER, _RECORD = struct.Struct(">8sII"), struct.Struct(">IIIIq")
_UART, _MONITOR = 1002, 2001
_MONITOR_EVENT, _UART_EVENT = 3, 4
# Microseconds since the year 0, as btsnoop counts, at the beginning of 1970.
_UNIX_EPOCH_US = 0x00DCDDB30F2F8000
_LARGEST_RECORD = 1 << 16
# Source: Bluetooth Core Specification, Vol 4 Part E, 7.7.65.2 and 7.7.65.13: LE advertising reports, the old and the
# extended ones.
_LE_META, _REPORT, _EXTENDED_REPORT = 0x3E, 0x02, 0x0D
_LEGACY_FIXED, _EXTENDED_FIXED = 9, 24
_NOT_MEASURED = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One advertisement of a capture, as BlueZ would pass it on."""

    at: datetime
    rssi_dbm: int | None
    service_data: Mapping[str, bytes]
    manufacturer_data: Mapping[int, bytes]


class CaptureError(AgentError):
    """The file is no capture."""


def read_capture(path: Path) -> Iterator[Packet]:
    """The advertisements of a file; what in it is none is passed over.

    Raises:
        CaptureError: the file is neither btsnoop nor JSON lines, or is cut off.
    """
    content = path.read_bytes()
    found = _btsnoop(content) if content.startswith(_MAGIC) else _json_lines(content)
    for at, rssi_dbm, data in found:
        packet = _packet(at, rssi_dbm, data)
        if packet is not None:
            yield packet


def _packet(at: datetime, rssi_dbm: int | None, data: bytes) -> Packet | None:
    try:
        structures = advertising.split(data)
    except FrameError:
        return None
    service_data, manufacturer_data = {}, {}
    for each in structures:
        content = bytes(each.data)
        if each.kind == advertising.SERVICE_DATA_UUID16 and content[:2] == simple_beacon.UUID:
            service_data[simple_beacon.UUID_TEXT] = content[2:]
        elif each.kind == advertising.MANUFACTURER_DATA:
            manufacturer_data[int.from_bytes(content[:2], "little")] = content[2:]
    return Packet(at=at, rssi_dbm=rssi_dbm, service_data=service_data, manufacturer_data=manufacturer_data)


def _json_lines(content: bytes) -> Iterator[tuple[datetime, int | None, bytes]]:
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            at = datetime.fromisoformat(told["at"])
            rssi_dbm = None if told.get("rssi_dbm") is None else int(told["rssi_dbm"])
            data = bytes.fromhex(told["data"])
        except (ValueError, LookupError, TypeError, AttributeError, UnicodeDecodeError) as exc:
            raise CaptureError(
                f"第 {number} 行不是擷取紀錄 / line {number}: neither btsnoop nor JSON with at, rssi_dbm, data"
            ) from exc
        yield at if at.tzinfo else at.replace(tzinfo=UTC), rssi_dbm, data


def _btsnoop(content: bytes) -> Iterator[tuple[datetime, int | None, bytes]]:
    if len(content) < _HEADER.size:
        raise _cut_off(0)
    _, version, link = _HEADER.unpack_from(content)
    if version != 1 or link not in {_UART, _MONITOR}:
        raise CaptureError(f"btsnoop {version}/{link}：只讀得懂 1/1002、1/2001 / only 1/1002 and 1/2001 can be read")
    offset = _HEADER.size
    while offset < len(content):
        if len(content) - offset < _RECORD.size:
            raise _cut_off(offset)
        _, length, flags, _, stamp_us = _RECORD.unpack_from(content, offset)
        record = content[offset + _RECORD.size :][:length]
        if len(record) < length or length > _LARGEST_RECORD:
            raise _cut_off(offset)
        offset += _RECORD.size + length
        if link == _MONITOR and flags & 0xFFFF == _MONITOR_EVENT:
            yield from _reports(_time(stamp_us), record)
        elif link == _UART and record[:1] == bytes([_UART_EVENT]):
            yield from _reports(_time(stamp_us), record[1:])


def _reports(at: datetime, event: bytes) -> Iterator[tuple[datetime, int | None, bytes]]:
    """The advertising reports of an HCI event; one that lies about its lengths is passed over."""
    if len(event) < 4 or event[0] != _LE_META or event[2] not in {_REPORT, _EXTENDED_REPORT}:  # noqa: PLR2004 (header)
        return
    body = event[4:]
    for _ in range(event[3]):
        if event[2] == _REPORT:
            length_at, data_at = _LEGACY_FIXED - 1, _LEGACY_FIXED
            size = data_at + (body[length_at] if len(body) > length_at else 0) + 1
            rssi_at = size - 1
        else:
            length_at, data_at, rssi_at = _EXTENDED_FIXED - 1, _EXTENDED_FIXED, 13
            size = data_at + (body[length_at] if len(body) > length_at else 0)
        if len(body) < size or len(body) <= length_at:
            return
        rssi_dbm = int.from_bytes(body[rssi_at : rssi_at + 1], signed=True)
        yield at, None if rssi_dbm == _NOT_MEASURED else rssi_dbm, body[data_at : data_at + body[length_at]]
        body = body[size:]


def _time(stamp_us: int) -> datetime:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=stamp_us - _UNIX_EPOCH_US)
    except OverflowError:
        return datetime(1970, 1, 1, tzinfo=UTC)


def _cut_off(offset: int) -> CaptureError:
    return CaptureError(f"擷取檔在第 {offset} 位元組中斷 / the capture is cut off at byte {offset}")
