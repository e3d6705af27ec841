"""``checkin beacons``: which beacons there are, and taking one out of service or back into it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from checkin_api.cli.common import command_line_actor, format_option, open_database, show
from checkin_api.clock import SystemClock
from checkin_api.domain.words import ALARM
from checkin_api.fleet import alarms, beacons, looking
from checkin_api.models.base import LARGEST_ID
from hardware.frames import FrameError, parse_hwid


def _hardware_id(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """The hardware ID as the database has it; people write it in either case."""
    try:
        return parse_hwid(value)
    except FrameError as exc:
        raise click.BadParameter(str(exc), ctx, param) from exc


@click.group()
def command() -> None:
    """信標 / Beacons: list them, look at one and at alarms, retire one that is taken down, restore one that is back."""


@command.command("list")
@format_option
def list_(form: str) -> None:
    """列出信標 / List beacons by site and zone, retired ones included."""
    with open_database() as (settings, database), database.read() as session:
        rows = beacons.list_beacons(session, SystemClock().now())
        zone = settings.zone
    show([_in_short(row, zone) if form == "table" else _in_full(row, zone) for row in rows], form)


@command.command("show")
@click.argument("hwid", callback=_hardware_id)
@format_option
def show_(hwid: str, form: str) -> None:
    """查看信標 / Show a beacon: who heard it last, battery, drift, open alarms."""
    with open_database() as (settings, database), database.read() as session:
        look = looking.look_at(session, SystemClock().now(), hwid)
        zone = settings.zone
    shown = _with_local_times(asdict(look), zone)
    sighting = shown.pop("sighting")
    if form == "json":
        show([{**shown, "sighting": sighting}], form)
        return
    shown["alarms"] = "、".join(f"{kind} × {count}" for kind, count in look.alarms.items()) or "–"
    shown |= {f"sighting_{name}": value for name, value in (sighting or {}).items()}
    show([{"item": name, "value": "–" if value is None else str(value)} for name, value in shown.items()], form)


@command.command("alarms")
@click.option("--all", "closed", is_flag=True, help="含已結案 / Closed ones too.")
@format_option
def alarms_(form: str, *, closed: bool) -> None:
    """警報 / Alarms about beacons: copies, old codes, silence. JSON shows the evidence."""
    with open_database() as (settings, database), database.read() as session:
        rows = alarms.list_alarms(session, closed=closed)
        zone = settings.zone
    if form == "json":
        show([_with_local_times(asdict(row), zone) for row in rows], form)
        return
    show(
        [
            {
                "id": row.id,
                "hwid": row.hwid,
                "zone": row.zone,
                "kind": row.kind,
                "count": row.count,
                "last": f"{row.last_at.astimezone(zone):%Y-%m-%d %H:%M}",
                "meaning": ALARM[row.kind][0],
            }
            for row in rows
        ],
        form,
    )


@command.command("close-alarm")
@click.argument("alarm_id", type=click.IntRange(1, LARGEST_ID))
@click.option("--comment", default="", help="處理經過 / What was found.")
def close_alarm(alarm_id: int, comment: str) -> None:
    """結案 / Close an alarm that somebody has looked into; if it happens again, a new one opens."""
    with open_database() as (_, database), database.write() as session:
        changed = alarms.close(session, SystemClock().now(), alarm_id, actor=command_line_actor(), comment=comment)
    click.echo(f"已結案 / closed: {alarm_id}" if changed else f"先前已結案 / was closed already: {alarm_id}")


def _with_local_times(row: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    return {name: _local(value, zone) for name, value in row.items()}


def _local(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    return _with_local_times(value, zone) if isinstance(value, dict) else value


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
