"""``checkin outage``: what zones could not see, entered or derived; confirming everyone concerned in one go."""

import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from checkin_api import corrections, outages
from checkin_api.cli.common import Day, Instant, command_line_actor, format_option, local_time, open_database, show
from checkin_api.clock import SystemClock
from checkin_api.config import Settings
from checkin_api.corrections import policy_in_force
from checkin_api.db import Database
from checkin_api.domain.corrections import Actor
from checkin_api.domain.ids import CorrectionRefusal, Direction
from checkin_api.domain.words import CORRECTION_REFUSAL, CORRECTION_STATE, DIRECTION, OUTAGE_SOURCE, STATUS
from checkin_api.outages import Confirmed
from checkin_api.queries import coverage
from checkin_api.queries.coverage import Concerned, OutageRow

# Officers confirmed in one transaction: on SQLite webhooks wait for as long.
_AT_ONCE = 20

_id = click.argument("outage_id", type=click.IntRange(1, 2**62))
_reason = click.option("--reason", required=True, help="原因 / Why.")


@click.group()
def command() -> None:
    """中斷 / Outages: times at which a zone could not have seen anybody, so that nobody is absent for it."""


@command.command("list")
@click.option("--from", "first", type=Day(), help="從這天起；預設 31 天前 / Since; default 31 days ago.")
@click.option("--all", "with_dismissed", is_flag=True, help="含已撤銷的 / With those dismissed.")
@format_option
def list_(first: Any, form: str, *, with_dismissed: bool) -> None:
    """列出中斷 / List outages, the newest first."""
    with open_database() as (settings, database), database.read() as session:
        begin = SystemClock().now() - timedelta(days=31)
        if first is not None:
            begin = datetime(first.year, first.month, first.day, tzinfo=settings.zone)
        rows = coverage.outages(session, begin, dismissed=with_dismissed)
        shown = _in_full if form == "json" else _in_short
        show([shown(row, settings.zone) for row in rows], form)


@command.command()
@click.option("--zone", "zone_code", help="簽到區代碼 / Zone code.")
@click.option("--all-zones", is_flag=True, help="全部簽到區 / All zones.")
@click.option("--from", "begin", required=True, type=Instant(), help="開始 / Since: 2026-11-22T08:00+08:00.")
@click.option("--to", "until", type=Instant(), help="結束；沒有就是還沒恢復 / Until; left out while it lasts.")
@_reason
def add(zone_code: str | None, begin: datetime, until: datetime | None, reason: str, *, all_zones: bool) -> None:
    """登錄 / Enter an outage by hand: a power cut, building work, a stolen beacon."""
    if (zone_code is None) is not all_zones:
        raise click.UsageError("請用 --zone 代碼 或 --all-zones / give --zone CODE or --all-zones")
    with open_database() as (_, database), database.write() as session:
        made = outages.enter(
            session,
            SystemClock().now(),
            zone_code=zone_code,
            begin=begin,
            end=until,
            reason=reason,
            actor=command_line_actor(),
        )
    click.echo(f"已登錄 / entered: {made}")


@command.command()
@_id
@click.option("--at", required=True, type=Instant(), help="結束 / Until: 2026-11-22T09:30+08:00.")
def end(outage_id: int, at: datetime) -> None:
    """結束 / Say when an outage that was entered by hand ended."""
    with open_database() as (_, database), database.write() as session:
        outages.end(session, SystemClock().now(), outage_id, at=at, actor=command_line_actor())
    click.echo(f"已結束 / ended: {outage_id}")


@command.command()
@_id
@_reason
def dismiss(outage_id: int, reason: str) -> None:
    """撤銷 / Let an outage count no more: the zone could see after all."""
    with open_database() as (_, database), database.write() as session:
        outages.dismiss(session, SystemClock().now(), outage_id, reason=reason, actor=command_line_actor())
    click.echo(f"已撤銷 / dismissed: {outage_id}")


@command.command()
def derive() -> None:
    """推算 / Derive outages from the evidence now; the worker does so every hour."""
    with open_database() as (settings, database):
        within = timedelta(minutes=settings.outage_after_minutes)
        done = outages.derive(database, SystemClock().now(), settings.zone, within=within)
    click.echo(f"{done.added} added, {done.changed} changed, {done.removed} removed")


@command.command()
@_id
@format_option
def concerned(outage_id: int, form: str) -> None:
    """誰受影響 / Whose missing punches an outage explains, for `confirm`."""
    with open_database() as (settings, database), database.read() as session:
        outage = outages.find(session, outage_id)
        rows = coverage.concerned(session, outage, SystemClock().now(), settings.zone)
        show([_as_row(row, settings.zone) for row in rows], form)


@command.command()
@_id
@click.option("--as", "staff_no", required=True, metavar="STAFF_NO", help="誰核准 / Who approves, by staff number.")
@click.option("--except", "others", multiple=True, metavar="STAFF_NO", help="這些人除外 / Not for these officers.")
@click.option("--yes", is_flag=True, help="不再詢問 / Do not ask.")
def confirm(outage_id: int, staff_no: str, others: tuple[str, ...], *, yes: bool) -> None:
    """整批補登 / Approve the missing punches of everyone concerned, at the times they were due."""
    with open_database() as (settings, database):
        with database.read() as session:
            outage = outages.find(session, outage_id)
            outages.require_counting(outage)
            actor = corrections.officer_actor(session, staff_no, account=command_line_actor())
            everyone = list(coverage.concerned(session, outage, SystemClock().now(), settings.zone))
        strangers = sorted(set(others) - {row.officer.staff_no for row in everyone})
        if strangers:
            raise click.UsageError(f"--except: 不在受影響之列 / not among those concerned: {', '.join(strangers)}")
        rows = [row for row in everyone if row.officer.staff_no not in others]
        punches = sum(len(row.missing) for row in rows)
        click.echo(f"{_in_words(outage, settings.zone)}\n{len(rows)} 班、{punches} 次打卡 / duties, punches", err=True)
        if not rows or not (yes or click.confirm("整批補登？/ Approve them all?", err=True)):
            raise click.exceptions.Exit(0 if not rows else 1)
        done = _confirm(settings, database, outage, rows, actor=actor)
    _print_outcome(done)
    if all(isinstance(each.outcome, CorrectionRefusal) for each in done):
        click.echo("沒有補登任何一次 / nothing was confirmed", err=True)
        raise click.exceptions.Exit(1)


def _confirm(
    settings: Settings, database: Database, outage: OutageRow, rows: Sequence[Concerned], *, actor: Actor
) -> list[Confirmed]:
    """Some officers at a time; what is done stays done if the rest is interrupted, and is not done again."""
    with database.read() as session:
        policy = policy_in_force(session, settings)
    done: list[Confirmed] = []
    steps = range(0, len(rows), _AT_ONCE)
    with click.progressbar(steps, label="補登 / confirming", file=sys.stderr) as begins:
        for begin in begins:
            some = rows[begin : begin + _AT_ONCE]
            with database.write() as session:
                done += outages.confirm(session, SystemClock().now(), outage, some, actor=actor, policy=policy)
    return done


def _print_outcome(done: Sequence[Confirmed]) -> None:
    for state, (zh, en) in CORRECTION_STATE.items():
        count = sum(each.outcome is state for each in done)
        if count:
            click.echo(f"{count:,} {zh} / {en}")
    for each in done:
        if isinstance(each.outcome, CorrectionRefusal):
            zh, en = CORRECTION_REFUSAL[each.outcome]
            punch = DIRECTION[each.direction][0]
            click.echo(f"warning: {each.staff_no} {punch}: {zh} / {en} ({each.outcome})", err=True)


def _as_row(row: Concerned, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "staff_no": row.officer.staff_no,
        "name": row.officer.name,
        "unit": row.officer.unit_code,
        "duty_date": row.duty_date.isoformat(),
        "shift": row.shift_code,
        "zone": row.zone_code,
        "status": f"{STATUS[row.status][0]} {row.status}",
        **{f"missing_{direction}": None for direction in (Direction.IN, Direction.OUT)},
        **{f"missing_{direction}": local_time(at, zone) for direction, at in row.missing},
    }


def _in_full(row: OutageRow, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": row.id,
        "zone": row.zone_code,
        "begin": local_time(row.begin, zone),
        "end": local_time(row.end, zone),
        "source": row.source,
        "reason": row.reason,
        "dismissed_at": local_time(row.dismissed_at, zone),
        "confirmed": row.confirmed,
    }


def _in_short(row: OutageRow, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": row.id,
        "zone": "全部 / all" if row.zone_code is None else f"{row.zone_code} {row.zone}",
        "time": _span(row, zone),
        "source": OUTAGE_SOURCE[row.source][0] + (" 已撤銷" if row.dismissed_at else ""),
        "reason": row.reason,
        "confirmed": row.confirmed,
    }


def _in_words(row: OutageRow, zone: ZoneInfo) -> str:
    place = "全部簽到區 / all zones" if row.zone_code is None else f"{row.zone_code} {row.zone}"
    return f"{place}: {_span(row, zone)}, {row.reason}"


def _span(row: OutageRow, zone: ZoneInfo) -> str:
    begin, end = row.begin.astimezone(zone), row.end and row.end.astimezone(zone)
    until = "…" if end is None else f"{end:%H:%M}" if end.date() == begin.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{begin:%Y-%m-%d %H:%M}–{until}"
