"""The rows of a sheet into the database: all of them, or none."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from checkin_api.imports.comparing import Difference, Values, differences
from checkin_api.imports.naming import check_tree, resolve
from checkin_api.imports.outcome import ImportRefusedError, ImportResult, Problem, ProblemLog
from checkin_api.imports.sheet import Key, Row, Sheet


def store_sheet(session: Session, sheet: Sheet, *, now: datetime) -> ImportResult:
    """Add and change rows as the sheet says; the caller commits, or rolls back after a dry run.

    A column that the file leaves out keeps what the database has; an empty cell means the default.

    Raises:
        ImportRefusedError: with the sheet's problems and those found here; then nothing has been changed.
    """
    try:
        with session.begin_nested():
            newcomers = _insert_newcomers(session, sheet, now)
            check_tree(session, sheet)
            result = _store(session, replace(sheet, rows=resolve(session, sheet)), newcomers, now)
            sheet.problems.refuse_if_any()
            return result
    except IntegrityError as exc:
        message = "資料同時被他人變更，請再試一次 / someone else changed the same rows meanwhile, try again"
        raise ImportRefusedError([Problem(sheet.problems.filename, 1, None, message)]) from exc


def _insert_newcomers(session: Session, sheet: Sheet, now: datetime) -> set[Key]:
    """Insert new rows without the references to rows of the same file, which then have ids to refer to."""
    kept = [at for at, column in enumerate(sheet.columns) if not sheet.layout.is_own(column)]
    newcomers: set[Key] = set()
    if len(kept) == len(sheet.columns):
        return newcomers
    columns = tuple(sheet.columns[at] for at in kept)
    rows = [Row(row.line, tuple([row.values[at] for at in kept])) for row in sheet.rows]
    # What is wrong with a row is said when it is looked at as a whole.
    unheard = ProblemLog(sheet.problems.filename)
    for difference in differences(session, replace(sheet, columns=columns, rows=rows, problems=unheard), now):
        _insert(session, sheet.layout.table, difference.added.values())
        newcomers.update(difference.added)
    return newcomers


def _store(session: Session, sheet: Sheet, newcomers: set[Key], now: datetime) -> ImportResult:
    added, changed, unchanged = len(newcomers), 0, 0
    for difference in differences(session, sheet, now):
        if not sheet.problems:
            _insert(session, sheet.layout.table, difference.added.values())
            _update(session, sheet, difference)
        added += len(difference.added)
        changed += len(difference.changed.keys() - newcomers)
        unchanged += len(difference.unchanged - newcomers)
    return ImportResult(added=added, changed=changed, unchanged=unchanged)


def _insert(session: Session, table: Table, rows: Collection[Values]) -> None:
    if rows:
        session.execute(insert(table), list(rows))


def _update(session: Session, sheet: Sheet, difference: Difference) -> None:
    if not difference.changed:
        return
    table = sheet.layout.table
    names = [column.target.key for column in sheet.columns]
    settings: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    statement = update(table).where(table.c.id == bindparam("row_id")).values(settings)
    rows = difference.changed.values()
    session.execute(statement, [{"row_id": row["id"], **{f"new_{name}": row[name] for name in names}} for row in rows])
