"""The rows of a sheet into the database: all of them, or none."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from checkin_api.imports.columns import Values
from checkin_api.imports.comparing import Difference, differences, primary_key
from checkin_api.imports.future import PunchReview
from checkin_api.imports.layouts import Kind
from checkin_api.imports.leave import LeaveReview
from checkin_api.imports.naming import check_tree, resolve
from checkin_api.imports.outcome import ImportRefusedError, ImportResult, Problem, ProblemLog
from checkin_api.imports.plain_changes import PlainReview
from checkin_api.imports.review import Findings, Replacing, Review, Terms
from checkin_api.imports.rostering import RosterReview
from checkin_api.imports.sheet import Key, Sheet
from checkin_api.imports.shifting import ShiftReview
from checkin_api.imports.switching import CalendarReview

_REVIEWS: dict[Kind, type[Review]] = {
    Kind.SHIFTS: ShiftReview,
    Kind.ROSTER: RosterReview,
    Kind.LEAVE: LeaveReview,
    Kind.CALENDAR: CalendarReview,
    Kind.PUNCHES: PunchReview,
}


def store_sheet(
    session: Session, sheet: Sheet, *, now: datetime, actor: str, replacing: Replacing | None = None
) -> ImportResult:
    """Add and change rows as the sheet says; the caller commits, or rolls back after a dry run.

    A column that the file leaves out keeps what the database has; an empty cell means the default.

    Args:
        session: Its transaction gets all rows or none.
        sheet: What the file says.
        now: What a beacon's retirement is judged by, and when the roster is changed.
        actor: Who changes it.
        replacing: Whether a roster also removes what it does not have, and of whom.

    Raises:
        ImportRefusedError: with the sheet's problems and those found here; then nothing has been changed.
    """
    try:
        with session.begin_nested():
            sheet = sheet.only(lambda column: column.fills is not None)
            newcomers = _insert_newcomers(session, sheet, now)
            check_tree(session, sheet)
            sheet = replace(sheet, rows=resolve(session, sheet))
            terms = Terms(now=now, actor=actor, replacing=replacing, newcomers=newcomers)
            review = _REVIEWS.get(sheet.kind, PlainReview)(session, sheet, terms)
            result = _store(review, newcomers)
            sheet.problems.refuse_if_any()
            return result
    except IntegrityError as exc:
        message = "資料同時被他人變更，請再試一次 / someone else changed the same rows meanwhile, try again"
        raise ImportRefusedError([Problem(sheet.problems.filename, 1, None, message)]) from exc


def _insert_newcomers(session: Session, sheet: Sheet, now: datetime) -> set[Key]:
    """Insert new rows without the references to rows of the same file, which then have ids to refer to."""
    newcomers: set[Key] = set()
    alone = sheet.only(lambda column: not sheet.layout.is_own(column))
    if alone is sheet:
        return newcomers
    # What is wrong with a row is said when it is looked at as a whole.
    unheard = ProblemLog(sheet.problems.filename)
    for difference in differences(session, replace(alone, problems=unheard), now):
        _insert(session, sheet.layout.table, difference.added.values())
        newcomers.update(difference.added)
    return newcomers


def _store(review: Review, newcomers: set[Key]) -> ImportResult:
    session, sheet = review.session, review.sheet
    added, changed, unchanged = len(newcomers), 0, 0
    review.begin()
    for difference in differences(session, sheet, review.terms.now):
        review.step(difference)
        if not sheet.problems:
            _insert(session, sheet.layout.table, difference.added.values())
            _update(session, sheet, difference)
        added += len(difference.added)
        changed += len(difference.changed.keys() - newcomers)
        unchanged += len(difference.unchanged - newcomers)
    found = Findings() if sheet.problems else review.end()
    return ImportResult(added, changed, unchanged, found.removed, found.changes, found.warnings)


def _insert(session: Session, table: Table, rows: Collection[Values]) -> None:
    if rows:
        session.execute(insert(table), list(rows))


def _update(session: Session, sheet: Sheet, difference: Difference) -> None:
    if not difference.changed:
        return
    table, row_id = sheet.layout.table, primary_key(sheet)
    names = [column.target.key for column in sheet.columns]
    settings: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    statement = update(table).where(row_id == bindparam("row_id")).values(settings)
    rows = difference.changed.values()
    session.execute(
        statement, [{"row_id": row[row_id.key], **{f"new_{name}": row[name] for name in names}} for row in rows]
    )
