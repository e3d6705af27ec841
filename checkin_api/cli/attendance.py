"""``checkin attendance``: duty records from the database or from files, totals of a month, limits of the duty law."""

import csv
import json
import sys
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from checkin_api.cli.common import Day, Instant, open_database, show
from checkin_api.clock import SystemClock
from checkin_api.config import DEFAULT_TIMEZONE
from checkin_api.domain.ids import Flag, Status
from checkin_api.domain.words import FLAG, STATUS

if TYPE_CHECKING:
    from checkin_api.queries.attendance import OfficerBlock

Rows = Iterable[Mapping[str, Any]]

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


_as_of = click.option("--as-of", type=Instant(), help="從哪一刻看，預設現在 / Look from this moment; default now.")
_from = click.option("--from", "first", required=True, type=Day(), help="起始勤務日 / First duty date.")
_to = click.option("--to", "last", required=True, type=Day(), help="最後勤務日（含）/ Last duty date, included.")
_unit = click.option("--unit", help="單位代碼，含下級 / Unit code, with everything below it.")
_officer = click.option("--officer", "staff_no", help="員警編號 / Staff number.")
_format = click.option(
    "--format",
    "form",
    type=click.Choice(["json", "csv", "table"]),
    default="table",
    show_default=True,
    help="輸出格式 / Output.",
)


@click.group()
def command() -> None:
    """差勤 / Attendance: duty records, totals of a month, limits of the duty law."""


@command.command("show")
@_from
@_to
@_unit
@_officer
@_as_of
@click.option("--exceptions", is_flag=True, help="只列異常 / Only what somebody should look at.")
@_format
def show_(form: str, *, exceptions: bool, **question: Any) -> None:
    """差勤紀錄 / Duty records of a period."""
    with _blocks(**question) as blocks:
        found = ((block, block.exceptions() if exceptions else block.records()) for block in blocks)
        rows = (
            (block.officers[record.officer].name, block.as_json(record))
            for block, records in found
            for record in records
        )
        if form == "table":
            show([{"name": name, **_in_short(row)} for name, row in rows], form)
        else:
            _print((row for _, row in rows), form)


@command.command()
@click.option("--month", required=True, type=click.DateTime(["%Y-%m"]), help="月份 / Month, YYYY-MM.")
@_unit
@_officer
@_as_of
@_format
def totals(form: str, month: datetime, **question: Any) -> None:
    """月統計 / Totals per officer: days by status, minutes, night minutes, overtime with the rests pooled."""
    from checkin_api.queries.attendance import month_totals  # noqa: PLC0415 (numpy is loaded where it is needed)

    first = month.date()
    last = first.replace(day=monthrange(first.year, first.month)[1])
    with _blocks(first=first, last=last, **question) as blocks:
        rows = (row.as_json() for row in month_totals(blocks))
        _print(_without_zeros(list(rows)) if form == "table" else rows, form)


@command.command()
@_from
@_to
@_unit
@_officer
@_as_of
@_format
def limits(form: str, **question: Any) -> None:
    """勤務法規提醒 / Duties that pass a limit of the duty law: rest, hours a day, segments, overtime."""
    from checkin_api.queries.attendance import limits_passed  # noqa: PLC0415

    # The limit of three months looks two months further back.
    with _blocks(months_before=2, **question) as blocks:
        _print((row.as_json() for row in limits_passed(blocks)), form)


@command.command()
@click.option("--shifts", required=True, type=_file, help="班別 / shifts.csv")
@click.option("--roster", required=True, type=_file, help="勤務表 / roster.csv")
@click.option("--punches", required=True, type=_file, help="打卡 / punches.csv")
@click.option(
    "--officers",
    type=_file,
    help="員警，預設班別限勤務表的日期 / officers.csv; default shifts on the roster's dates",
)
@click.option("--leave", type=_file, help="請假 / leave.csv")
@click.option("--calendar", type=_file, help="辦公日曆 / calendar.csv")
@click.option("--outages", type=_file, help="中斷 / outages.csv")
@click.option("--timezone", default=DEFAULT_TIMEZONE, show_default=True, help="時區 / Time zone of all zones.")
@_as_of
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json", show_default=True)
def compute(form: str, timezone: str, as_of: datetime | None, **files: Path | None) -> None:
    """從檔案計算 / Compute duty records from CSV files, without a database."""
    from checkin_api.domain import attendance  # noqa: PLC0415 (numpy is loaded where it is needed)
    from checkin_api.imports import Kind  # noqa: PLC0415
    from checkin_api.imports.facts import facts_of_files  # noqa: PLC0415

    given = {Kind(kind): (file.name, file.read_bytes()) for kind, file in files.items() if file is not None}
    try:
        ZoneInfo(timezone)
    except (ValueError, ZoneInfoNotFoundError) as exc:
        raise click.BadParameter(f"沒有這個時區 / no such time zone: {timezone}", param_hint="--timezone") from exc
    read = facts_of_files(given, timezone)
    found = attendance.compute(read.facts, as_of or SystemClock().now())
    rows = (record.as_json(read.staff_nos[record.officer], read.zone_codes[record.zone]) for record in found.records())
    _print(rows, form)


@contextmanager
def _blocks(  # noqa: PLR0913 (one for each option)
    *,
    first: date,
    last: date,
    unit: str | None,
    staff_no: str | None,
    as_of: datetime | None,
    months_before: int = 0,
) -> Iterator[Iterator["OfficerBlock"]]:
    from checkin_api import queries  # noqa: PLC0415
    from checkin_api.queries.attendance import Period, attendance, duty_limits  # noqa: PLC0415

    if last < first:
        raise click.UsageError("--to 早於 --from / --to is before --from")
    with open_database() as (settings, database), database.read() as session:
        among = None if unit is None else queries.of_units(queries.units(session, unit))
        if staff_no is not None:
            officer = queries.of_staff_no(session, staff_no)
            among = officer if among is None else among & officer
        period = Period(
            first=first,
            last=last,
            as_of=as_of or SystemClock().now(),
            zone=settings.zone,
            limits=duty_limits(session, settings),
            months_before=months_before,
        )
        yield attendance(session, period, among=among)


def _print(rows: Rows, form: str) -> None:
    """Rows as they come; only a table needs all of them first."""
    if form == "json":
        _print_json(rows)
    elif form == "csv":
        _print_csv(rows)
    else:
        show(list(rows), form)


def _without_zeros(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Only the columns in which any row has something: of the totals, a person looks at a few."""
    kept = [name for name in rows[0] if any(row[name] for row in rows)] if rows else []
    return [{name: row[name] for name in kept} for row in rows]


def _print_json(rows: Rows) -> None:
    separator = "["
    for row in rows:
        click.echo(f"{separator}\n{json.dumps(row, ensure_ascii=False)}", nl=False)
        separator = ","
    click.echo("[]" if separator == "[" else "\n]")


def _print_csv(rows: Rows) -> None:
    from reports.render.csv import spreadsheet_cell  # noqa: PLC0415

    # As the reports do: for Excel in zh-TW a BOM and CRLF, and no cell that it would run as a formula.
    writer = None
    for row in rows:
        flat = {name: spreadsheet_cell(_flat(value)) for name, value in row.items() if name != "punches"}
        if writer is None:
            click.echo("\ufeff", nl=False)
            writer = csv.DictWriter(sys.stdout, flat, lineterminator="\r\n")
            writer.writeheader()
        writer.writerow(flat)


def _flat(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list) else value


def _in_short(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a person reads of a record: clock times beside the duty date, no column that repeats another."""
    clock = {name: (row[name] or "")[11:16] for name in ("start", "end", "in", "out")}
    return {
        "staff_no": row["staff_no"],
        "duty_date": row["duty_date"],
        "shift": row["shift"],
        "duty": f"{clock['start']}–{clock['end']}" if row["start"] else None,
        "in": clock["in"],
        "out": clock["out"],
        "status": " ".join((STATUS[Status(row["status"])][0], row["status"])),
        "worked": row["worked_minutes"],
        "flags": " ".join(FLAG[Flag(flag)][0] for flag in row["flags"]),
    }
