"""Real MicroPython (its WebAssembly build) for the test of the firmware: runs the real files on stub hardware."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.micropython.nvs import read_image

HERE = Path(__file__).parent
FIRMWARE = HERE.parents[1] / "hardware" / "firmware" / "esp32"


@dataclass(frozen=True, slots=True)
class OnAir:
    """A packet that the radio was told to send from then on; ``packet`` is None for silence."""

    at_ms: int
    interval_us: int | None
    packet: bytes | None
    connectable: bool


def run_script(script: str, *, firmware: Path = FIRMWARE, job: Any = None, timeout_s: float = 150) -> Any:
    """Run Python code under MicroPython with the firmware's files and the stubs at hand.

    Args:
        script: Sees ``JOB``; what it gives to ``tell`` is returned.
        firmware: The folder with the device's files.
        job: Anything JSON can say.
        timeout_s: It is killed after this.
    """
    files = {path.name: path.read_text("utf-8") for path in (*firmware.glob("*.py"), *HERE.glob("stubs/*.py"))}
    told = json.dumps({"files": files, "script": script, "job": json.dumps(job)})
    ran = subprocess.run(
        ["node", str(HERE / "run.mjs")], input=told, capture_output=True, text=True, timeout=timeout_s, check=False
    )
    if ran.returncode:
        raise AssertionError(ran.stderr)
    return json.loads(ran.stdout)


_DEVICE = """
import bluetooth, esp32, machine
from battery import Battery
from beacon import Beacon
from clock import Clock
from settings import Settings

esp32.NVS.stored = {"checkin": {name: bytes.fromhex(value) if isinstance(value, str) else value
                                for name, value in JOB["nvs"].items()}}
if JOB["unix_time"] is not None:
    import provision
    provision.set_time(JOB["unix_time"])
nvs = esp32.NVS("checkin")
settings = Settings(nvs)
air = bluetooth.BLE()
if settings.is_provisioned():
    beacon = Beacon(air, nvs, settings, Battery(None, settings), Clock(machine.RTC()), 0)
    for now_ms in range(0, JOB["ms"], 50):
        air.now_ms = now_ms
        beacon.tick(now_ms)
tell(air.log)
"""


def run_device(folder: Path, *, seconds: float, unix_time: int | None = None) -> list[OnAir]:
    """What a device sends that was flashed from a folder with ``nvs.bin`` and the files that were copied onto it.

    Args:
        folder: What the device holds.
        seconds: For how long.
        unix_time: Set over USB before the reset, as ``beacon-kit flash`` does it.
    """
    stored = read_image((folder / "nvs.bin").read_bytes())["checkin"]
    nvs = {name: value.hex() if isinstance(value, bytes) else value for name, value in stored.items()}
    job = {"nvs": nvs, "ms": int(seconds * 1000), "unix_time": unix_time}
    return on_air(run_script(_DEVICE, firmware=folder, job=job))


def on_air(log: Any) -> list[OnAir]:
    """The stub radio's log as values."""
    return [
        OnAir(at_ms, interval_us, bytes.fromhex(packet) if packet else None, connectable)
        for at_ms, interval_us, packet, connectable in log
    ]
