"""What was heard, as a table for a person and as JSON lines for a program."""

import json
from collections.abc import Iterable
from datetime import tzinfo
from typing import TYPE_CHECKING

import click

from beacon_agent.sightings import Beacon, Heard, UnreadableFrame
from hardware.frames.ibeacon import IBeacon
from hardware.frames.simple_beacon import SimpleBeacon

if TYPE_CHECKING:
    from rich.table import Table

    from beacon_agent.sightings import SightingTable

# From the edge of hearing to a hand's breadth from the beacon, as phones and a Pi report it.
_WEAKEST_DBM, _STRONGEST_DBM = -100, -40
_BAR_WIDTH = 10
_HEADINGS = ("種類\nKind", "識別\nIdentity", "裝置訊息\nDevice message", "RSSI\ndBm", "次數\nCount", "最後\nLast heard")


def show(heard: "SightingTable", form: str) -> None:
    """Print what was heard, as ``table`` or ``json`` lines."""
    if form == "json":
        for entry in heard:
            click.echo(json_line(entry))
        return
    if not heard:
        click.echo("沒有聽到信標：請靠近信標或延長 --seconds / No beacon heard: go nearer, or raise --seconds")
        return
    from rich.console import Console  # noqa: PLC0415 (only a table needs it)

    Console().print(table(heard))


def rssi_bar(rssi_dbm: int | None) -> str:
    """A bar of up to ten blocks, longer for a stronger signal."""
    if rssi_dbm is None:
        return ""
    share = (rssi_dbm - _WEAKEST_DBM) / (_STRONGEST_DBM - _WEAKEST_DBM)
    filled = round(_BAR_WIDTH * min(max(share, 0), 1))
    return "█" * filled + "░" * (_BAR_WIDTH - filled)


def table(heard: Iterable[Heard], zone: tzinfo | None = None) -> "Table":
    """The beacons as rich shows them, times in ``zone`` or the machine's own."""
    from rich.table import Table  # noqa: PLC0415 (JSON does without)

    shown = Table(*_HEADINGS)
    for entry in heard:
        kind, identity, message = _names(entry.latest.beacon)
        rssi = entry.latest.rssi_dbm
        signal = "—" if rssi is None else f"{rssi:>4} {rssi_bar(rssi)}"
        at = f"{entry.latest.heard_at.astimezone(zone):%H:%M:%S}"
        shown.add_row(kind, identity, message, signal, str(entry.count), at)
    return shown


def json_line(heard: Heard) -> str:
    """One beacon as one line of JSON; the time is ISO 8601 with its offset."""
    known = {
        **heard.latest.beacon.as_json(),
        "rssi_dbm": heard.latest.rssi_dbm,
        "count": heard.count,
        "last_heard": heard.latest.heard_at.isoformat(timespec="milliseconds"),
    }
    return json.dumps(known, ensure_ascii=False)


def _names(beacon: Beacon) -> tuple[str, str, str]:
    match beacon:
        case SimpleBeacon(hwid, message):
            return "LINE", hwid, message.hex()
        case IBeacon(uuid, major, minor):
            # Every LINE Beacon's companion has the same UUID; it would only take the room of the hardware IDs.
            is_line = beacon.is_line_companion
            return "iBeacon (LINE)" if is_line else f"iBeacon {major}/{minor}", "" if is_line else f"{uuid}", ""
        case UnreadableFrame(frame, reason):
            return "LINE ?", frame.hex(), reason
