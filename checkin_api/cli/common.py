"""What several commands share: an open database, and rows as a table or as JSON."""

import json
import os
import pwd
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from checkin_api import migrations
from checkin_api.config import Settings, load_settings
from checkin_api.db import Database


@contextmanager
def open_database(*required: str) -> Iterator[tuple[Settings, Database]]:
    """The settings and their database with this release's schema, closed afterwards."""
    settings = load_settings(*required)
    database = Database(settings.database_url)
    try:
        migrations.require_head(database)
        yield settings, database
    finally:
        database.close()


def command_line_actor() -> str:
    """Who runs the command, for the audit log: the account of the process, which the environment cannot change."""
    uid = os.getuid()
    try:
        return f"cli:{pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"cli:{uid}"


class Instant(click.ParamType[datetime]):
    """An instant in ISO 8601 with its offset: without one nobody knows which moment is meant."""

    name = "ISO 8601"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it, or end the command in words."""
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"不是 ISO 8601 時間 / not a time such as 2026-11-22T08:00+08:00: {value}", param, ctx)
        if at.tzinfo is None:
            self.fail(f"缺時差，例如 +08:00 / has no offset, such as +08:00: {value}", param, ctx)
        return at


class Day(click.ParamType[date]):
    """A date YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read it, or end the command in words."""
        try:
            return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 (a date has no time zone)
        except ValueError:
            self.fail(f"日期須為 YYYY-MM-DD / must be a date such as 2026-11-23: {value}", param, ctx)


def local_time(at: datetime | None, zone: ZoneInfo) -> str | None:
    """A time as people read it and programs, too: ISO 8601 to the second, in the department's time zone."""
    return None if at is None else at.astimezone(zone).isoformat(timespec="seconds")


format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="輸出格式 / Output.",
)


# A text that is longer is folded, whatever room there is; Chinese is not folded into less.
_LONGEST_CELL = 60
_SHORTEST_LINE = 16


def show(rows: Sequence[Mapping[str, Any]], form: str) -> None:
    """Print the rows; an empty table says so."""
    if form == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2, default=str))
    elif rows:
        _show_table([{name: _cell(value) for name, value in row.items()} for row in rows])
    else:
        click.echo("（無資料 / nothing）")


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "✓" if value else ""
    return "" if value is None else str(value)


def _show_table(rows: Sequence[Mapping[str, str]]) -> None:
    """A table in which no code, date or ID is broken into two lines; where it does not fit, a block for each row."""
    from rich.cells import cell_len  # noqa: PLC0415 (only a table needs it)
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Column, Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    columns = {name: [name, *(row[name] for row in rows)] for name in rows[0]}
    wanted = [min(max(map(cell_len, texts)), _LONGEST_CELL) for texts in columns.values()]
    least = [max(_unbroken(word, cell_len) for text in texts for word in text.split()) for texts in columns.values()]
    console, rules = Console(), 3 * len(columns) + 1
    # What goes into a file or to another program is as wide as it is.
    spare = (console.width if console.is_terminal else sum(map(max, wanted, least)) + rules) - sum(least) - rules
    if spare < 0:
        _show_blocks(rows)
        return
    widths = []
    for want, need in zip(wanted, least, strict=True):
        more = min(max(want - need, 0), spare)
        spare -= more
        widths.append(need + more)
    table = Table(*(Column(name, overflow="fold", width=width) for name, width in zip(columns, widths, strict=True)))
    for row in rows:
        # As Text, for rich would take brackets in a label for markup.
        table.add_row(*(Text(text) for text in row.values()))
    Console(width=max(console.width, sum(widths) + rules)).print(table)


def _unbroken(word: str, cells: Callable[[str], int]) -> int:
    """How wide a word must stay; Chinese may be broken anywhere."""
    return cells(word) if word.isascii() else min(cells(word), _SHORTEST_LINE)


def _show_blocks(rows: Sequence[Mapping[str, str]]) -> None:
    margin = max(len(name) for name in rows[0])
    for row in rows:
        click.echo("─" * (margin + 2))
        for name, text in row.items():
            if text:
                click.echo(f"{name:>{margin}}  {text}")
