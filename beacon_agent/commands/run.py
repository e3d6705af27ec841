"""``beacon-agent run``: the service."""

import asyncio
import logging
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from beacon_agent.commands.options import config_option

if TYPE_CHECKING:
    from beacon_agent.config import Config
    from beacon_agent.scanner import Backend


@click.command()
@config_option
@click.option("--verbose", is_flag=True, help="詳細紀錄 / Log everything.")
@click.pass_obj
def command(backend: "Backend | None", config_file: Path, *, verbose: bool) -> None:
    """執行 / Listen and report to the server, until Ctrl-C.

    What cannot be sent is kept on the disk and sent later. It ends with 1 when the radio hears nothing and nothing
    helps, to be started anew by systemd.
    """
    from beacon_agent.config import load_config  # noqa: PLC0415 (not needed for --help)

    config = load_config(config_file)
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    # They tell every request and every message of the bus.
    for name in ("httpx2", "httpcore2", "bleak", "dbus_fast"):
        logging.getLogger(name).setLevel(logging.WARNING)
    asyncio.run(_run(config, backend))


async def _run(config: "Config", backend: "Backend | None") -> None:
    from beacon_agent import enrolment, timebase  # noqa: PLC0415 (not needed for --help)
    from beacon_agent.agent import Agent, DeafError, new_timebase, open_outbox  # noqa: PLC0415 (same)
    from beacon_agent.server import Server  # noqa: PLC0415 (same)

    enrolled, key = enrolment.load(config.state)
    config.runtime.mkdir(parents=True, exist_ok=True)
    outbox = open_outbox(config)
    server = Server(enrolled, key, new_timebase(), now_s=timebase.uptime_s)
    agent = Agent(config, enrolled, server, outbox, backend=backend)
    working = asyncio.ensure_future(agent.run())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    try:
        await working
    except asyncio.CancelledError:
        logging.getLogger(__name__).info("ending")
    except ExceptionGroup as group:
        deaf = group.subgroup(DeafError)
        if deaf is None:
            raise
        # A loop that is there to be ended has one cause.
        raise deaf.exceptions[0] from None
    finally:
        await server.close()
        outbox.close()
