"""The short marks of the month matrix, and their legend."""

from functools import lru_cache

from checkin_api.domain.ids import Flag, Status
from checkin_api.domain.status import STATUSES, flags_in
from checkin_api.domain.words import FLAG, STATUS
from reports.tables import Column, Table

# Every character is in Big5, so that the matrix survives any program.
STATUS_MARK: dict[Status, str] = {
    Status.LEAVE: "假",
    Status.PENDING: "待",
    Status.IN_PROGRESS: "中",
    Status.PRESENT: "出",
    Status.MISSING_OUT: "缺退",
    Status.MISSING_IN: "缺到",
    Status.UNPROVEN: "不明",
    Status.ABSENT: "未到",
    Status.UNROSTERED: "加",
}
# After the mark of the status. What the duty law says is in the overtime report.
FLAG_MARK: dict[Flag, str] = {
    Flag.LATE: "遲",
    Flag.EARLY_LEAVE: "早",
    Flag.HALF_DAY: "半",
    Flag.SHORT: "短",
    Flag.CORRECTED: "補",
    Flag.LOW_ASSURANCE: "弱",
}
BETWEEN = "/"


@lru_cache
def mark(status: int, flags: int) -> str:
    """The mark of a record, by the numbers its columns hold."""
    return STATUS_MARK[STATUSES[status]] + "".join(FLAG_MARK.get(flag, "") for flag in flags_in(flags))


def legend() -> Table:
    """What the marks mean."""
    rows = [
        *((mark_, status.value, *STATUS[status]) for status, mark_ in STATUS_MARK.items()),
        *((mark_, flag.value, *FLAG[flag]) for flag, mark_ in FLAG_MARK.items()),
        (BETWEEN, "several_duties", "同日數班，依起點先後", "Several duties of a date, by their start"),
        ("", "no_duty", "當日沒有勤務，也沒有打卡", "No duty and no punch that date"),
    ]
    columns = (
        Column("mark", "代號", "Mark"),
        Column("code", "代碼", "Code"),
        Column("zh", "意思", "Meaning (zh-TW)"),
        Column("en", "意思（英）", "Meaning"),
    )
    return Table("legend", "代號說明", "Legend", columns, rows)
