"""A sheet's rows against the table's, in steps of bounded size: which are new, which differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from checkin_api.imports.sheet import Key, Row, Sheet

# Rows compared and written at a time. Their keys are parameters of one query: SQLite takes at most 32,766
# (https://www.sqlite.org/limits.html#max_variable_number), and a key has at most three columns.
_STEP = 5_000

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """What one step would do to the table: rows to insert, rows to update with their ids, and the others."""

    added: dict[Key, Values] = field(default_factory=dict)
    changed: dict[Key, Values] = field(default_factory=dict)
    unchanged: set[Key] = field(default_factory=set)


def differences(session: Session, sheet: Sheet, now: datetime) -> Iterator[Difference]:
    """Yield the differences step by step, noting the rows that break a rule of the layout instead of yielding them.

    A column that the file leaves out keeps what the table has, and takes its default in a new row.
    """
    names = [column.target.key for column in sheet.columns]
    absent = _absent(sheet)
    for rows in _steps(sheet):
        stored = _stored(session, sheet, list(rows))
        difference = Difference()
        for key, row in rows.items():
            values = dict(zip(names, row.values, strict=True))
            old = stored.get(key)
            if sheet.layout.checks and _breaks_a_rule(sheet, row, {**(old or absent), **values}, now):
                continue
            if old is None:
                difference.added[key] = {**absent, **values}
            elif any(old[name] != value for name, value in values.items()):
                difference.changed[key] = {"id": old["id"], **values}
            else:
                difference.unchanged.add(key)
        yield difference


def _steps(sheet: Sheet) -> Iterator[dict[Key, Row]]:
    """The rows by key, in the order of keys: neighbours share officers or dates, which keeps each query narrow."""
    positions = sheet.key_positions
    keyed = [(tuple([row.values[at] for at in positions]), row) for row in sheet.rows]
    keyed.sort(key=lambda pair: pair[0])
    for begin in range(0, len(keyed), _STEP):
        yield dict(keyed[begin : begin + _STEP])


def _absent(sheet: Sheet) -> Values:
    """What a new row has in the columns that the file leaves out."""
    absent = {read.key: None for check in sheet.layout.checks for read in check.reads}
    left_out = [column for column in sheet.layout.columns if column not in sheet.columns]
    return absent | {column.target.key: column.default(sheet.default_timezone) for column in left_out}


def _stored(session: Session, sheet: Sheet, keys: list[Key]) -> dict[Key, Values]:
    """The table's rows around these keys: all that the step compares or checks."""
    table = sheet.layout.table
    key = [sheet.columns[at].target for at in sheet.key_positions]
    within = [column.in_(set(values)) for column, values in zip(key, zip(*keys, strict=True), strict=True)]
    read = {attribute.key for check in sheet.layout.checks for attribute in check.reads}
    names = list({column.target.key for column in sheet.columns} | read | {"id"})
    rows = session.execute(select(*(table.c[name] for name in names)).where(and_(*within)))
    stored = [dict(zip(names, row, strict=True)) for row in rows]
    return {tuple([row[column.key] for column in key]): row for row in stored}


def _breaks_a_rule(sheet: Sheet, row: Row, whole: Values, now: datetime) -> bool:
    """Whether the row breaks a rule; each broken one is noted."""
    complaints = [(check.column, check.complaint(whole, now)) for check in sheet.layout.checks]
    for column, complaint in complaints:
        if complaint is not None:
            sheet.problems.add(row.line, column, complaint)
    return any(complaint is not None for _, complaint in complaints)
