"""Overtime of a month: candidates per officer with the rests pooled, and the duties that pass a limit of the law."""

from collections.abc import Sequence

from checkin_api.domain.words import FLAG
from checkin_api.queries.attendance import LimitRow, MonthRow, limits_passed, month_totals
from reports.about import report_of
from reports.blocks import asked
from reports.tables import Cell, Column, Report, Table, Type
from reports.wanted import Question

NAME = ("加班與勤務時數", "Overtime and limits")
_WHO = (
    Column("staff_no", "員警編號", "Staff no."),
    Column("name", "姓名", "Name"),
    Column("unit", "單位代碼", "Unit code"),
)
_OFFICER_COLUMNS = (
    *_WHO,
    Column("overtime_minutes", "加班候選分鐘", "Overtime minutes", Type.MINUTES),
    Column("overtime_time", "加班候選（時:分）", "Overtime, h:mm", Type.DURATION),
    Column("overtime_hours", "每班整小時", "Whole hours of duties", Type.INT),
    Column("pooled_hours", "餘數併計小時", "Pooled hours", Type.INT),
    Column("left_minutes", "併計後餘分", "Minutes left", Type.MINUTES),
    Column("before_minutes", "早到分鐘", "Minutes before", Type.MINUTES),
    Column("night_minutes", "深夜分鐘", "Night minutes", Type.MINUTES),
)
_LIMIT_COLUMNS = (
    *_WHO,
    Column("duty_date", "勤務日", "Duty date", Type.DATE),
    Column("shift", "班別", "Shift"),
    Column("limit", "限制代碼", "Limit code"),
    Column("limit_zh", "限制", "Limit (zh-TW)"),
    Column("measured", "量得（分或段）", "Measured, minutes or segments", Type.INT),
    Column("allowed", "允許（分或段）", "Allowed, minutes or segments", Type.INT),
    Column("beyond_exceptional", "超過例外上限", "Beyond the exceptional", Type.INT),
    Column("planned", "依表訂時間", "As planned", Type.INT),
)


def overtime(question: Question) -> Report:
    """The month; of officers without a duty and without a punch nothing is known, and they are left out."""
    # The limit of three months looks two months further back.
    with asked(question, months_before=2) as found:
        officers: list[Sequence[Cell]] = []
        limits: list[Sequence[Cell]] = []
        for block in found.blocks:
            officers += [_officer(row) for row in month_totals([block]) if any(row.totals.statuses.values())]
            limits += [_limit(row) for row in limits_passed([block])]
        tables = (
            Table("officers", "每人加班", "Officers", _OFFICER_COLUMNS, officers),
            Table("limits", "超過限制的班", "Limits passed", _LIMIT_COLUMNS, limits),
        )
        return report_of(question, NAME, found.completeness, tables)


def _officer(row: MonthRow) -> Sequence[Cell]:
    of = row.totals
    return (
        row.officer.staff_no,
        row.officer.name,
        row.officer.unit_code,
        of.minutes["overtime"],
        of.minutes["overtime"],
        of.overtime_hours,
        of.pooled_hours,
        of.left_minutes,
        of.minutes["before"],
        of.minutes["night"],
    )


def _limit(row: LimitRow) -> Sequence[Cell]:
    return (
        row.officer.staff_no,
        row.officer.name,
        row.officer.unit_code,
        row.duty_date,
        row.shift_code,
        row.passed.flag.value,
        FLAG[row.passed.flag][0],
        row.passed.measured,
        row.passed.limit,
        int(row.passed.beyond_exceptional),
        int(row.passed.planned),
    )
