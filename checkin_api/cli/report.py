"""``checkin report``: reports on demand."""

import sys
from datetime import datetime
from pathlib import Path

import click

from checkin_api.cli import exchange
from checkin_api.cli.common import open_database
from checkin_api.clock import SystemClock

# A day has days around it that are looked at too, so the calendar's own ends are out of reach.
_YEARS = range(1900, 2101)


@click.group()
def command() -> None:
    """報表 / Build a report."""


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


for _command in (exchange.swipe_file, exchange.swipe_profile, exchange.fill, exchange.reconcile):
    command.add_command(_command)
