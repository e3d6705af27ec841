"""``checkin import``: CSV files into the database."""

import gc
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from checkin_api.audit import import_act, record
from checkin_api.cli.common import command_line_actor, open_database
from checkin_api.clock import SystemClock
from checkin_api.domain.ids import RosterAction
from checkin_api.imports import ImportRefusedError, ImportResult, Kind, Replacing, read_sheet, store_sheet

# As many changes of one kind as a person reads at one time; JSON has all of them.
_SHOWN_CHANGES = 50
_SIGNS = {RosterAction.ADDED: "+", RosterAction.CHANGED: "~", RosterAction.REMOVED: "-"}


@click.command()
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="只檢查，不寫入 / Check, count and show, change nothing.")
@click.option(
    "--replace", "replaces", is_flag=True, help="勤務表：檔案沒有的刪除 / Roster: remove what the file does not have."
)
@click.option(
    "--unit",
    "unit_codes",
    multiple=True,
    help="配合 --replace：這些單位（含下級）全體 / With --replace: of everyone in these units and below.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(  # noqa: PLR0913 (one parameter an option)
    *, kind: str, file: Path, dry_run: bool, replaces: bool, unit_codes: tuple[str, ...], form: str
) -> None:
    """匯入 CSV / Import one file: all of it, or nothing when a line is wrong."""
    replacing = _replacing(kind, replaces=replaces, unit_codes=unit_codes)
    try:
        result = _import(Kind(kind), file, dry_run=dry_run, replacing=replacing)
    except ImportRefusedError as exc:
        for line in str(exc).splitlines():
            click.echo(f"error: {line}", err=True)
        click.echo("未匯入任何資料 / nothing was imported", err=True)
        raise click.exceptions.Exit(1) from exc
    for warning in result.warnings:
        click.echo(f"warning: {file.name}: {warning}", err=True)
    if form == "json":
        _print_json(kind, result, dry_run=dry_run)
    else:
        _print_text(kind, result, dry_run=dry_run)


def _replacing(kind: str, *, replaces: bool, unit_codes: tuple[str, ...]) -> Replacing | None:
    if replaces and kind != Kind.ROSTER:
        raise click.UsageError("--replace 只用於 roster / is for roster only")
    if unit_codes and not replaces:
        raise click.UsageError("--unit 須與 --replace 同用 / goes with --replace only")
    return Replacing(unit_codes) if replaces else None


def _import(kind: Kind, file: Path, *, dry_run: bool, replacing: Replacing | None) -> ImportResult:
    with open_database() as (settings, database), _collector_paused():
        # Read before the database is taken, so that webhooks wait no longer than they must.
        content = file.read_bytes()
        sheet = read_sheet(kind, content, filename=file.name, default_timezone=settings.timezone)
        with database.write() as session:
            now, actor = SystemClock().now(), command_line_actor()
            result = store_sheet(session, sheet, now=now, actor=actor, replacing=replacing)
            act = import_act(actor=actor, kind=kind, filename=file.name, content=content, counts=result.counts)
            record(session, now, act)
            if dry_run:
                session.rollback()
    return result


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No search for cyclic garbage: among the rows of a large file it takes a quarter of the time and finds none."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _print_json(kind: str, result: ImportResult, *, dry_run: bool) -> None:
    changes = [{"action": change.action, **change.row} for change in result.changes]
    report = {"kind": kind, "dry_run": dry_run, **result.counts, "warnings": result.warnings, "changes": changes}
    click.echo(json.dumps(report, ensure_ascii=False, indent=2, default=str))


def _print_text(kind: str, result: ImportResult, *, dry_run: bool) -> None:
    counts: Counter[RosterAction] = Counter()
    shown: dict[RosterAction, list[str]] = {action: [] for action in _SIGNS}
    for change in result.changes:
        counts[change.action] += 1
        if counts[change.action] <= _SHOWN_CHANGES:
            shown[change.action].append(change.text)
    for action, sign in _SIGNS.items():
        for line in shown[action]:
            click.echo(f"{sign} {line}")
        more = counts[action] - len(shown[action])
        if more:
            click.echo(f"{sign} …另有 {more:,} 筆 / …and {more:,} more")
    done = "would be" if dry_run else "were"
    removed, removed_zh = ("", "")
    if kind == Kind.ROSTER:
        removed, removed_zh = f"{result.removed} removed, ", f"刪除 {result.removed}、"
    said = f"{kind}: {result.added} {done} added, {result.changed} changed, {removed}{result.unchanged} unchanged"
    said_zh = f"新增 {result.added}、更改 {result.changed}、{removed_zh}不變 {result.unchanged}"
    click.echo(f"{said}（{'試跑：' if dry_run else ''}{said_zh}）")
