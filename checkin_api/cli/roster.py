"""``checkin roster``: look at the roster, swap duties, see every change."""

from dataclasses import asdict
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import and_, true

from checkin_api import queries, roster
from checkin_api.cli.common import Day, command_line_actor, format_option, local_time, open_database, show
from checkin_api.clock import SystemClock
from checkin_api.roster import OfficerDay


@click.group()
def command() -> None:
    """勤務表 / The roster: look at it, swap duties, see every change."""


@command.command("show")
@click.option("--from", "first", required=True, type=Day(), help="起始勤務日 / First duty date.")
@click.option("--to", "last", required=True, type=Day(), help="最後勤務日（含）/ Last duty date, included.")
@click.option("--officer", help="員警編號 / Staff number.")
@click.option("--unit", help="單位代碼，含下級 / Unit code, with everything below it.")
@format_option
def show_(first: date, last: date, officer: str | None, unit: str | None, form: str) -> None:
    """列出勤務 / List the duties of a period."""
    if last < first:
        raise click.UsageError("--to 早於 --from / --to is before --from")
    with open_database() as (settings, database), database.read() as session:
        of_unit = true() if unit is None else queries.of_units(queries.units(session, unit))
        of_officer = true() if officer is None else queries.of_staff_no(session, officer)
        zone = settings.zone
        rows = roster.list_entries(session, first, last, zone, among=and_(of_unit, of_officer))
    show([_with_times(asdict(row), zone, ("start", "end")) for row in rows], form)


@command.command()
@click.argument("staff_a")
@click.argument("date_a", type=Day())
@click.argument("staff_b")
@click.argument("date_b", type=Day())
def swap(staff_a: str, date_a: date, staff_b: str, date_b: date) -> None:
    """對調勤務 / Give A's duties of DATE_A to B, and B's duties of DATE_B to A."""
    with open_database() as (settings, database), database.write() as session:
        days = OfficerDay(staff_a, date_a), OfficerDay(staff_b, date_b)
        roster.swap(session, SystemClock().now(), *days, actor=command_line_actor(), zone=settings.zone)
    click.echo(f"已對調 / swapped: {staff_a} {date_a} ↔ {staff_b} {date_b}")


@command.command()
@click.argument("staff_no")
@format_option
def history(staff_no: str, form: str) -> None:
    """勤務異動紀錄 / Every change of an officer's roster, the oldest first."""
    with open_database() as (settings, database), database.read() as session:
        rows = roster.history(session, staff_no)
        zone = settings.zone
    show([_with_times(asdict(row), zone, ("at",)) for row in rows], form)


def _with_times(row: dict[str, Any], zone: ZoneInfo, names: tuple[str, ...]) -> dict[str, Any]:
    """The row with its times in the default time zone, ISO 8601."""
    return {**row, **{name: local_time(row[name], zone) for name in names}}
