"""Captures: btsnoop as btmon writes it, JSON lines, and everything that is neither."""

import json
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from beacon_agent.__main__ import main
from beacon_agent.capture import CaptureError, read_capture

LINE = bytes.fromhex("0201060303 6ffe 17166ffe02c0ffee00017f11071d018116eaba9040c36d98")
IBEACON = bytes.fromhex("0201061aff4c000215d0d2ce249efc11e582c41c6a7a17ef384c494e45c5")
# 2026-11-23T00:00:00Z in microseconds since the year 0, as btsnoop counts.
STAMP = 0x00DCDDB30F2F8000 + 1_795_392_000_000_000


def report(data: bytes, rssi: int, *, extended: bool = False) -> bytes:
    """An LE advertising report. Source: Bluetooth Core Specification, Vol 4 Part E, 7.7.65.2, 7.7.65.13."""
    address = bytes.fromhex("0100eeffc0c0")
    if extended:
        fixed = struct.pack("<HB6sBBBbbHB6sB", 0x10, 1, address, 1, 0, 255, 127, rssi, 0, 0, bytes(6), len(data))
        return fixed + data
    return struct.pack("<BB6sB", 3, 1, address, len(data)) + data + struct.pack("b", rssi)


def event(*reports: bytes, subevent: int = 0x02) -> bytes:
    body = bytes([subevent, len(reports)]) + b"".join(reports)
    return bytes([0x3E, len(body)]) + body


def btsnoop(*events: bytes, link: int = 2001) -> bytes:
    content = b"btsnoop\0" + struct.pack(">II", 1, link)
    for each in events:
        record = each if link == 2001 else b"\x04" + each
        content += struct.pack(">IIIIq", len(record), len(record), 3, 0, STAMP) + record
    return content


def replay(path: Path, content: bytes, *options: str) -> Result:
    path.write_bytes(content)
    return CliRunner().invoke(main, ["replay", str(path), *options], env={"COLUMNS": "160"})


@pytest.mark.parametrize("link", [2001, 1002])
def test_a_capture_of_btmon_is_shown_as_if_it_were_heard(tmp_path: Path, link: int):
    events = [event(report(LINE, -61)), event(report(LINE, -63), report(IBEACON, -70)), b"\x0e\x04\x01\x0c\x20\x00"]
    events.append(event(report(LINE, 127, extended=True), subevent=0x0D))
    ran = replay(tmp_path / "a.btsnoop", btsnoop(*events, link=link), "--format", "json")
    assert (ran.exit_code, ran.stderr) == (0, "")
    line, companion = (json.loads(row) for row in ran.stdout.splitlines())
    assert (line["hwid"], line["count"], line["rssi_dbm"]) == ("c0ffee0001", 3, None)
    assert line["last_heard"] == "2026-11-23T00:00:00.000+00:00"
    assert (companion["kind"], companion["rssi_dbm"]) == ("ibeacon", -70)


def test_json_lines_are_shown_as_a_table(tmp_path: Path):
    lines = [
        {"at": "2026-11-23T08:00:00+08:00", "rssi_dbm": -61, "data": LINE.hex()},
        {"at": "2026-11-23T08:00:01+08:00", "data": LINE.hex()},
    ]
    ran = replay(tmp_path / "a.jsonl", "\n\n".join(json.dumps(line) for line in lines).encode())
    assert ran.exit_code == 0
    assert "c0ffee0001" in ran.stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"btsnoop\0", "cut off at byte 0"),
        (b"btsnoop\0" + struct.pack(">II", 2, 2001), "only 1/1002 and 1/2001"),
        (b"btsnoop\0" + struct.pack(">II", 1, 1), "only 1/1002 and 1/2001"),
        (btsnoop(event(report(LINE, -61)))[:-1], "cut off at byte 16"),
        (btsnoop() + b"\0", "cut off at byte 16"),
        (b"\xff\xfe", "line 1: neither"),
        (b"{}", "line 1: neither"),
        (b"[]", "line 1: neither"),
        (b'{"at": "2026-11-23", "data": "zz"}', "line 1: neither"),
    ],
)
def test_what_is_no_capture_is_said(tmp_path: Path, content: bytes, words: str):
    ran = replay(tmp_path / "a", content)
    assert (ran.exit_code, words in ran.stderr) == (1, True)


def test_a_file_that_is_not_there_is_wrong_usage():
    assert CliRunner().invoke(main, ["replay", "/nowhere"]).exit_code == 2


@given(st.binary(max_size=80), st.integers(0, 255), st.integers(0, 3))
def test_events_that_lie_are_passed_over(tmp_path_factory: pytest.TempPathFactory, body: bytes, first: int, kind: int):
    path = tmp_path_factory.getbasetemp() / "lies.btsnoop"
    subevent = (0x02, 0x0D, 0x01, first)[kind]
    path.write_bytes(btsnoop(bytes([0x3E, len(body), subevent]) + body))
    for packet in read_capture(path):
        assert packet.at.year == 2026


@given(st.binary(max_size=200))
def test_any_file_is_a_capture_or_an_error(tmp_path_factory: pytest.TempPathFactory, content: bytes):
    path = tmp_path_factory.getbasetemp() / "any"
    for each in (content, b"btsnoop\0" + content):
        path.write_bytes(each)
        with suppress(CaptureError):
            list(read_capture(path))
