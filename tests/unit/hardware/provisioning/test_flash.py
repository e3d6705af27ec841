"""``beacon-kit build`` and ``flash``: the image, the exact commands, every way in which a device lets one down."""

import json
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hardware.provisioning.__main__ import main
from hardware.provisioning.commands import flash
from hardware.provisioning.devices import Command, DeviceError, SerialDevice, VirtualDevice, run_program
from hardware.provisioning.errors import KitError
from hardware.provisioning.image import Options, firmware_files, nvs_image
from hardware.provisioning.site import Board, load_site
from hardware.provisioning.workspace import REGISTERED, Workspace
from tests.micropython.nvs import read_image

HWID, PI, STATIC = "c0ffee0001", "c0ffee0002", "c0ffee0003"
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
label = "大門"
board = "esp32c3"
measured_power_dbm = -63
[[beacons]]
hwid = "{PI}"
zone = "HQ-1F"
board = "pi"
[[beacons]]
hwid = "{STATIC}"
zone = "HQ-1F"
kind = "static"
"""


class Kit:
    """A site file in an empty folder, its beacons registered; the command line on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site_file = folder / "hq.toml"
        self.site_file.write_text(SITE)
        self.workspace = Workspace(self.site_file)
        self.key = self.workspace.make_key(HWID)
        self.workspace.make_key(PI)
        for hwid in (HWID, PI):
            self.workspace.write_private(hwid, REGISTERED, b"")
        self.device = folder / "device"

    def run(self, command: str, *arguments: str) -> Result:
        return CliRunner().invoke(main, [command, str(self.site_file), *arguments])

    def flash(self, *arguments: str) -> Result:
        return self.run("flash", HWID, "--port", f"virtual:{self.device}", *arguments)


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return Kit(tmp_path)


def test_the_image_holds_what_the_firmware_reads(kit: Kit):
    beacon = load_site(kit.site_file).beacon(HWID)
    options = Options(battery_pin=3, led_pin=2, wifi_ssid="局", wifi_password='p,"w', ntp="time.stdtime.gov.tw")
    image = nvs_image(beacon, kit.key, options, now=1_790_121_600)
    assert len(image) == 0x6000
    assert read_image(image) == {
        "checkin": {
            "hwid": bytes.fromhex(HWID),
            "key": kit.key,
            "step": 119_341_440,
            "power": -63,
            "batt_pin": 3,
            "led_pin": 2,
            "ssid": "局".encode(),
            "password": b'p,"w',
            "ntp": b"time.stdtime.gov.tw",
        }
    }


def test_a_site_is_built_and_only_the_installer_can_read_it(kit: Kit):
    ran = kit.run("build", "--led-pin", "2")
    assert (ran.exit_code, ran.stderr) == (0, "")
    image = kit.folder / "hq.kit" / HWID / "nvs.bin"
    assert stat.S_IMODE(image.stat().st_mode) == 0o600
    assert read_image(image.read_bytes())["checkin"]["key"] == kit.key
    pi_file = (kit.folder / "hq.kit" / PI / "beacon.toml").read_text()
    assert f'hwid = "{PI}"' in pi_file
    assert f"{STATIC}   static：不需映像" in ran.stdout
    assert "/etc/beacon-agent/beacon.toml" in ran.stdout
    assert kit.key.hex() not in ran.output
    # Nothing else holds the key: no CSV, no temporary file.
    holders = [path for path in kit.folder.rglob("*") if path.is_file() and kit.key.hex().encode() in path.read_bytes()]
    assert [path.name for path in holders] == ["key"]


def test_a_beacon_without_its_key_is_named_and_the_others_are_built(kit: Kit):
    kit.workspace.forget_key(PI)
    ran = kit.run("build")
    assert ran.exit_code == 1
    assert f"{PI}   尚未登錄 / not registered yet" in ran.stdout
    assert "1 beacons have no key: run beacon-kit register" in ran.stderr
    assert (kit.folder / "hq.kit" / HWID / "nvs.bin").exists()
    assert "run beacon-kit register first" in kit.run("build", PI).stderr


def test_a_key_that_the_server_has_not_taken_is_not_built(kit: Kit):
    (kit.folder / "hq.kit" / HWID / REGISTERED).unlink()
    for named in ((), (HWID,)):
        ran = kit.run("build", *named)
        assert (ran.exit_code, f"{HWID} 大門  尚未登錄" in ran.stdout) == (1, True)
    assert not (kit.folder / "hq.kit" / HWID / "nvs.bin").exists()


def test_wifi_needs_a_server_to_ask(kit: Kit):
    assert kit.run("build", "--wifi-ssid", "x").exit_code == 2


def test_a_device_is_flashed_asked_and_its_key_forgotten(kit: Kit):
    kit.run("build")
    micropython = kit.folder / "micropython.bin"
    micropython.write_bytes(b"MicroPython")
    ran = kit.flash("--micropython", str(micropython))
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert [line.split()[0] for line in ran.stdout.splitlines()[:5]] == ["[1/5]", "[2/5]", "[3/5]", "[4/5]", "[5/5]"]
    assert f"beacon-kit verify {kit.site_file} {HWID}" in ran.stdout
    assert (kit.device / "board").read_text() == "esp32c3"
    assert read_image((kit.device / "nvs.bin").read_bytes())["checkin"]["key"] == kit.key
    assert {path.name for path in firmware_files()} <= {path.name for path in kit.device.iterdir()}
    assert not kit.workspace.has_key(HWID)
    assert not (kit.folder / "hq.kit" / HWID / "nvs.bin").exists()
    assert json.loads((kit.folder / "hq.kit" / HWID / "flashed.json").read_text())["firmware"] == "virtual"
    assert "先前已燒錄 / flashed already" in kit.run("build").stdout


def test_the_image_can_be_kept(kit: Kit):
    kit.run("build")
    assert kit.flash("--keep-image").exit_code == 0
    assert kit.workspace.has_key(HWID)


def test_a_pulled_cable_costs_nothing(kit: Kit):
    kit.run("build")
    kit.device.mkdir()
    (kit.device / "unplugged").touch()
    ran = kit.flash()
    assert ran.exit_code == 1
    assert ran.stderr.startswith("error: [1/4] 身分與金鑰 / identity and key: 裝置不見了")
    assert kit.workspace.has_key(HWID)
    (kit.device / "unplugged").unlink()
    assert kit.flash().exit_code == 0


def test_without_an_image_it_says_what_to_run(kit: Kit):
    assert "run beacon-kit build first" in kit.flash().stderr


@pytest.mark.parametrize("hwid", [PI, STATIC])
def test_what_is_no_esp32_is_not_flashed(kit: Kit, hwid: str):
    assert "there is nothing to flash" in kit.run("flash", hwid, "--port", "virtual:x").stderr


def test_without_a_port_the_ports_are_named(kit: Kit):
    ran = kit.run("flash", HWID)
    assert (ran.exit_code, "name the --port" in ran.stderr) == (2, True)


def test_a_dry_run_prints_the_commands_and_touches_nothing(kit: Kit):
    micropython = kit.folder / "micropython.bin"
    micropython.touch()
    ran = kit.run("flash", HWID, "--port", "/dev/ttyUSB0", "--dry-run", "--micropython", str(micropython))
    lines = ran.stdout.splitlines()
    assert lines[0] == "python3 -m esptool --chip esp32c3 --port /dev/ttyUSB0 erase-flash"
    assert lines[1] == f"python3 -m esptool --chip esp32c3 --port /dev/ttyUSB0 write-flash 0x0 {micropython}"
    assert lines[2].endswith(f"write-flash 0x9000 {kit.folder}/hq.kit/{HWID}/nvs.bin")
    assert lines[3].startswith("python3 -m mpremote connect /dev/ttyUSB0 fs cp ")
    assert lines[3].endswith("/steps.py :")
    assert lines[4] == "python3 -m mpremote connect /dev/ttyUSB0 exec 'import provision; provision.status()'"
    # What follows the time is the reset that starts the beacon, and nothing that would stop it again.
    assert re.fullmatch(
        r"python3 -m mpremote connect /dev/ttyUSB0 exec 'import provision; provision\.set_time\(\d{10}\)' \+ reset",
        lines[5],
    )
    assert len(lines) == 6
    assert kit.workspace.has_key(HWID)
    assert not (kit.folder / "hq.kit" / HWID / "nvs.bin").exists()


def test_every_board_has_its_place_for_micropython():
    asked: list[Command] = []

    def run(command: Command) -> str:
        asked.append(command)
        return ""

    device = SerialDevice("p", run)
    for board in (Board.ESP32, Board.ESP32_C3, Board.ESP32_S3):
        device.write_micropython(board, Path("m.bin"))
    assert [command[-2] for command in asked if "write-flash" in command] == ["0x1000", "0x0", "0x0"]


def failing_at(number: int) -> Callable[[Command], str]:
    """A cable that is pulled in the middle of the so-manieth command."""
    asked = 0

    def run(command: Command) -> str:
        nonlocal asked
        asked += 1
        if asked == number:
            raise DeviceError("gone")
        return json.dumps({"firmware": "1.0.0", "hwid": HWID, "has_key": True}) if "status()" in command[-1] else ""

    return run


@pytest.mark.parametrize("number", range(1, 7))
def test_a_cable_pulled_at_any_command_leaves_the_key_here(kit: Kit, number: int, monkeypatch: pytest.MonkeyPatch):
    kit.run("build")
    micropython = kit.folder / "micropython.bin"
    micropython.touch()
    # The programs are the edge that cannot be run here: there is no chip.
    monkeypatch.setattr("hardware.provisioning.devices.run_program", failing_at(number))
    arguments = (HWID, "--port", "/dev/ttyUSB0", "--micropython", str(micropython))
    ran = kit.run("flash", *arguments)
    assert (ran.exit_code, "gone" in ran.stderr) == (1, True)
    assert kit.workspace.has_key(HWID)
    monkeypatch.setattr("hardware.provisioning.devices.run_program", failing_at(0))
    assert kit.run("flash", *arguments).exit_code == 0
    assert not kit.workspace.has_key(HWID)


@pytest.mark.parametrize(
    "said",
    ["", "no json", "[]", "{}", '{"hwid": "ffffffffff", "has_key": true}', f'{{"hwid": "{HWID}", "has_key": 1}}'],
)
def test_a_device_that_says_something_else_is_not_believed(kit: Kit, said: str):
    class Mute(VirtualDevice):
        def status(self) -> str:
            return said

    beacon = load_site(kit.site_file).beacon(HWID)
    with pytest.raises(KitError, match="does not say that it is c0ffee0001"):
        flash._read_back(Mute(kit.device), beacon)  # noqa: SLF001 (the judgement itself)


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("could not open port /dev/ttyUSB0: [Errno 13] Permission denied", "join group dialout"),
        ("Could not open /dev/ttyUSB9, the port is busy or doesn't exist.", "cannot open the port"),
        ("mpremote: failed to access /dev/x (it may be in use by another program)", "close a serial monitor"),
        ("could not enter raw repl", "use --micropython FILE"),
        ("This chip is ESP32-C3, not ESP32. Wrong --chip argument?", "correct board in the site file"),
        ("Failed to connect to ESP32: No serial data received.", "hold BOOT"),
        ("odd \x1b[31m", "check the cable"),
        ("", "check the cable"),
    ],
)
def test_what_a_program_says_is_turned_into_advice(words: str, advice: str):
    with pytest.raises(DeviceError) as caught:
        run_program((sys.executable, "-c", f"import sys; sys.stderr.write({words!r}); sys.exit(1)"))
    assert advice in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_a_port_that_is_not_there_is_said_by_the_real_programs(tmp_path: Path):
    device = SerialDevice(str(tmp_path / "ttyUSB0"), run_program)
    image = tmp_path / "nvs.bin"
    image.touch()
    with pytest.raises(DeviceError, match="cannot open the port: check --port"):
        device.write_nvs(Board.ESP32, image)
    with pytest.raises(DeviceError, match="cannot open the port: check --port"):
        device.set_time(1)
