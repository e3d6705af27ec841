"""The command line as a person and a script use it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bleak.exc import BleakDBusError
from click.testing import CliRunner, Result

from beacon_agent.__main__ import main
from beacon_agent.display import rssi_bar
from tests.replay import COMPANION, FRAME, InterruptedBackend, ReplayBackend, advertisement, replaying

# What a server needs and a Pi never has.
FOREIGN = ("flask", "sqlalchemy", "linebot", "checkin_api", "reports")


def scan(backend: type[ReplayBackend], *options: str) -> Result:
    return CliRunner().invoke(main, ["scan", "--seconds", "0", *options], obj=backend, env={"COLUMNS": "160"})


def test_table_shows_each_beacon_with_its_count():
    near, far = advertisement(frame=FRAME, rssi_dbm=-58), advertisement(frame=FRAME, rssi_dbm=-70)
    odd = advertisement(frame=b"\3" + FRAME[1:])
    result = scan(replaying(near, far, advertisement(apple=COMPANION), odd))
    assert result.exit_code == 0
    line, companion, unreadable = (row for row in result.output.splitlines() if row.startswith("│"))
    assert [cell.strip() for cell in line.split("│")][1:6] == ["LINE", "fd5ea0ad1e", "00", "-70 █████░░░░░", "2"]
    assert "iBeacon (LINE)" in companion
    assert "frame type at byte 0" in unreadable


def test_json_is_one_line_for_each_beacon():
    result = scan(
        replaying(
            advertisement(frame=FRAME, rssi_dbm=-61),
            advertisement(apple=COMPANION, rssi_dbm=-127),
            advertisement(frame=b"\2"),
        ),
        "--format",
        "json",
    )
    line, companion, unreadable = (json.loads(row) for row in result.output.splitlines())
    assert line.pop("last_heard").endswith("+00:00")
    assert line == {
        "kind": "line_simple_beacon",
        "hwid": "fd5ea0ad1e",
        "device_message": "00",
        "rssi_dbm": -61,
        "count": 1,
    }
    assert (companion["kind"], companion["major"], companion["is_line_companion"]) == ("ibeacon", 19529, True)
    assert companion["rssi_dbm"] is None
    assert (unreadable["kind"], unreadable["frame"]) == ("unreadable", "02")


def test_hearing_nothing_is_said_and_is_no_failure():
    result = scan(replaying())
    assert (result.exit_code, result.stderr) == (0, "")
    assert "No beacon heard" in result.stdout
    assert scan(replaying(), "--format", "json").stdout == ""


def test_unusable_radio_is_one_line_on_stderr_and_exit_1():
    missing = BleakDBusError("org.freedesktop.DBus.Error.ServiceUnknown", ["no org.bluez"])
    result = scan(replaying(start_error=missing))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert "systemctl enable --now bluetooth" in result.stderr


def test_what_was_heard_before_the_radio_was_lost_is_shown():
    result = scan(replaying(advertisement(frame=FRAME), stop_error=OSError(9, "Bad file descriptor")))
    assert result.exit_code == 1
    assert "fd5ea0ad1e" in result.stdout
    assert "Bluetooth was lost" in result.stderr


def test_ctrl_c_ends_listening_early_and_shows_what_was_heard():
    result = CliRunner().invoke(main, ["scan", "--seconds", "30", "--format", "json"], obj=InterruptedBackend)
    assert (result.exit_code, json.loads(result.stdout)["hwid"]) == (0, "fd5ea0ad1e")
    assert InterruptedBackend.was_stopped


def test_machine_without_bleak_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(sys.modules, "beacon_agent.scanner", raising=False)
    monkeypatch.setitem(sys.modules, "bleak", None)
    result = scan(ReplayBackend)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "install with [agent]" in result.stderr


@pytest.mark.parametrize("wrong", [["--seconds", "-1"], ["--seconds", "soon"], ["--format", "xml"], ["more"]])
def test_wrong_usage_is_exit_2(wrong: list[str]):
    assert CliRunner().invoke(main, ["scan", *wrong]).exit_code == 2


def test_machine_without_d_bus_is_told_what_to_do(tmp_path: Path):
    env = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/none"}
    command = [sys.executable, "-m", "beacon_agent", "scan", "--seconds", "1"]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.count("\n") == 1
    assert "D-Bus" in ran.stderr


def test_help_names_only_what_exists():
    shown = CliRunner().invoke(main, ["--help"]).output
    named = [line.split()[0] for line in shown.partition("Commands:\n")[2].splitlines() if line[2] != " "]
    assert named == ["scan", "replay", "enrol", "run", "status", "doctor", "broadcast"]
    for name in named:
        assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0


def test_agent_never_imports_what_a_server_needs():
    program = (
        "import sys, beacon_agent.__main__, beacon_agent.agent, beacon_agent.broadcaster, beacon_agent.display\n"
        f"sys.exit(', '.join(set({FOREIGN!r}) & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert ran.stderr.strip() == ""


def test_help_loads_neither_bleak_nor_rich():
    program = "import sys, beacon_agent.__main__\nsys.exit(', '.join({'bleak', 'rich'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert ran.stderr.strip() == ""


@pytest.mark.parametrize(("rssi_dbm", "blocks"), [(-120, 0), (-100, 0), (-70, 5), (-40, 10), (0, 10)])
def test_bar_is_longer_for_a_stronger_signal(rssi_dbm: int, blocks: int):
    assert rssi_bar(rssi_dbm) == "█" * blocks + "░" * (10 - blocks)
    assert rssi_bar(None) == ""
