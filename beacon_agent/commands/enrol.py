"""``beacon-agent enrol``: become known to the server."""

import asyncio
from pathlib import Path

import click

from beacon_agent.commands.options import config_option


@click.command()
@click.argument("server")
@click.argument("code")
@config_option
def command(server: str, code: str, config_file: Path) -> None:
    """登錄 / Make a key pair here and give the server its public half.

    CODE is what `checkin agent code` printed; it is good once. Doing it again makes a new key, and the old one ends.

    \b
    sudo -u beacon-agent beacon-agent enrol https://checkin.police.example ABCD-EFGH-JKMN-PQRS
    """  # noqa: D301 (click wants the character itself: it keeps the lines below from being wrapped)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 (not for --help)

    from beacon_agent import enrolment  # noqa: PLC0415 (same)
    from beacon_agent.config import load_config  # noqa: PLC0415 (same)
    from beacon_agent.server import enrol  # noqa: PLC0415 (same)

    config = load_config(config_file)
    # Before the code is spent: a folder that cannot be written would waste it.
    enrolment.require_writable(config.state)
    key = Ed25519PrivateKey.generate()
    enrolled = asyncio.run(enrol(server, code, key))
    enrolment.store(config.state, enrolled, key)
    click.echo(f"已登錄 / enrolled: {enrolled.agent}，簽到區 / zone {enrolled.zone}")
    click.echo("下一步 / next: sudo systemctl restart beacon-agent")
