"""What is in the database, as a file that could be imported again."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, literal, select, true
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.shifts import local_day
from checkin_api.imports.columns import Column
from checkin_api.imports.layouts import LAYOUTS, Kind
from checkin_api.imports.written import cell

# Rows read at a time.
_STEP = 5_000
# UTF-8's mark, by which Excel knows it.
_MARK = b"\xef\xbb\xbf"


def export(
    session: Session, kind: Kind, zone: ZoneInfo, *, among: ColumnElement[bool] | None = None
) -> Iterator[bytes]:
    """The rows of a kind by key, as UTF-8 CSV with BOM and CRLF, piece by piece.

    Args:
        session: Where to read.
        kind: What.
        zone: The time zone in which instants are written.
        among: Which rows, as a condition on the table of the kind; all without.
    """
    layout = LAYOUTS[kind]
    query = (
        select(*(_value(column) for column in layout.columns))
        .select_from(layout.table)
        .where(and_(_there(kind), true() if among is None else among))
        .order_by(*(_value(column) for column in layout.columns if column.name in layout.key))
        .execution_options(yield_per=_STEP)
    )
    yield _MARK + _lines([[column.name for column in layout.columns]])
    for rows in session.execute(query).partitions(_STEP):
        yield _lines([[_cell(column, row, at, zone) for at, column in enumerate(layout.columns)] for row in rows])


def count(session: Session, kind: Kind) -> int:
    """How many rows of a kind there are."""
    layout = LAYOUTS[kind]
    return session.scalar(select(func.count()).select_from(layout.table).where(_there(kind))) or 0


def between(kind: Kind) -> Callable[[date, date, ZoneInfo], ColumnElement[bool]] | None:
    """The condition that rows of a kind are of some dates, both included; None for kinds that are not of a date."""

    def in_days(first: date, last: date, zone: ZoneInfo) -> ColumnElement[bool]:
        if kind is Kind.ROSTER:
            return m.RosterEntry.duty_date.between(first, last)
        begin, end = local_day(first, zone)[0], local_day(last, zone)[1]
        if kind is Kind.PUNCHES:
            return and_(m.Punch.at >= begin, m.Punch.at < end)
        return and_(m.Leave.begin < end, m.Leave.end > begin)

    return in_days if kind in {Kind.ROSTER, Kind.PUNCHES, Kind.LEAVE} else None


def _there(kind: Kind) -> ColumnElement[bool]:
    """The rows that a file of the kind speaks of; not a beacon that is retired, which an import would refuse."""
    if kind is Kind.BEACONS:
        return m.Beacon.retired_at.is_(None)
    among = LAYOUTS[kind].among
    return true() if among is None else among


def _value(column: Column) -> ColumnElement[Any]:
    """A column of the query: the value, or the code of the row that it refers to."""
    if column.fills is None:
        return literal(None)
    if column.refers_to is None:
        return column.target
    code = column.refers_to.code
    # An alias, for a unit's parent is a row of the same table.
    other = code.class_.__table__.alias()
    return select(other.c[code.key]).where(other.c.id == column.target).scalar_subquery().label(column.name)


def _cell(column: Column, row: Any, at: int, zone: ZoneInfo) -> str:
    # A column that is not kept is told by the one before it: the day of the week by the date.
    return cell(column, row[at] if column.fills is not None else row[at - 1], zone)


def _lines(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
