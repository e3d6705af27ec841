"""The month matrix: a row an officer, a column a day, a mark what the records of that day say, totals on the right."""

from collections.abc import Iterator, Sequence
from datetime import date

from checkin_api.domain.calendar import is_working_day
from checkin_api.domain.ids import Flag, Status
from checkin_api.domain.shifts import DAY
from checkin_api.domain.totals import Totals
from checkin_api.queries.attendance import OfficerBlock, OfficerRow, month_totals
from reports.about import report_of
from reports.blocks import Asked, asked
from reports.marks import BETWEEN, legend, mark
from reports.tables import Cell, Column, Report, Table, Type
from reports.wanted import Question

NAME = ("月差勤表", "Month matrix")
_WEEKDAYS = tuple(zip("一二三四五六日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))
_WHO = (
    Column("staff_no", "員警編號", "Staff no."),
    Column("name", "姓名", "Name"),
    Column("unit", "單位代碼", "Unit code"),
)
_TOTALS = (
    Column("present", "出勤班數", "Present", Type.INT),
    Column("late", "遲到次數", "Late", Type.INT),
    Column("late_minutes", "遲到分鐘", "Late minutes", Type.MINUTES),
    Column("early_leave", "早退次數", "Left early", Type.INT),
    Column("early_leave_minutes", "早退分鐘", "Early minutes", Type.MINUTES),
    Column("missing_in", "缺簽到", "IN missing", Type.INT),
    Column("missing_out", "缺簽退", "OUT missing", Type.INT),
    Column("absent", "未簽到", "No punch", Type.INT),
    Column("unproven", "無法證明", "Unproven", Type.INT),
    Column("leave", "請假", "On leave", Type.INT),
    Column("worked_minutes", "工時分鐘", "Worked minutes", Type.MINUTES),
    Column("overtime_minutes", "加班候選分鐘", "Overtime minutes", Type.MINUTES),
    Column("night_minutes", "深夜分鐘", "Night minutes", Type.MINUTES),
)


def month_matrix(question: Question) -> Report:
    """The month of a unit, of an officer, or of everybody."""
    first, last = question.wanted.first, question.wanted.last
    with asked(question) as found:
        rows = [row for block in found.blocks for row in _rows(block, first, last)]
        matrix = Table("matrix", *NAME, (*_WHO, *_days(found, first, last), *_TOTALS), rows)
        return report_of(question, NAME, found.completeness, (matrix, legend()))


def days_of(first: date, last: date) -> list[date]:
    """The dates of a period."""
    return [first + DAY * number for number in range((last - first).days + 1)]


def _days(found: Asked, first: date, last: date) -> Iterator[Column]:
    for day in days_of(first, last):
        zh, en = _WEEKDAYS[day.weekday()]
        yield Column(
            f"d{day.day:02}", f"{day.day}（{zh}）", f"{day.day} {en}", is_off=not is_working_day(day, found.calendar)
        )


def _rows(block: OfficerBlock, first: date, last: date) -> Iterator[Sequence[Cell]]:
    marks = _marks(block, (last - first).days + 1)
    for number, month in enumerate(month_totals([block])):
        if any(marks[number]) or _serves(month.officer, first, last):
            yield (
                month.officer.staff_no,
                month.officer.name,
                month.officer.unit_code,
                *(BETWEEN.join(of_day) if of_day else None for of_day in marks[number]),
                *_totals(month.totals),
            )


def _serves(officer: OfficerRow, first: date, last: date) -> bool:
    return (officer.active_from or first) <= last and (officer.active_to or last) >= first


def _marks(block: OfficerBlock, days: int) -> list[list[list[str]]]:
    """By officer and day, the marks of the records by their start."""
    marks: list[list[list[str]]] = [[[] for _ in range(days)] for _ in block.officers]
    columns, order = block.attendance.columns, block.attendance.order(block.of_period)
    first = block.period.first.toordinal()
    for officer, day, status, flags in zip(
        columns.officer[order].tolist(),
        columns.duty_date[order].tolist(),
        columns.status[order].tolist(),
        columns.flags[order].tolist(),
        strict=True,
    ):
        marks[officer][day - first].append(mark(status, flags))
    return marks


def _totals(of: Totals) -> Sequence[Cell]:
    """The totals; of an officer without any record nothing is known, which is not zero."""
    if not any(of.statuses.values()):
        return [None] * len(_TOTALS)
    return (
        of.statuses[Status.PRESENT],
        of.flags[Flag.LATE],
        of.minutes["late"],
        of.flags[Flag.EARLY_LEAVE],
        of.minutes["early"],
        of.statuses[Status.MISSING_IN],
        of.statuses[Status.MISSING_OUT],
        of.statuses[Status.ABSENT],
        of.statuses[Status.UNPROVEN],
        of.statuses[Status.LEAVE],
        of.minutes["worked"],
        of.minutes["overtime"],
        of.minutes["night"],
    )
