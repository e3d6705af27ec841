"""``checkin beacons``: which beacons there are, and taking one out of service or back into it."""

from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

import click

from checkin_api.cli.common import command_line_actor, format_option, open_database, show
from checkin_api.clock import SystemClock
from checkin_api.fleet import beacons
from hardware.frames import FrameError, parse_hwid


def _hardware_id(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """The hardware ID as the database has it; people write it in either case."""
    try:
        return parse_hwid(value)
    except FrameError as exc:
        raise click.BadParameter(str(exc), ctx, param) from exc


@click.group()
def command() -> None:
    """信標 / Beacons: list them, retire one that is taken down, restore one that is back."""


@command.command("list")
@format_option
def list_(form: str) -> None:
    """列出信標 / List beacons by site and zone, retired ones included."""
    with open_database() as (settings, database), database.read() as session:
        rows = beacons.list_beacons(session, SystemClock().now())
        zone = settings.zone
    show([_in_short(row, zone) if form == "table" else _in_full(row, zone) for row in rows], form)


def _in_full(row: beacons.BeaconRow, zone: ZoneInfo) -> dict[str, Any]:
    retired_at = row.retired_at and row.retired_at.astimezone(zone).isoformat(timespec="seconds")
    return {**asdict(row), "retired_at": retired_at}


def _in_short(row: beacons.BeaconRow, zone: ZoneInfo) -> dict[str, Any]:
    """What fits a terminal of 80 columns."""
    since = f" {row.retired_at.astimezone(zone).date()}" if row.retired_at else ""
    return {
        "hwid": row.hwid,
        "zone": f"{row.zone_code} {row.zone}",
        "site": row.site,
        "kind": row.kind,
        "state": f"{row.state}{since}",
        "label": row.label,
    }


@command.command()
@click.argument("hwid", callback=_hardware_id)
def retire(hwid: str) -> None:
    """停用 / Retire a beacon: from now on its events are refused as `retired_beacon`."""
    with open_database() as (_, database), database.write() as session:
        changed = beacons.retire(session, SystemClock().now(), hwid, actor=command_line_actor())
    click.echo(f"已停用 / retired: {hwid}" if changed else f"先前已停用 / was retired already: {hwid}")


@command.command()
@click.argument("hwid", callback=_hardware_id)
def restore(hwid: str) -> None:
    """恢復使用 / Put a retired beacon back in service."""
    with open_database() as (_, database), database.write() as session:
        changed = beacons.restore(session, SystemClock().now(), hwid, actor=command_line_actor())
    click.echo(f"已恢復使用 / restored: {hwid}" if changed else f"原本就在使用 / was in service already: {hwid}")
