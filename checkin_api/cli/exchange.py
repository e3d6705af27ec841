"""``checkin report swipe-file``, ``swipe-profile``, ``fill`` and ``reconcile``: files to and from other systems."""

import sys
from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from checkin_api.cli.common import Day, command_line_actor, local_time, open_database
from checkin_api.clock import SystemClock
from checkin_api.db import Database

if TYPE_CHECKING:
    from reports.swipe_profile import Profile

_READ = click.Path(exists=True, dir_okay=False, path_type=Path)
_output = click.option(
    "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="檔案，- 為標準輸出 / File, or -."
)
_from = click.option("--from", "first", required=True, type=Day(), help="起始日 / First date.")
_to = click.option("--to", "last", required=True, type=Day(), help="最後日（含）/ Last date, included.")
_unit = click.option("--unit", help="單位代碼，含下級 / Unit code, with everything below it.")


@click.command("swipe-profile")
@click.argument("name", required=False)
def swipe_profile(name: str | None) -> None:
    """刷卡檔設定檔：列出，或印出一個 / Profiles of swipe files, ours and your own: list them, or print one."""
    from checkin_api import exchange  # noqa: PLC0415 (reports load their own libraries)
    from reports.swipe_profile import load_profile, ready_profiles  # noqa: PLC0415

    ready = ready_profiles()
    if name is not None and name in ready:
        click.echo(ready[name], nl=False)
        return
    with open_database() as (_, database), database.read() as session:
        saved = {row.name: row for row in exchange.profiles(session)}
    if name is None:
        titles = {each: load_profile(content).title for each, content in ready.items()}
        for each, title in (*titles.items(), *((row.name, row.title) for row in saved.values())):
            click.echo(f"{each}  {title}")
    elif name in saved:
        click.echo(saved[name].definition)
    else:
        raise click.BadParameter(f"只有 / there are only: {', '.join((*ready, *saved))}", param_hint="NAME")


@click.command("swipe-file")
@click.option(
    "--profile",
    "named",
    required=True,
    help="內附或已存設定檔的名稱，或檔案 / Profile: a name of ours, of one saved in the console, or a file.",
)
@_from
@_to
@_unit
@click.option(
    "--preview",
    "shown",
    type=click.IntRange(1, 1000),
    help="只看前幾行與所有問題 / Show the first lines and all problems; write nothing.",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="檔案，- 為標準輸出 / File, or -.")
def swipe_file(named: str, shown: int | None, output: Path | None, **asked: Any) -> None:
    """刷卡檔 / Punches as the file that the city's attendance system imports."""
    from reports.swipe_file import preview, render  # noqa: PLC0415
    from reports.swipes import read_swipes  # noqa: PLC0415

    _in_order(asked["first"], asked["last"])
    if (shown is None) is (output is None):
        raise click.UsageError("--output 與 --preview 擇一 / give either --output or --preview")
    with open_database() as (settings, database):
        profile = _profile(database, named)
        read = read_swipes(database, zone=settings.zone, **asked)
        complete_to = local_time(read.completeness.received_to, settings.zone)
    if output is None:
        seen = preview(profile, read.swipes)
        for line in seen.lines[: shown or 0]:
            click.echo(line)
        for problem in (*seen.problems, *seen.notes):
            click.echo(f"! {problem}", err=True)
        return
    written = _write(output, lambda file: render(profile, read.swipes, file))
    for note in profile.notes:
        click.echo(f"! {note}", err=True)
    click.echo(f"打卡 / punches: {written.punches}, SHA-256 {written.sha256}", err=True)
    click.echo(
        f"資料截至 / data complete to: {complete_to or '無資料 / no data'}; "
        f"尚未處理 / undecided: {read.completeness.undecided}",
        err=True,
    )


@click.command()
@click.option(
    "--template", required=True, help="已存表格的名稱，或檔案 / The form: its name in the console, or an XLSX."
)
@click.option("--kind", help="報表種類（`checkin report kinds`）/ Which report fills it.")
@click.option("--date", "day", type=Day(), help="勤務日 / Duty date.")
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="月份 / Month, YYYY-MM.")
@click.option("--from", "first", type=Day(), help="起始日 / First date.")
@click.option("--to", "last", type=Day(), help="最後日（含）/ Last date, included.")
@_unit
@click.option("--officer", help="員警編號 / Staff number.")
@click.option("--table", help="重複列取自哪個表 / The table whose rows are repeated.")
@_output
def fill(  # noqa: PLR0913 (one for each option)
    *,
    template: str,
    kind: str | None,
    table: str | None,
    output: Path,
    day: date | None,
    month: datetime | None,
    first: date | None,
    last: date | None,
    unit: str | None,
    officer: str | None,
) -> None:
    """填入範本 / Fill in a form of your own with a report; without --kind the daily usage report."""
    from reports.filling import FORM, report_for  # noqa: PLC0415
    from reports.template import fill as fill_in  # noqa: PLC0415
    from reports.wanted import Question, Wanted, no_progress, rules_of  # noqa: PLC0415

    period = _period(day, month, first, last)
    with open_database() as (settings, database):
        content, of_form, repeated = _form(database, template)
        question = Question(
            database=database,
            rules=rules_of(database, settings),
            wanted=Wanted(kind or of_form or "daily_usage", FORM, *period, unit, officer),
            made_at=SystemClock().now(),
            made_by=command_line_actor(),
            progress=no_progress,
        )
        report = report_for(question)
    _write(
        output,
        lambda file: fill_in(content, report, file, table=table or repeated, watermark=question.watermark),
    )


@click.command()
@_from
@_to
@_unit
@click.option("--register", required=True, type=_READ, help="登記簿 CSV / The register: staff_no,at,direction.")
@click.option(
    "--tolerance",
    type=click.IntRange(0, 120),
    default=5,
    show_default=True,
    help="容許相差幾分鐘 / Minutes that do not matter.",
)
@click.option("--format", "form", required=True, type=click.Choice(["csv", "json"]), help="格式 / Format.")
@_output
def reconcile(form: str, register: Path, output: Path, tolerance: int, **asked: Any) -> None:
    """三方比對：勤務表、打卡、出入登記簿 / Roster, punches and another register: only what differs."""
    from checkin_api.imports import Kind, read_sheet  # noqa: PLC0415
    from reports.daily import RENDERERS  # noqa: PLC0415
    from reports.reconciliation import register_lines  # noqa: PLC0415
    from reports.reconciling import Comparison, build_reconciliation  # noqa: PLC0415

    _in_order(asked["first"], asked["last"])
    with open_database() as (settings, database):
        sheet = read_sheet(
            Kind.PUNCHES, register.read_bytes(), filename=register.name, default_timezone=settings.timezone
        )
        sheet.problems.refuse_if_any()
        comparison = Comparison(zone=settings.zone, tolerance_minutes=tolerance, **asked)
        report = build_reconciliation(
            database,
            comparison,
            register_lines(sheet.lines()),
            made_at=SystemClock().now(),
            made_by=command_line_actor(),
        )
    _write(output, lambda file: RENDERERS[form](report, file))


def _in_order(first: date, last: date) -> None:
    if last < first:
        raise click.UsageError("--to 早於 --from / --to is before --from")


def _period(day: date | None, month: datetime | None, first: date | None, last: date | None) -> tuple[date, date]:
    """The dates of the one option by which they were given."""
    if [day, month, first or last].count(None) != 2:  # noqa: PLR2004 (of the three ways)
        raise click.UsageError("--date、--month、--from 與 --to 擇一 / give --date, or --month, or --from with --to")
    if day is not None:
        return day, day
    if month is not None:
        begin = month.date()
        return begin, begin.replace(day=monthrange(begin.year, begin.month)[1])
    if first is None or last is None:
        raise click.UsageError("--from 與 --to 須一起 / --from and --to go together")
    return first, last


def _profile(database: Database, named: str) -> "Profile":
    from checkin_api import exchange  # noqa: PLC0415
    from reports.swipe_profile import load_profile  # noqa: PLC0415

    with database.read() as session:
        content = exchange.find_profile(session, named)
    return load_profile(Path(named).read_bytes() if content is None else content)


def _form(database: Database, named: str) -> tuple[bytes, str | None, str | None]:
    """A saved form with its kind and table, or a file of which only the command says them."""
    from checkin_api import exchange  # noqa: PLC0415

    with database.read() as session:
        saved = {row.name: row for row in exchange.forms(session)}.get(named)
        if saved is not None:
            return exchange.form_content(session, named), saved.kind, saved.repeated
    return Path(named).read_bytes(), None, None


def _write(output: Path, render: Callable[[BinaryIO], Any]) -> Any:
    from reports.writing import whole_file  # noqa: PLC0415

    if str(output) == "-":
        return render(sys.stdout.buffer)
    with whole_file(output) as file:
        done = render(file)
    click.echo(f"wrote {output}", err=True)
    return done
