"""``checkin report swipe-file``, ``swipe-profile``, ``fill`` and ``reconcile``: files to and from other systems."""

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from checkin_api.cli.common import Day, command_line_actor, local_time, open_database
from checkin_api.clock import SystemClock

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
    """刷卡檔設定檔：列出，或印出一個 / Profiles of swipe files: list them, or print one to copy."""
    from reports.swipe_profile import load_profile, ready_profiles  # noqa: PLC0415 (reports load their own libraries)

    ready = ready_profiles()
    if name is None:
        for each, content in ready.items():
            click.echo(f"{each}  {load_profile(content).title}")
    elif name in ready:
        click.echo(ready[name], nl=False)
    else:
        raise click.BadParameter(f"只有 / there are only: {', '.join(ready)}", param_hint="NAME")


@click.command("swipe-file")
@click.option("--profile", "named", required=True, help="設定檔，或內附的名稱 / Profile: a file, or a name of ours.")
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
    profile = _profile(named)
    with open_database() as (settings, database):
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
@click.option("--template", required=True, type=_READ, help="範本 / The form, XLSX with {{placeholders}}.")
@click.option("--date", "day", required=True, type=Day(), help="勤務日 / Duty date.")
@_unit
@click.option("--table", help="重複列取自哪個表 / The table whose rows are repeated.")
@_output
def fill(template: Path, day: date, unit: str | None, table: str | None, output: Path) -> None:
    """填入範本 / Fill in a form of your own with the daily usage report."""
    from reports.daily import build_daily  # noqa: PLC0415
    from reports.template import fill as fill_in  # noqa: PLC0415

    content = template.read_bytes()
    with open_database() as (settings, database):
        report = build_daily(
            database, day, settings.zone, made_at=SystemClock().now(), made_by=command_line_actor(), unit=unit
        )
    _write(output, lambda file: fill_in(content, report, file, table=table))


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


def _profile(named: str) -> "Profile":
    from reports.swipe_profile import load_profile, ready_profiles  # noqa: PLC0415

    content = ready_profiles().get(named)
    return load_profile(Path(named).read_bytes() if content is None else content)


def _write(output: Path, render: Callable[[BinaryIO], Any]) -> Any:
    from reports.writing import whole_file  # noqa: PLC0415

    if str(output) == "-":
        return render(sys.stdout.buffer)
    with whole_file(output) as file:
        done = render(file)
    click.echo(f"wrote {output}", err=True)
    return done
