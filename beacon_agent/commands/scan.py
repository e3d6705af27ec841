"""``beacon-agent scan``: listen for a while and show what is heard."""

import asyncio
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from beacon_agent.commands.options import format_option
from beacon_agent.errors import AgentError
from beacon_agent.sightings import SightingTable, sightings

if TYPE_CHECKING:
    from beacon_agent.scanner import Backend, Report

_REFRESH_S = 0.25


@click.command()
@click.option(
    "--seconds",
    type=click.FloatRange(0, 86_400),
    default=10,
    show_default=True,
    help="監聽秒數 / Listen for so long; Ctrl-C ends it early.",
)
@click.option("--adapter", help="藍牙介面，例如 hci0 / Bluetooth adapter; BlueZ's first if not given.")
@format_option
@click.pass_obj
def command(backend: "Backend | None", seconds: float, adapter: str | None, form: str) -> None:
    """掃描附近信標 / Listen, and show each LINE beacon and iBeacon heard; on a terminal as they come.

    The count is of the reports that the Bluetooth stack passed on, which are fewer than the packets sent. A line of
    kind "LINE ?" is a LINE frame that is no Simple Beacon: `beacon-kit decode` explains it. JSON is one line for each.
    """
    from beacon_agent.display import show  # noqa: PLC0415 (not needed for --help)

    heard = SightingTable()
    failure: AgentError | None = None
    try:
        # An early end is the person's choice; what was heard until then is shown.
        with suppress(KeyboardInterrupt):
            asyncio.run(_listen(heard, seconds, adapter, backend, is_live=form == "table" and sys.stdout.isatty()))
    except AgentError as exc:
        failure = exc
    if heard or not failure:
        show(heard, form)
    if failure:
        raise failure


async def _listen(
    heard: SightingTable, seconds: float, adapter: str | None, backend: "Backend | None", *, is_live: bool
) -> None:
    from beacon_agent.scanner import listening  # noqa: PLC0415 (bleak takes long to import)

    def hear(report: "Report") -> None:
        at = datetime.now(UTC)
        for each in sightings(report.service_data, report.manufacturer_data, rssi_dbm=report.rssi_dbm, heard_at=at):
            heard.record(each)

    async with listening(hear, adapter=adapter, backend=backend):
        if is_live:
            await _show_live(heard, seconds)
        else:
            await asyncio.sleep(seconds)


async def _show_live(heard: SightingTable, seconds: float) -> None:
    from rich.live import Live  # noqa: PLC0415 (only a terminal needs it)

    from beacon_agent import display  # noqa: PLC0415 (same)

    with Live(display.table(heard), auto_refresh=False, transient=True) as live:
        for _ in range(round(seconds / _REFRESH_S)):
            await asyncio.sleep(_REFRESH_S)
            live.update(display.table(heard), refresh=True)
