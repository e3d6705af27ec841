"""``beacon-agent replay``: what a capture holds, shown as ``scan`` shows what is heard."""

from pathlib import Path

import click

from beacon_agent.commands.options import format_option
from beacon_agent.sightings import SightingTable, sightings


@click.command()
@click.argument("capture", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@format_option
def command(capture: Path, form: str) -> None:
    """重播擷取檔 / Show the beacons in a capture.

    btsnoop as `btmon -w FILE` writes it, or JSON lines {"at": ISO 8601, "rssi_dbm": -60, "data": "0201…"} with the
    advertisement as hex digits.
    """
    from beacon_agent.capture import read_capture  # noqa: PLC0415 (not needed for --help)
    from beacon_agent.display import show  # noqa: PLC0415 (same)

    heard = SightingTable()
    for packet in read_capture(capture):
        for each in sightings(
            packet.service_data, packet.manufacturer_data, rssi_dbm=packet.rssi_dbm, heard_at=packet.at
        ):
            heard.record(each)
    show(heard, form)
