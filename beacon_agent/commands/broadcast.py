"""``beacon-agent broadcast``: the Pi as a LINE beacon."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

import click


@click.command()
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
def command(identity: Path, state: Path, adapter: str) -> None:
    """當信標 / Be a LINE beacon that cannot be copied, until Ctrl-C.

    The same message as the ESP32's. The system's clock must be right (systemd-timesyncd).
    """
    from beacon_agent.broadcaster import Broadcaster  # noqa: PLC0415 (takes long to import)
    from beacon_agent.identity_file import read_identity  # noqa: PLC0415 (same)
    from beacon_agent.step_file import StepFile  # noqa: PLC0415 (same)

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    with suppress(KeyboardInterrupt):
        asyncio.run(Broadcaster(read_identity(identity), StepFile(state), adapter=adapter).run())
