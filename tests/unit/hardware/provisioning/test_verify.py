"""``beacon-kit verify``: packets made by hand judged line by line, and the command on a radio that replays."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakError
from click.testing import CliRunner, Result

from hardware.frames import simple_beacon
from hardware.frames.device_message import Flags, encode
from hardware.frames.simple_beacon import SimpleBeacon
from hardware.provisioning.__main__ import main
from hardware.provisioning.edges import Edges
from hardware.provisioning.radio import Backend, Packet
from hardware.provisioning.site import Beacon, Board, Kind
from hardware.provisioning.verifying import Finding, findings, server_findings, sighting, sort_out
from tests.replay import COMPANION, advertisement, replaying

HWID, OTHER = "c0ffee0001", "c0ffee0002"
KEY = bytes(range(32))
AT = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
STEP = int(AT.timestamp()) // 15


def planned(kind: Kind = Kind.ROLLING) -> Beacon:
    return Beacon(hwid=HWID, zone="HQ-1F", kind=kind, label="大門", board=Board.ESP32, measured_power_dbm=-59)


def frame(message: bytes, hwid: str = HWID) -> bytes:
    return simple_beacon.encode_frame(SimpleBeacon(hwid, message))


def packet(after_s: float, sent: bytes | None, *, rssi_dbm: int | None = -60, apple: bytes | None = None) -> Packet:
    return Packet(at=AT + timedelta(seconds=after_s), rssi_dbm=rssi_dbm, frame=sent, apple=apple)


def on_air(seconds: int = 35, every_s: float = 0.5, **message: Any) -> list[Packet]:
    """A right beacon: a new code each 15 s, the companion in between."""
    packets = []
    for number in range(int(seconds / every_s)):
        after_s = number * every_s
        packets.append(packet(after_s, frame(encode(KEY, HWID, STEP + int(after_s // 15), **message))))
    return [*packets, packet(seconds, None, apple=COMPANION)]


def judged(packets: Iterable[Packet], kind: Kind = Kind.ROLLING) -> dict[str, Finding]:
    found = findings(sort_out(list(packets), HWID), planned(kind))
    return {finding.line.split()[0]: finding for finding in found}


def test_a_right_beacon_passes_every_line():
    found = judged(on_air(battery=7))
    assert {line: finding.passed for line, finding in found.items()} == {
        "heard": True,
        "interval": True,
        "companion": True,
        "battery": True,
        "step": True,
        "RSSI": True,
    }
    assert found["battery"].text == "60 %"
    assert found["interval"].text.startswith("500 ms")


@pytest.mark.parametrize(
    ("packets", "line", "said"),
    [
        ([], "heard", "no beacon at all: check power and LED"),
        ([packet(0, frame(b"\0", OTHER))], "heard", f"{OTHER} are: go nearer, or it has another hardware ID"),
        ([packet(0, b"\x02" + bytes.fromhex(HWID) + b"\x7e\x00")], "heard", "measured TxPower at byte 6"),
        (on_air(every_s=1.28), "interval", "set the advertising interval to 152.5 ms"),
        (on_air()[:-1], "companion", "iPhones in the background will miss this zone"),
        (on_air(battery=1), "battery", "0 %"),
        ([*on_air(), packet(36, frame(b"\0"))], "message", "no rolling message"),
        (
            [*on_air(), packet(36, frame(encode(KEY, HWID, STEP - 9)))],
            "step",
            "another transmitter has this hardware ID",
        ),
        ([packet(n / 2, frame(encode(KEY, HWID, STEP))) for n in range(120)], "step", "60 s：0 步 / steps：重新燒錄"),
        ([packet(n / 2, frame(b"\0"), rssi_dbm=-91) for n in range(9)], "RSSI", "weak: verify from nearer"),
    ],
)
def test_what_is_wrong_fails_its_line_and_says_what_to_do(packets: list[Packet], line: str, said: str):
    finding = judged(packets)[line]
    assert (finding.passed, said in finding.text) == (False, True), finding.text


def test_what_cannot_be_told_neither_passes_nor_fails():
    found = judged([packet(n, frame(encode(KEY, HWID, STEP, flags=Flags.RESUMED)), rssi_dbm=None) for n in range(4)])
    assert [(line, found[line].passed) for line in ("interval", "step", "clock", "RSSI")] == [
        ("interval", None),
        ("step", None),
        ("clock", None),
        ("RSSI", None),
    ]


def test_a_static_beacon_is_told_its_low_assurance():
    found = judged([packet(n / 2, frame(b"\0")) for n in range(9)], Kind.STATIC)
    assert "its assurance is low" in found["message"].text
    assert "step" not in found


def test_a_certified_line_beacon_is_heard_by_its_own_frame():
    found = judged([packet(n / 2, b"\x02" + bytes.fromhex(HWID) + b"\xc5" + bytes(7)) for n in range(9)], Kind.LINE)
    assert found["heard"].passed is True


def test_the_server_is_told_every_message_once_and_when_it_was_heard_first():
    told = sighting(sort_out(on_air(), HWID), planned())
    assert (told["zone"], told["rssi_dbm"], told["interval_ms"]) == ("HQ-1F", -60, 500)
    assert [each["at"] for each in told["heard"]] == [(AT + timedelta(seconds=s)).isoformat() for s in (0, 15, 30)]
    assert told["heard"][0]["device_message"] == encode(KEY, HWID, STEP).hex()


@pytest.mark.parametrize(
    ("proofs", "passed", "said"),
    [
        (["valid", "valid"], True, "valid（2）"),
        (["static"], True, "static"),
        (["valid", "forged"], False, "another key: build and flash again"),
        (["stale"], False, "its time is wrong"),
        (["replayed"], False, "a code from before"),
        (["unknown_key"], False, "beacon-kit register"),
        (["news"], False, "news"),
    ],
)
def test_what_the_server_says_of_the_codes(proofs: list[str], passed: bool, said: str):
    [finding] = server_findings({"results": [{"proof": proof} for proof in proofs], "resynchronised": False})
    assert (finding.passed, said in finding.text) == (passed, True)


SITE = f"""
[site]
code = "HQ"
name = "總局"
api = "https://checkin.invalid"
[[zones]]
code = "HQ-1F"
[[beacons]]
hwid = "{HWID}"
zone = "HQ-1F"
kind = "static"
"""


class Kit:
    def __init__(self, folder: Path) -> None:
        self.site_file = folder / "hq.toml"
        self.site_file.write_text(SITE)
        self.saved = folder / "hq.kit" / HWID / "verified.json"
        self.asked: list[Any] = []
        self.answer: httpx2.Response | Exception = httpx2.Response(
            200, json={"results": [{"device_message": "00", "proof": "static", "lag_s": None}], "resynchronised": False}
        )

    def verify(self, backend: Backend, *arguments: str) -> Result:
        edges = Edges(backend=backend, transport=httpx2.MockTransport(self._serve))
        command = ["verify", str(self.site_file), HWID, "--seconds", "0", *arguments]
        return CliRunner().invoke(main, command, obj=edges, env={"BEACON_KIT_TOKEN": "t", "COLUMNS": "200"})

    def _serve(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(json.loads(request.content))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return Kit(tmp_path)


RIGHT = replaying(*[advertisement(frame=frame(b"\0"), apple=COMPANION)] * 9)


def test_a_beacon_passes_and_its_report_is_saved(kit: Kit, tmp_path: Path):
    copy = tmp_path / "copy.json"
    ran = kit.verify(RIGHT, "--output", str(copy))
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert "✓ heard 聽到  c0ffee0001，9 次 / 9 reports" in ran.stdout
    assert "✓ code 驗證碼  static（1）" in ran.stdout
    assert f"beacon-kit label {kit.site_file}" in ran.stdout
    report = json.loads(kit.saved.read_text())
    assert (report["hwid"], report["passed"]) == (HWID, True)
    assert json.loads(copy.read_text()) == report
    assert kit.asked[0]["heard"][0]["device_message"] == "00"


def test_a_beacon_that_is_not_there_fails(kit: Kit):
    ran = kit.verify(replaying())
    assert (ran.exit_code, "✗ heard" in ran.stdout, kit.asked) == (1, True, [])
    assert json.loads(kit.saved.read_text())["passed"] is False


def test_a_server_that_is_away_fails_its_own_line_only(kit: Kit):
    kit.answer = httpx2.ConnectError("no route")
    ran = kit.verify(RIGHT)
    assert ran.exit_code == 1
    assert "✓ heard" in ran.stdout
    assert "✗ code 驗證碼  未能查證 / not checked: https://checkin.invalid 沒有回應" in ran.stdout


def test_the_server_need_not_be_asked(kit: Kit):
    ran = kit.verify(RIGHT, "--no-server", "--format", "json")
    assert (ran.exit_code, kit.asked) == (0, [])
    assert {name: json.loads(ran.stdout)["findings"][-1][name] for name in ("line", "passed")} == {
        "line": "code 驗證碼",
        "passed": None,
    }


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (BleakBluetoothNotAvailableError("x", BleakBluetoothNotAvailableReason.POWERED_OFF), "bluetoothctl power on"),
        (BleakError("odd"), "cannot scan (odd): see systemctl status bluetooth"),
        (ConnectionRefusedError(), "cannot scan (ConnectionRefusedError)"),
    ],
)
def test_a_radio_that_cannot_be_used_is_said_in_a_line(kit: Kit, error: Exception, said: str):
    ran = kit.verify(replaying(start_error=error))
    assert (ran.exit_code, said in ran.stderr, len(ran.stderr.splitlines())) == (1, True, 1)
    lost = kit.verify(replaying(stop_error=BleakError("gone")))
    assert (lost.exit_code, "cannot scan (gone)" in lost.stderr) == (1, True)
