"""``checkin report``: reports on demand, builds that were ordered, who downloaded what."""

import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from checkin_api import builds as use
from checkin_api.cli.common import command_line_actor, format_option, local_time, open_database, show
from checkin_api.clock import SystemClock
from checkin_api.domain.ids import BuildState
from checkin_api.domain.words import BUILD_REFUSAL, BUILD_STATE

# A day has days around it that are looked at too, so the calendar's own ends are out of reach.
_YEARS = range(1900, 2101)


@click.group()
def command() -> None:
    """報表 / Build a report; see what was ordered and downloaded."""


def _duty_date(ctx: click.Context, param: click.Parameter, value: datetime) -> datetime:
    if value.year not in _YEARS:
        raise click.BadParameter(f"the year must be {_YEARS[0]} to {_YEARS[-1]}", ctx, param)
    return value


@command.command()
@click.option(
    "--date", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), callback=_duty_date, help="勤務日 / Duty date."
)
@click.option("--unit", help="單位代碼，含下級 / Unit code, with everything below it.")
@click.option("--format", "form", required=True, type=click.Choice(["csv", "json"]), help="格式 / Format.")
@click.option(
    "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="檔案，- 為標準輸出 / File, or -."
)
def daily(day: datetime, unit: str | None, form: str, output: Path) -> None:
    """每日使用報表 / Daily usage: expected, checked in, adoption, punches per hour, refusals."""
    from reports.daily import RENDERERS, build_daily  # noqa: PLC0415 (reports load their own libraries)
    from reports.writing import whole_file  # noqa: PLC0415

    with open_database() as (settings, database):
        report = build_daily(database, day.date(), settings.zone, made_at=SystemClock().now(), unit=unit)
    if str(output) == "-":
        RENDERERS[form](report, sys.stdout.buffer)
        return
    try:
        with whole_file(output) as file:
            RENDERERS[form](report, file)
    except OSError as exc:
        click.echo(f"error: {output}: {exc.strerror}", err=True)
        raise click.exceptions.Exit(1) from exc
    click.echo(f"wrote {output}", err=True)


_limit = click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(1, 100_000), help="筆數 / At most."
)


@command.command()
@click.option("--state", type=click.Choice([state.value for state in BuildState]), help="狀態 / Only this state.")
@_limit
@format_option
def builds(state: str | None, limit: int, form: str) -> None:
    """訂製的報表 / Reports that were ordered, the newest first, and what became of them."""
    with open_database() as (settings, database), database.read() as session:
        found = use.history(session, state=BuildState(state) if state else None, limit=limit)
    times = ("ordered_at", "started_at", "finished_at", "next_try_at")
    rows = [asdict(row) | {name: local_time(getattr(row, name), settings.zone) for name in times} for row in found]
    if form == "table":
        rows = [_in_short(row, whole) for row, whole in zip(found, rows, strict=True)]
    show(rows, form)


@command.command()
@click.argument("build_id", type=click.UUID)
def retry(build_id: UUID) -> None:
    """重做 / Make a failed report again, once what hindered it is put right."""
    with open_database() as (_, database), database.write() as session:
        refusal = use.retry(session, SystemClock().now(), build_id, actor=command_line_actor())
    if refusal is not None:
        zh, en = BUILD_REFUSAL[refusal]
        click.echo(f"error: {zh} / {en} ({refusal})", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"重新等候製作 / queued again: {build_id}")


@command.command()
@click.option("--build", "build_id", type=click.UUID, help="只看這一份 / Only of this build.")
@_limit
@format_option
def downloads(build_id: UUID | None, limit: int, form: str) -> None:
    """下載紀錄 / Who downloaded which report, the newest first."""
    with open_database() as (settings, database), database.read() as session:
        found = use.downloads(session, build_id=build_id, limit=limit)
    show([asdict(row) | {"at": local_time(row.at, settings.zone)} for row in found], form)


def _in_short(row: use.BuildRow, told: dict[str, object]) -> dict[str, object]:
    """What an operator looks at first: what, for whom, how far, why not."""
    progress = f" {row.done}/{row.total}" if row.state is BuildState.RUNNING and row.total else ""
    return {
        "id": row.id,
        "state": BUILD_STATE[row.state][0] + progress,
        "report": f"{row.kind} {row.form}",
        "dates": f"{row.first}/{row.last}",
        "of": row.officer or row.unit,
        "ordered_by": row.ordered_by,
        "ordered_at": told["ordered_at"],
        "rows": row.row_count,
        "downloads": row.downloads,
        "error": row.error,
    }
