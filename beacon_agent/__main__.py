"""The agent's command line ``beacon-agent``."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from beacon_agent.scanner import Backend
    from beacon_agent.sightings import SightingTable


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="police-checkin")
def main() -> None:
    """信標監聽程式 / Beacon agent for a Raspberry Pi."""


@main.command()
@click.option(
    "--seconds",
    type=click.FloatRange(0, 86_400),
    default=10,
    show_default=True,
    help="監聽秒數 / Listen for so long; Ctrl-C ends it early.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="輸出格式 / Output; json is one line for each beacon.",
)
@click.pass_obj
def scan(backend: "Backend | None", seconds: float, form: str) -> None:
    """掃描附近信標 / Listen, then show each LINE beacon and iBeacon heard.

    The count is of the reports that the Bluetooth stack passed on, which are fewer than the packets sent. A line of
    kind "LINE ?" is a LINE frame that is no Simple Beacon: `beacon-kit decode` explains it.
    """
    import asyncio  # noqa: PLC0415 (not needed for --help, which must be there at once)

    from beacon_agent.errors import AgentError  # noqa: PLC0415 (same)
    from beacon_agent.sightings import SightingTable  # noqa: PLC0415 (same)

    heard = SightingTable()
    failure: AgentError | None = None
    try:
        # An early end is the person's choice; what was heard until then is shown.
        with suppress(KeyboardInterrupt):
            asyncio.run(_listen(heard, seconds, backend))
    except AgentError as exc:
        failure = exc
    if heard or not failure:
        _show(heard, form)
    if failure:
        click.echo(f"error: {failure}", err=True)
        raise click.exceptions.Exit(1)


@main.command()
@click.option(
    "--identity",
    type=click.Path(dir_okay=False, path_type=Path),
    default="/etc/beacon-agent/beacon.toml",
    show_default=True,
    help="信標檔 / What `beacon-kit build` made for a Pi.",
)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    default="/var/lib/beacon-agent/step",
    show_default=True,
    help="時間步檔 / Where the time step survives a loss of power.",
)
@click.option("--adapter", default="hci0", show_default=True, help="藍牙介面 / Bluetooth adapter.")
def broadcast(identity: Path, state: Path, adapter: str) -> None:
    """當信標 / Be a LINE beacon that cannot be copied, until Ctrl-C.

    The same message as the ESP32's. The system's clock must be right (systemd-timesyncd).
    """
    import asyncio  # noqa: PLC0415 (not needed for --help, which must be there at once)
    import logging  # noqa: PLC0415 (same)

    from beacon_agent.errors import AgentError  # noqa: PLC0415 (same)

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        from beacon_agent.broadcaster import Broadcaster  # noqa: PLC0415 (takes long to import)
        from beacon_agent.identity_file import read_identity  # noqa: PLC0415 (same)
        from beacon_agent.step_file import StepFile  # noqa: PLC0415 (same)

        with suppress(KeyboardInterrupt):
            asyncio.run(Broadcaster(read_identity(identity), StepFile(state), adapter=adapter).run())
    except (AgentError, OSError) as exc:
        click.echo(f"error: {exc}", err=True)
        raise click.exceptions.Exit(1) from exc


async def _listen(heard: "SightingTable", seconds: float, backend: "Backend | None") -> None:
    import asyncio  # noqa: PLC0415 (not needed for --help)

    from beacon_agent.errors import AgentError  # noqa: PLC0415 (same)

    try:
        from beacon_agent.scanner import listening  # noqa: PLC0415 (bleak takes long to import)
    except ModuleNotFoundError as exc:
        # Without this package's extra [agent], as on a server.
        raise AgentError(
            f"缺少套件 {exc.name}：請以 [agent] 重新安裝 / {exc.name} is missing: install with [agent]"
        ) from exc
    async with listening(heard.record, now=lambda: datetime.now(UTC), backend=backend):
        await asyncio.sleep(seconds)


def _show(heard: "SightingTable", form: str) -> None:
    from beacon_agent import display  # noqa: PLC0415 (not needed for --help)

    if form == "json":
        for entry in heard:
            click.echo(display.json_line(entry))
        return
    if not heard:
        click.echo("沒有聽到信標：請靠近信標或延長 --seconds / No beacon heard: go nearer, or raise --seconds")
        return
    from rich.console import Console  # noqa: PLC0415 (only a table needs it)

    Console().print(display.table(heard))


if __name__ == "__main__":
    main()
