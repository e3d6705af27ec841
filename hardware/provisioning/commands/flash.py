"""``beacon-kit flash``: write image and firmware onto the device at a serial port, and make sure that it has them."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hardware.provisioning.errors import KitError

if TYPE_CHECKING:
    from hardware.provisioning.devices import Command, Device
    from hardware.provisioning.site import Beacon, Board

# Its name, and what is done; reading back tells the firmware's version.
Step = tuple[str, Callable[[], str | None]]
READ_BACK = "讀回 / read back"


@click.command()
@click.argument("site_file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("hwid")
@click.option("--port", help="序列埠 / Serial port, such as /dev/ttyUSB0; virtual:FOLDER writes into a folder instead.")
@click.option(
    "--micropython",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="MicroPython 的 .bin / MicroPython for the board, for a new one: everything on it is erased.",
)
@click.option(
    "--keep-image", is_flag=True, help="保留金鑰與映像 / Keep key and image; else they are deleted when it is done."
)
@click.option("--dry-run", is_flag=True, help="只印出指令 / Print the commands and do nothing.")
def command(  # noqa: PLR0913 (options of the command line)
    site_file: Path, hwid: str, *, port: str | None, micropython: Path | None, keep_image: bool, dry_run: bool
) -> None:
    """燒錄 / Write a beacon onto the device at a serial port.

    It can be run again after anything: a cable that was pulled, a wrong board. The key is deleted here once the device
    has told that it has it.

    \b
    beacon-kit flash hq.toml c0ffee0001 --port /dev/ttyUSB0 --micropython ESP32_GENERIC.bin
    beacon-kit flash hq.toml c0ffee0001 --port /dev/ttyUSB0
    """  # noqa: D301 (click wants the character itself: it keeps the lines below from being wrapped)
    # Not needed for --help, which must be there at once.
    from hardware.provisioning.devices import SerialDevice, device_at, run_program, shown  # noqa: PLC0415
    from hardware.provisioning.site import Board, load_site  # noqa: PLC0415
    from hardware.provisioning.workspace import FLASHED, IMAGE, Workspace  # noqa: PLC0415

    if port is None:
        raise click.UsageError(f"須指定 --port / name the --port: {_ports()}")
    beacon, workspace = load_site(site_file).beacon(hwid), Workspace(site_file)
    if beacon.board is None or beacon.board is Board.PI:
        raise KitError(
            f"{beacon.hwid} 不是 ESP32 信標，不需燒錄 / {beacon.hwid} is no ESP32: there is nothing to flash"
        )
    image = workspace.of(beacon.hwid) / IMAGE
    if dry_run:

        def print_only(command: "Command") -> str:
            click.echo(shown(command))
            return ""

        device = SerialDevice(port, print_only)
        for name, step in _writing(device, beacon, beacon.board, image, micropython):
            # Nothing answers that could be read.
            device.status() if name is READ_BACK else step()
        return
    if not image.exists():
        raise KitError(
            f"沒有映像：請先 beacon-kit build {site_file} {beacon.hwid} / no image: run beacon-kit build first"
        )
    firmware = _write(list(_writing(device_at(port, run_program), beacon, beacon.board, image, micropython)))
    done = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "port": port, "firmware": firmware}
    workspace.write_private(beacon.hwid, FLASHED, json.dumps(done).encode())
    if not keep_image:
        workspace.forget_key(beacon.hwid)
    click.echo(f"完成 / done: {beacon.hwid} {beacon.label}")
    click.echo(f"下一步：裝上牆後 / next, on the wall: beacon-kit verify {site_file} {beacon.hwid}")


def _writing(
    device: "Device", beacon: "Beacon", board: "Board", image: Path, micropython: Path | None
) -> Iterator[Step]:
    from hardware.provisioning.image import firmware_files  # noqa: PLC0415 (not needed for --help)

    if micropython is not None:
        yield "MicroPython", lambda: device.write_micropython(board, micropython)
    yield "身分與金鑰 / identity and key", lambda: device.write_nvs(board, image)
    yield "韌體 / firmware", lambda: device.copy(firmware_files())
    yield READ_BACK, lambda: _read_back(device, beacon)
    # Last, for it starts the beacon: whoever speaks with the device stops it.
    yield "時間 / time", lambda: device.set_time(int(time.time()))


def _write(steps: Sequence[Step]) -> str:
    """Do the steps one after another, with a bar on a terminal; the one that fails is named. Returns the firmware."""
    from rich.console import Console  # noqa: PLC0415 (not needed for --help)
    from rich.progress import Progress  # noqa: PLC0415 (same)

    firmware = ""
    # To stderr, and nothing at all where that is no terminal.
    with Progress(
        console=Console(stderr=True), transient=True, disable=not Console(stderr=True).is_terminal
    ) as progress:
        task = progress.add_task("", total=len(steps))
        for number, (name, step) in enumerate(steps, 1):
            progress.update(task, description=name)
            try:
                firmware = step() or firmware
            except KitError as exc:
                raise KitError(*(f"[{number}/{len(steps)}] {name}: {line}" for line in exc.lines)) from exc
            progress.advance(task)
            click.echo(f"[{number}/{len(steps)}] {name} ✓")
    return firmware


def _read_back(device: "Device", beacon: "Beacon") -> str:
    """The firmware's version, after the device has told that it is this beacon and has a key."""
    said = device.status()
    try:
        status = json.loads(said.strip().splitlines()[-1])
        is_right = status["hwid"] == beacon.hwid and status["has_key"] is True
    except (ValueError, LookupError, TypeError):
        status, is_right = {}, False
    if not is_right:
        raise KitError(
            f"裝置回報不符，金鑰仍保留：再執行一次，或加 --micropython FILE 重來"
            f" / the device does not say that it is {beacon.hwid}: run it again, or begin anew with --micropython FILE"
        )
    return str(status.get("firmware", ""))


def _ports() -> str:
    """The serial ports of this machine; those of the usual USB chips of ESP32 boards are marked."""
    from serial.tools import list_ports  # noqa: PLC0415 (not needed for --help)

    # Source: USB vendor IDs of Silicon Labs, WCH, FTDI, Espressif.
    usual = {0x10C4, 0x1A86, 0x0403, 0x303A}
    found = [f"{port.device}{' (ESP32?)' if port.vid in usual else ''}" for port in list_ports.comports()]
    return "、".join(found) or "（這台電腦沒有序列埠 / this machine has none）"
