"""Files as facts for the attendance rules, without a database."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias
from zoneinfo import ZoneInfo

from checkin_api.domain.calendar import is_working_day
from checkin_api.domain.gathering import PunchRow, RosterRow, gather_duties, gather_punches
from checkin_api.domain.leave import Leave
from checkin_api.domain.outages import Outage
from checkin_api.domain.records import Facts
from checkin_api.domain.shifts import DAY, Shift
from checkin_api.imports.columns import Values
from checkin_api.imports.layouts import Kind
from checkin_api.imports.sheet import Sheet, read_sheet

_Cells: TypeAlias = Mapping[Kind, Sequence[Values]]
_WITH_ZONE = (Kind.ROSTER, Kind.PUNCHES, Kind.OUTAGES)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """The facts, and what their positions stand for; the last zone code is empty, for none."""

    facts: Facts
    staff_nos: Sequence[str]
    zone_codes: Sequence[str]


def facts_of_files(files: Mapping[Kind, tuple[str, bytes]], default_timezone: str) -> FileFacts:
    """Read files by kind, each with its name and content, and put them together.

    Officers of an ``officers`` file are expected while they are active, and those with a default shift on the working
    days from the first to the last date of the other files.

    Raises:
        ImportRefusedError: with what is wrong in one of the files.
    """
    sheets = {
        kind: read_sheet(kind, content, filename=name, default_timezone=default_timezone)
        for kind, (name, content) in files.items()
    }
    _check(sheets)
    cells = {kind: [line[1] for line in sheets[kind].lines()] if kind in sheets else [] for kind in Kind}
    named = (row["staff_no"] for kind in (Kind.OFFICERS, Kind.ROSTER, Kind.PUNCHES) for row in cells[kind])
    staff_nos = sorted(set(named))
    zone_codes = sorted({row.get("zone_code") or "" for kind in _WITH_ZONE for row in cells[kind]} - {""})
    officer = {staff_no: position for position, staff_no in enumerate(staff_nos)}
    zone = {None: -1, "": -1, **{code: position for position, code in enumerate(zone_codes)}}
    zones = [ZoneInfo(default_timezone)] * (len(zone_codes) + 1)
    shifts = [Shift(**row) for row in cells[Kind.SHIFTS]]
    facts = Facts(
        duties=gather_duties(_roster(cells, officer, zone, shifts), shifts, zones),
        punches=gather_punches(
            PunchRow(
                officer=officer[row["staff_no"]],
                at=row["at"],
                direction=row["direction"],
                zone=zone[row.get("zone_code")],
            )
            for row in cells[Kind.PUNCHES]
        ),
        zones=zones,
        leave=[
            Leave(officer=officer[row["staff_no"]], begin=row["start"], end=row["end"])
            for row in cells[Kind.LEAVE]
            if row["staff_no"] in officer
        ],
        outages=[
            Outage(
                zone=zone[row["zone_code"]] if row.get("zone_code") else None, begin=row["start"], end=row.get("end")
            )
            for row in cells[Kind.OUTAGES]
        ],
    )
    return FileFacts(facts, staff_nos, [*zone_codes, ""])


def _check(sheets: Mapping[Kind, Sheet]) -> None:
    """Refuse what is wrong in a file by itself, and shifts that the shifts file does not have."""
    known = {line[1]["code"] for line in sheets[Kind.SHIFTS].lines()}
    for kind, column in ((Kind.ROSTER, "shift_code"), (Kind.OFFICERS, "default_shift")):
        if kind in sheets:
            reference = next(each.refers_to for each in sheets[kind].layout.columns if each.name == column)
            for number, row in sheets[kind].lines():
                code = row.get(column)
                if code is not None and code not in known and reference is not None:
                    sheets[kind].problems.add(number, column, reference.missing(code, 1))
    for sheet in sheets.values():
        sheet.problems.refuse_if_any()


def _roster(
    cells: _Cells,
    officer: Mapping[str, int],
    zone: Mapping[str | None, int],
    shifts: list[Shift],
) -> list[RosterRow]:
    shift = {pattern.code: position for position, pattern in enumerate(shifts)}
    staff = {row["staff_no"]: row for row in cells[Kind.OFFICERS]}
    rows = [
        RosterRow(
            officer=officer[row["staff_no"]],
            duty_date=row["duty_date"],
            shift=shift[row["shift_code"]],
            zone=zone[row.get("zone_code")],
        )
        for row in cells[Kind.ROSTER]
        if _is_active(staff.get(row["staff_no"], {}), row["duty_date"])
    ]
    taken = {(row.officer, row.duty_date) for row in rows}
    days = [day for day in _days(cells) if is_working_day(day, _calendar(cells))] if staff else []
    for row in staff.values():
        if row.get("default_shift") is None:
            continue
        number = officer[row["staff_no"]]
        rows += [
            RosterRow(officer=number, duty_date=day, shift=shift[row["default_shift"]])
            for day in days
            if _is_active(row, day) and (number, day) not in taken
        ]
    return rows


def _is_active(row: Values, day: date) -> bool:
    return (row.get("active_from") or day) <= day <= (row.get("active_to") or day)


def _calendar(cells: _Cells) -> dict[date, bool]:
    return {row["西元日期"]: row["是否放假"] for row in cells[Kind.CALENDAR]}


def _days(cells: _Cells) -> Iterator[date]:
    """Every date from the first to the last of the roster and the calendar."""
    dates = [row["duty_date"] for row in cells[Kind.ROSTER]] or [row["西元日期"] for row in cells[Kind.CALENDAR]]
    day = min(dates, default=date.max)
    while day <= max(dates, default=date.min):
        yield day
        day += DAY
