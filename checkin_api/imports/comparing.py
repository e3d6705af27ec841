"""A sheet's rows against the table's, in steps of bounded size: which are new, which differ."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from checkin_api.imports.columns import Values
from checkin_api.imports.sheet import Key, Row, Sheet
from checkin_api.models import UtcDateTime

# Rows compared and written at a time. Their keys are parameters of one query: SQLite takes at most 32,766
# (https://www.sqlite.org/limits.html#max_variable_number), and a key has at most three columns.
_STEP = 5_000
_IMMUTABLE = (
    "資料庫已有這一筆而內容不同，不會更改 / the database has it already with other contents, which are never changed"
)


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Difference:
    """What one step would do to the table: rows to insert, rows to update with what they are now, and the others."""

    added: dict[Key, Values] = field(default_factory=dict)
    changed: dict[Key, Values] = field(default_factory=dict)
    old: dict[Key, Values] = field(default_factory=dict)
    unchanged: set[Key] = field(default_factory=set)


def differences(session: Session, sheet: Sheet, now: datetime) -> Iterator[Difference]:
    """Yield the differences step by step, noting the rows that break a rule of the layout instead of yielding them.

    A column that the file leaves out keeps what the table has, and takes its default in a new row.
    """
    names = [column.target.key for column in sheet.columns]
    absent, besides, row_id = _absent(sheet), sheet.layout.besides, primary_key(sheet).key
    for rows in _steps(sheet):
        stored = _stored(session, sheet, list(rows))
        difference = Difference()
        for key, row in rows.items():
            values = dict(zip(names, row.values, strict=True))
            old = stored.get(key)
            if sheet.layout.checks and _breaks_a_rule(sheet, row, {**(old or absent), **values}, now):
                continue
            if old is None:
                difference.added[key] = {**absent, **values, **(besides(values, now) if besides else {})}
            elif any(old[name] != value for name, value in values.items()):
                if sheet.layout.immutable:
                    sheet.problems.add(row.line, None, _IMMUTABLE)
                    continue
                difference.changed[key] = {row_id: old[row_id], **values}
                difference.old[key] = old
            else:
                difference.unchanged.add(key)
        yield difference


def in_steps(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """The values in steps that one query can name."""
    return (values[begin : begin + _STEP] for begin in range(0, len(values), _STEP))


def primary_key(sheet: Sheet) -> Column[Any]:
    """The primary key of the sheet's table, one column."""
    (column,) = sheet.layout.table.primary_key.columns
    return column


def _steps(sheet: Sheet) -> Iterator[dict[Key, Row]]:
    """The rows by key, in the order of keys: neighbours share officers or dates, which keeps each query narrow."""
    positions = sheet.key_positions
    keyed = [(tuple([row.values[at] for at in positions]), row) for row in sheet.rows]
    keyed.sort(key=_in_order if any(not column.required for column in sheet.key_columns) else _as_it_is)
    for begin in range(0, len(keyed), _STEP):
        yield dict(keyed[begin : begin + _STEP])


def _as_it_is(pair: tuple[Key, Row]) -> Key:
    return pair[0]


def _in_order(pair: tuple[Key, Row]) -> Key:
    """A key to sort by where a part of it may be empty."""
    return tuple([(value is not None, value) for value in pair[0]])


def _absent(sheet: Sheet) -> Values:
    """What a new row has in the columns that the file leaves out."""
    absent = {read.key: None for check in sheet.layout.checks for read in check.reads}
    filling = (column for column in sheet.layout.columns if column.fills is not None)
    left_out = [column for column in filling if column not in sheet.columns]
    return absent | {column.target.key: column.default(sheet.default_timezone) for column in left_out}


def _stored(session: Session, sheet: Sheet, keys: list[Key]) -> dict[Key, Values]:
    """The table's rows around these keys: all that the step compares or checks."""
    table = sheet.layout.table
    key = [column.target for column in sheet.key_columns]
    within = [_within(column, values) for column, values in zip(key, zip(*keys, strict=True), strict=True)]
    read = {attribute.key for check in sheet.layout.checks for attribute in check.reads}
    names = list({column.target.key for column in sheet.columns} | read | {primary_key(sheet).key})
    among = true() if sheet.layout.among is None else sheet.layout.among
    rows = session.execute(select(*(table.c[name] for name in names)).where(and_(among, *within)))
    stored = [dict(zip(names, row, strict=True)) for row in rows]
    return {tuple([row[column.key] for column in key]): row for row in stored}


def _within(column: Column[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Where a row with one of these values may be: a time is seldom the same twice, so theirs are a span."""
    wanted = set(values)
    if isinstance(column.type, UtcDateTime):
        return column.between(min(wanted), max(wanted))
    if None in wanted:
        return or_(column.is_(None), column.in_(wanted - {None}))
    return column.in_(wanted)


def _breaks_a_rule(sheet: Sheet, row: Row, whole: Values, now: datetime) -> bool:
    """Whether the row breaks a rule; each broken one is noted."""
    complaints = [(check.column, check.complaint(whole, now)) for check in sheet.layout.checks]
    for column, complaint in complaints:
        if complaint is not None:
            sheet.problems.add(row.line, column, complaint)
    return any(complaint is not None for _, complaint in complaints)
