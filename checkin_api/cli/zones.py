"""``checkin zone``: what zones take where no beacon is heard."""

from dataclasses import asdict

import click

from checkin_api import fallbacks
from checkin_api.cli.common import command_line_actor, format_option, open_database, show
from checkin_api.clock import SystemClock
from checkin_api.vault import Vault


@click.group()
def command() -> None:
    """簽到區的備援 / What zones take where no beacon is heard: a code on a screen, a phone's position."""


@command.command("site-code")
@click.argument("zone_code")
@click.option("--off", is_flag=True, help="不再接受現場碼 / Take no site codes any more.")
def site_code(zone_code: str, *, off: bool) -> None:
    """現場碼 / Let a zone take rotating codes, and print the secret address of the page that shows them.

    The page belongs on a screen in the zone; whoever knows its address can read the codes anywhere. Called again, it
    makes a new address, and the old one shows nothing any more.
    """
    with open_database("secret_key") as (settings, database), database.write() as session:
        now, actor = SystemClock().now(), command_line_actor()
        if off:
            was_on = fallbacks.end_site_code(session, now, zone_code, actor=actor)
        else:
            vault = Vault(settings.secret_key.get_secret_value().encode())
            secret = fallbacks.make_site_code(session, vault, now, zone_code, actor=actor)
    if off:
        click.echo("已停用 / off" if was_on else "原本就沒有啟用 / was not on")
        return
    click.echo(f"/screen/{secret}")
    click.echo(
        "只顯示這一次：接在伺服器網址後面，在簽到區的螢幕打開 / shown once: open it under the server's address on the"
        " zone's screen",
        err=True,
    )


@command.command()
@click.argument("zone_code")
@click.option("--radius", type=int, default=150, show_default=True, help="公尺 / Metres around the site.")
@click.option("--off", is_flag=True, help="不再接受定位 / Take no positions any more.")
def location(zone_code: str, radius: int, *, off: bool) -> None:
    """定位 / Let a zone take a phone's position near its site, by the officer's own act; only the distance is kept."""
    with open_database() as (_, database), database.write() as session:
        fallbacks.take_location(
            session, SystemClock().now(), zone_code, None if off else radius, actor=command_line_actor()
        )
    click.echo("已停用 / off" if off else f"已啟用，半徑 {radius} 公尺 / on, within {radius} m")


@command.command("list")
@format_option
def list_(form: str) -> None:
    """列出 / List zones and what they take."""
    with open_database() as (_, database), database.read() as session:
        show([asdict(row) for row in fallbacks.policies(session)], form)
