"""The device at the other end of a cable: a real one through esptool and mpremote, or a folder that stands for one."""

import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from hardware.provisioning.errors import KitError
from hardware.provisioning.image import MICROPYTHON_OFFSETS, NVS_OFFSET
from hardware.provisioning.site import Board

VIRTUAL = "virtual:"
Command = Sequence[str]
# Runs a program and returns what it printed; raises DeviceError.
Run = Callable[[Command], str]

# MicroPython has 1.7 MB, which takes two and a half minutes at 115,200 baud, where esptool begins.
_TIMEOUT_S = 300


class DeviceError(KitError):
    """A step on the device failed; the cable, the port or the chip is to blame."""


class Device(Protocol):
    """What flashing asks of a device; every act raises ``DeviceError`` if it fails."""

    def write_micropython(self, board: Board, path: Path) -> None:
        """Erase everything and write MicroPython."""

    def write_nvs(self, board: Board, path: Path) -> None:
        """Write the partition with identity and key."""

    def copy(self, files: Sequence[Path]) -> None:
        """Copy the firmware's files onto the device."""

    def status(self) -> str:
        """The line of JSON that the firmware tells of itself; it stands still until its time is set."""

    def set_time(self, unix_s: int) -> None:
        """Set the time and restart: the last step."""


class SerialDevice:
    """A device at a serial port. Both programs are called as programs: esptool has a licence of its own (GPL)."""

    def __init__(self, port: str, run: Run) -> None:
        self._port, self._run = port, run

    def write_micropython(self, board: Board, path: Path) -> None:
        """Erase everything and write MicroPython."""
        self._run(self._esptool(board, "erase-flash"))
        self._run(self._esptool(board, "write-flash", hex(MICROPYTHON_OFFSETS[board]), str(path)))

    def write_nvs(self, board: Board, path: Path) -> None:
        """Write the partition with identity and key."""
        self._run(self._esptool(board, "write-flash", hex(NVS_OFFSET), str(path)))

    def copy(self, files: Sequence[Path]) -> None:
        """Copy the firmware's files onto the device."""
        self._run(self._mpremote("fs", "cp", *map(str, files), ":"))

    def status(self) -> str:
        """The line of JSON that the firmware tells of itself; it stands still until its time is set."""
        return self._run(self._mpremote("exec", "import provision; provision.status()"))

    def set_time(self, unix_s: int) -> None:
        """Set the time and restart: the last step."""
        self._run(self._mpremote("exec", f"import provision; provision.set_time({unix_s})", "+", "reset"))

    def _esptool(self, board: Board, *arguments: str) -> Command:
        return (sys.executable, "-m", "esptool", "--chip", board, "--port", self._port, *arguments)

    def _mpremote(self, *arguments: str) -> Command:
        return (sys.executable, "-m", "mpremote", "connect", self._port, *arguments)


class VirtualDevice:
    """A folder that stands for a device: for trying the steps without one, and for tests.

    ``nvs.bin`` and the firmware's files land there as they would on the device; a file ``unplugged`` in it makes every
    act fail, as a cable does that somebody pulls.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write_micropython(self, board: Board, path: Path) -> None:
        """Erase everything and write MicroPython."""
        self._require_plug()
        for each in self._folder.iterdir():
            each.unlink()
        (self._folder / "micropython.bin").write_bytes(path.read_bytes())
        (self._folder / "board").write_text(board)

    def write_nvs(self, board: Board, path: Path) -> None:
        """Write the partition with identity and key."""
        del board
        self._require_plug()
        (self._folder / "nvs.bin").write_bytes(path.read_bytes())

    def copy(self, files: Sequence[Path]) -> None:
        """Copy the firmware's files onto the device."""
        self._require_plug()
        for each in files:
            (self._folder / each.name).write_bytes(each.read_bytes())

    def status(self) -> str:
        """What the firmware would tell of itself; the hardware ID is looked for in the image, as nothing runs here."""
        self._require_plug()
        image = (self._folder / "nvs.bin").read_bytes()
        # Source: ESP-IDF, "Structure of Entry": a blob's bytes stand after the entry of 32 bytes that names it.
        at = image.index(b"hwid\0") - 8 + 32
        return json.dumps({"firmware": "virtual", "hwid": image[at : at + 5].hex(), "has_key": b"key\0" in image})

    def set_time(self, unix_s: int) -> None:
        """Set the time and restart: the last step."""
        self._require_plug()
        (self._folder / "time").write_text(str(unix_s))

    def _require_plug(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if (self._folder / "unplugged").exists():
            raise DeviceError(
                "裝置不見了：請檢查 USB 線後再執行一次 / the device is gone: check the cable, then run it again"
            )


def device_at(port: str, run: Run) -> Device:
    """The device at a serial port, or the folder after ``virtual:``."""
    if port.startswith(VIRTUAL):
        return VirtualDevice(Path(port.removeprefix(VIRTUAL)))
    return SerialDevice(port, run)


def run_program(command: Command) -> str:
    """Run one of the programs.

    Raises:
        DeviceError: it failed or hung; with its last words and what to do.
    """
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)  # noqa: S603 (our own programs)
    except subprocess.TimeoutExpired:
        raise DeviceError(
            f"{command[2]} 沒有反應：請拔插 USB 線後再執行一次 / does not answer: replug the cable, then run it again"
        ) from None
    if ran.returncode:
        raise DeviceError(_explained(command[2], f"{ran.stdout}\n{ran.stderr}"))
    return ran.stdout


def shown(command: Command) -> str:
    """A command as a person could type it."""
    return shlex.join(["python3", *command[1:]])


_PORT = "連不上連接埠：檢查 --port、關掉序列埠監看程式 / cannot open the port: check --port, close a serial monitor"
# What the programs say, and what an installer does about it; the first that is found.
_ADVICE = (
    ("No module named", "請安裝 pip install 'police-checkin[provisioning]' / install the extra [provisioning]"),
    (
        "Permission denied",
        "沒有權限：sudo usermod -aG dialout $USER 後重新登入 / no right to the port: join group dialout",
    ),
    ("This chip is", "板子型號不符：請改案場檔的 board / another chip: correct board in the site file"),
    (
        "could not enter raw repl",
        "板子上沒有 MicroPython：加 --micropython FILE / no MicroPython on it: use --micropython FILE",
    ),
    ("no device found", "找不到裝置：檢查 --port 與 USB 線 / no device there: check --port and the cable"),
    (
        "failed to access",
        "連不上連接埠：檢查 --port、關掉序列埠監看程式 / cannot open the port: check --port, close a serial monitor",
    ),
    (
        "Could not open",
        "連不上連接埠：檢查 --port、關掉序列埠監看程式 / cannot open the port: check --port, close a serial monitor",
    ),
    ("Failed to connect", "連不上晶片：按住 BOOT 再執行一次 / the chip does not answer: hold BOOT and run it again"),
    ("No module named 'provision'", "韌體沒有複製完成：再執行一次 / the firmware is not complete: run it again"),
)
_RUN_AGAIN = "檢查 USB 線後再執行一次 / check the cable, then run the same command again"


def _explained(program: str, said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "")
    last = "".join(sign if sign.isprintable() else "?" for sign in telling)[:200]
    advice = next((what for words, what in _ADVICE if words.lower() in said.lower()), _RUN_AGAIN)
    return f"{program}: {last}：{advice}"
