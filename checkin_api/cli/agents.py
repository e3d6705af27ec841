"""``checkin agent``: the agents on the walls."""

from dataclasses import asdict
from typing import Any

import click

from checkin_api.cli.common import command_line_actor, format_option, local_time, open_database, show
from checkin_api.clock import SystemClock
from checkin_api.fleet import agents


@click.group()
def command() -> None:
    """監聽站 / Agents (Raspberry Pi): issue a one-time code, list how they are, revoke."""


@command.command()
@click.argument("name")
@click.option("--zone", required=True, help="簽到區代碼 / The zone it stands in.")
def code(name: str, zone: str) -> None:
    """發一次碼 / Issue a one-time code for a new agent, or for one whose card was exchanged.

    On the Pi:  sudo beacon-agent enrol https://this.server CODE
    """
    with open_database() as (settings, database), database.write() as session:
        issued = agents.issue_code(session, SystemClock().now(), name=name, zone=zone, actor=command_line_actor())
        until = local_time(issued.expires_at, settings.zone)
    click.echo(f"{issued.name} {issued.zone} {issued.code}")
    click.echo(f"有效至 / good until {until}", err=True)


@command.command("list")
@format_option
def list_(form: str) -> None:
    """列出 / List agents and how they are: hearing, deaf, silent, waiting for enrolment, revoked."""
    with open_database() as (settings, database), database.read() as session:
        rows = agents.look_at_all(session, SystemClock().now())
        zone = settings.zone
    times = ("made_at", "enrolled_at", "heartbeat_at", "revoked_at")
    shown = [{**asdict(row), **{name: local_time(getattr(row, name), zone) for name in times}} for row in rows]
    if form != "json":
        shown = [_in_short(row) for row in shown]
    show(shown, form)


@command.command()
@click.argument("name")
def revoke(name: str) -> None:
    """撤銷 / Take nothing more from an agent; its place and its history stay."""
    with open_database() as (_, database), database.write() as session:
        changed = agents.revoke(session, SystemClock().now(), name, actor=command_line_actor())
    click.echo(f"已撤銷 / revoked: {name}" if changed else f"先前已撤銷 / was revoked already: {name}")


def _in_short(row: dict[str, Any]) -> dict[str, Any]:
    beat = row["heartbeat"]
    return {
        **{name: row[name] for name in ("name", "zone", "state", "heartbeat_at")},
        "radio": beat.get("radio", "–"),
        "waiting": beat.get("outbox", {}).get("waiting", "–"),
        "version": beat.get("versions", {}).get("agent", "–"),
    }
