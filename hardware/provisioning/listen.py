"""Listening for a while, with a bar on a terminal."""

import asyncio
import time
from collections.abc import Callable

import click
from rich.console import Console
from rich.progress import Progress

from hardware.provisioning.radio import Backend, Packet, listening


def listen(seconds: float, what: str, backend: Backend | None = None, *, hwid: str | None = None) -> list[Packet]:
    """The packets of so many seconds; Ctrl-C ends it early.

    Args:
        seconds: For how long.
        what: Stands beside the bar.
        backend: Another radio than the machine's.
        hwid: Whose packets are counted beside the bar; of all beacons if None.

    Raises:
        KitError: the radio cannot be used, or was lost meanwhile.
    """
    packets: list[Packet] = []
    try:
        asyncio.run(_hear(packets, seconds, backend, lambda: _told(packets, what, hwid)))
    except KeyboardInterrupt:
        # An early end is the person's choice; what was heard until then counts.
        click.echo("", err=True)
    return packets


async def _hear(packets: list[Packet], seconds: float, backend: Backend | None, told: Callable[[], str]) -> None:
    console = Console(stderr=True)
    async with listening(packets.append, backend):
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("", total=seconds)
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0:
                progress.update(task, completed=seconds - left, description=told())
                await asyncio.sleep(min(left, 0.25))


def _told(packets: list[Packet], what: str, hwid: str | None) -> str:
    mine = [packet for packet in packets if packet.frame and hwid in {None, packet.frame[1:6].hex()}]
    strength = f" {mine[-1].rssi_dbm} dBm" if mine else ""
    return f"{what} × {len(mine)}{strength}"
