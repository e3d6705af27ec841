"""``checkin report``: reports on demand, builds that were ordered, who downloaded what."""

import sys
from calendar import monthrange
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from checkin_api.cli import exchange
from checkin_api.cli.builds import builds, downloads, retry
from checkin_api.cli.common import Day, command_line_actor, format_option, open_database, show
from checkin_api.clock import SystemClock

if TYPE_CHECKING:
    from reports.wanted import Progress, Wanted, Written

# A day has days around it that are looked at too, so the calendar's own ends are out of reach.
_YEARS = range(1900, 2101)
_BIG5 = "csv-big5"


def _of_our_time(ctx: click.Context, param: click.Parameter, value: date) -> date:
    if value.year not in _YEARS:
        raise click.BadParameter(f"the year must be {_YEARS[0]} to {_YEARS[-1]}", ctx, param)
    return value.date() if isinstance(value, datetime) else value


_unit = click.option("--unit", help="單位代碼，含下級 / Unit code, with everything below it.")
_officer = click.option("--officer", help="員警編號 / Staff number.")
_format = click.option(
    "--format", "form", required=True, type=click.Choice(["csv", "xlsx", "pdf", "zip", "json"]), help="格式 / Format."
)
_encoding = click.option(
    "--encoding",
    type=click.Choice(["utf-8", "big5"]),
    default="utf-8",
    show_default=True,
    help="CSV 的編碼 / Encoding of CSV.",
)
_output = click.option(
    "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="檔案，- 為標準輸出 / File, or -."
)


@click.group()
def command() -> None:
    """報表 / Build a report; see what was ordered and downloaded."""


for _more in (builds, downloads, retry, exchange.swipe_file, exchange.swipe_profile, exchange.fill, exchange.reconcile):
    command.add_command(_more)


@command.command()
@click.option(
    "--date",
    "day",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    callback=_of_our_time,
    help="勤務日 / Duty date.",
)
@_unit
@_format
@_encoding
@_output
def daily(day: date, unit: str | None, **how: Any) -> None:
    """每日使用報表 / Daily usage: expected, checked in, adoption, punches per hour, refusals."""
    _build("daily_usage", day, day, unit=unit, officer=None, **how)


@command.command()
@click.option(
    "--month",
    required=True,
    type=click.DateTime(["%Y-%m"]),
    callback=_of_our_time,
    help="月份 / Month, YYYY-MM.",
)
@_unit
@_officer
@_format
@_encoding
@_output
def monthly(month: date, unit: str | None, officer: str | None, **how: Any) -> None:
    """月差勤表 / Month matrix: officers by days of a month, with totals."""
    first = month.replace(day=1)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    _build("month_matrix", first, last, unit=unit, officer=officer, **how)


@command.command()
@click.argument("kind")
@click.option("--from", "first", required=True, type=Day(), callback=_of_our_time, help="起始勤務日 / First duty date.")
@click.option(
    "--to", "last", required=True, type=Day(), callback=_of_our_time, help="最後勤務日（含）/ Last, included."
)
@_unit
@_officer
@_format
@_encoding
@_output
def build(kind: str, first: date, last: date, unit: str | None, officer: str | None, **how: Any) -> None:
    """任何一種報表 / Any report; `checkin report kinds` lists them."""
    _build(kind, first, last, unit=unit, officer=officer, **how)


@command.command()
@format_option
def kinds(form: str) -> None:
    """報表種類 / The kinds of reports, what each is about, and its formats."""
    from reports.catalogue import KINDS  # noqa: PLC0415 (reports load their own libraries)

    rows = [
        {
            "kind": kind.key,
            "zh": kind.zh,
            "en": kind.en,
            "period": kind.period,
            "unit": kind.by_unit,
            "officer": kind.by_officer,
            "formats": " ".join(kind.forms),
        }
        for kind in KINDS.values()
    ]
    show(rows, form)


def _build(  # noqa: PLR0913 (one for each option)
    kind: str,
    first: date,
    last: date,
    *,
    unit: str | None,
    officer: str | None,
    form: str,
    encoding: str,
    output: Path,
) -> None:
    from reports.catalogue import Wanted, WantedError, check  # noqa: PLC0415

    if encoding == "big5" and form != "csv":
        raise click.UsageError("--encoding big5 只適用 csv / is for csv only")
    wanted = Wanted(kind, _BIG5 if encoding == "big5" else form, first, last, unit, officer)
    try:
        check(wanted)
    except WantedError as exc:
        raise click.UsageError(str(exc)) from exc
    try:
        written = _write(wanted, output)
    except OSError as exc:
        click.echo(f"error: {output}: {exc.strerror or exc}", err=True)
        raise click.exceptions.Exit(1) from exc
    if written.lost:
        lost = " ".join(written.lost)
        click.echo(f"Big5 沒有這些字，以？代替 / not in Big5, written as ？: {lost}", err=True)
    if str(output) != "-":
        click.echo(f"wrote {output}", err=True)


def _write(wanted: "Wanted", output: Path) -> "Written":
    from reports.catalogue import rules_of, write  # noqa: PLC0415 (numpy is loaded where it is needed)
    from reports.writing import whole_file  # noqa: PLC0415

    to_screen = str(output) == "-"
    with open_database() as (settings, database), _progress() as progress:
        rules = rules_of(database, settings)
        with nullcontext(sys.stdout.buffer) if to_screen else whole_file(output) as file:
            return write(
                database,
                rules,
                wanted,
                file,
                made_at=SystemClock().now(),
                made_by=command_line_actor(),
                progress=progress,
            )


@contextmanager
def _progress() -> Iterator["Progress"]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console  # noqa: PLC0415 (only a terminal needs it)
    from rich.progress import Progress as Bar  # noqa: PLC0415

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("報表 / report", total=None)

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total or None)

        yield tell
