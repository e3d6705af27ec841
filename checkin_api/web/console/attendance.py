"""Attendance: the month matrix of a unit as the report has it, an officer found by number or name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from checkin_api import queries
from checkin_api.domain.ids import Flag, Status
from checkin_api.domain.shifts import DAY, local_date
from checkin_api.queries.attendance import Period, attendance, duty_limits
from checkin_api.queries.people import OfficerSeen, find_officers, officer_ids
from checkin_api.web.console import access, parameters
from checkin_api.web.console.access import READERS, page
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError
from reports.marks import BETWEEN, FLAG_MARK, STATUS_MARK, legend
from reports.month import WHO, days_of, matrix_of
from reports.tables import Cell, Table

# Officers on one page of the matrix: a station and more.
OFFICERS_SHOWN = 100
FOUND_SHOWN = 50
_LONGEST_SEARCH = 100
_BAD = {STATUS_MARK[status] for status in (Status.MISSING_IN, Status.MISSING_OUT, Status.ABSENT)}
_WARN = {STATUS_MARK[Status.UNPROVEN], STATUS_MARK[Status.UNROSTERED]}
_FLAGS = [FLAG_MARK[flag] for flag in FLAG_MARK if flag is not Flag.CORRECTED]


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """An officer's line: the address of the month, each day's address, mark and how it looks, totals."""

    staff_no: str
    name: str
    unit: str
    address: str
    days: Sequence[tuple[str, str, str]]
    totals: Sequence[Cell]


@blueprint.get("/attendance", endpoint="attendance")
@page(*READERS)
def matrix() -> Any:
    """The month of a unit and all below it: officers, days, marks, totals."""
    now, settings = access.now(), access.settings()
    first, last = parameters.month("month", local_date(now, settings.zone))
    number = parameters.number("page")
    with access.database().read() as session:
        everything = queries.in_tree(access.units(session))
        code = request.args.get("unit") or (everything[0][0].code if everything else None)
        units = access.units(session, code)
        ids, count = officer_ids(session, units, offset=(number - 1) * OFFICERS_SHOWN, limit=OFFICERS_SHOWN)
        table = _matrix(session, ids, first, last)
        complete = queries.completeness(session)
    days = len(days_of(first, last))
    return render_template(
        "console/attendance.html",
        unit=next((unit for unit in units if unit.code == code), None),
        tree=everything,
        has_units_below=len(units) > 1,
        first=first,
        months=(first - DAY, last + DAY),
        today=local_date(now, settings.zone),
        dates=list(zip(days_of(first, last), table.columns[len(WHO) :], strict=False)),
        totals=table.columns[len(WHO) + days :],
        rows=list(_rows(table, first, last)),
        legend=legend().rows,
        complete=complete,
        pages=_pages(number, count),
        count=count,
    )


@blueprint.get("/attendance/search")
@page(*READERS)
def attendance_search() -> Any:
    """Officers by staff number or name; the only one with just this number is opened at once."""
    text = request.args.get("q", "").strip()
    if len(text) > _LONGEST_SEARCH:
        raise ProblemError(422, "validation_failed", "搜尋字太長 / the text is too long to look for")
    found: list[OfficerSeen] = []
    count = 0
    if text:
        with access.database().read() as session:
            found, count = find_officers(session, text, access.units(session), limit=FOUND_SHOWN)
    exact = [officer for officer in found if officer.staff_no.lower() == text.lower()]
    if len(exact) == 1:
        return redirect(url_for("console.attendance_officer", staff_no=exact[0].staff_no), 303)
    return render_template("console/attendance_search.html", text=text, found=found, count=count)


def _matrix(session: Session, ids: Sequence[int], first: date, last: date) -> Table:
    now, settings = access.now(), access.settings()
    period = Period(first=first, last=last, as_of=now, zone=settings.zone, limits=duty_limits(session, settings))
    blocks = attendance(session, period, among=queries.of_officers(ids))
    return matrix_of(blocks, queries.calendar(session, first, last), first, last)


def _rows(table: Table, first: date, last: date) -> Iterator[MatrixRow]:
    days = days_of(first, last)
    offs = [column.is_off for column in table.columns[len(WHO) : len(WHO) + len(days)]]
    names = [day.isoformat() for day in days]
    for staff_no, name, unit, *cells in table.rows:
        address = url_for("console.attendance_officer", staff_no=staff_no)
        marks = (str(cell or "") for cell in cells[: len(days)])
        of_days = [
            (f"{address}/{day}", mark, _look(mark, is_off=off))
            for day, mark, off in zip(names, marks, offs, strict=True)
        ]
        yield MatrixRow(
            str(staff_no), str(name), str(unit), f"{address}?month={first:%Y-%m}", of_days, cells[len(days) :]
        )


@lru_cache(maxsize=4096)
def _look(mark: str, *, is_off: bool) -> str:
    """The classes of a cell: what needs a look stands out, besides its mark; a day off is shaded."""
    duties = mark.split(BETWEEN)
    bad = any(duty.startswith(each) for duty in duties for each in _BAD)
    warn = any(each in mark for each in (*_WARN, *_FLAGS))
    return " ".join((["rest"] if is_off else []) + (["bad"] if bad else ["warn"] if warn else []))


def _pages(number: int, count: int) -> dict[str, int]:
    """Which page this is of how many, and which officers are on it."""
    begin = (number - 1) * OFFICERS_SHOWN
    of = max(1, -(-count // OFFICERS_SHOWN))
    return {"number": number, "of": of, "begin": begin + 1, "end": min(begin + OFFICERS_SHOWN, count)}
