"""The records that somebody should look at, the gravest first, with how long they have been there."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from enum import IntEnum

from checkin_api.domain.ids import Flag, Status
from checkin_api.domain.records import DutyRecord
from checkin_api.domain.shifts import local_date
from checkin_api.domain.words import STATUS
from checkin_api.queries.attendance import OfficerBlock
from reports.about import report_of
from reports.blocks import asked
from reports.duties import flags_in_words
from reports.tables import Cell, Column, Report, Table, Type
from reports.wanted import Question

NAME = ("異常清單", "Exceptions")


class Severity(IntEnum):
    """How much an exception matters: to be seen to, to be explained, to be known."""

    HIGH = 3
    MEDIUM = 2
    LOW = 1


WORDS: dict[Severity, tuple[str, str]] = {
    Severity.HIGH: ("高", "high"),
    Severity.MEDIUM: ("中", "medium"),
    Severity.LOW: ("低", "low"),
}
# Nobody is known to have been there; something of the record is missing or doubtful; the record is whole.
OF_STATUS: dict[Status, Severity] = {
    Status.ABSENT: Severity.HIGH,
    Status.MISSING_IN: Severity.MEDIUM,
    Status.MISSING_OUT: Severity.MEDIUM,
    Status.UNPROVEN: Severity.MEDIUM,
    Status.UNROSTERED: Severity.LOW,
}
OF_FLAG: dict[Flag, Severity] = {
    Flag.SHORT: Severity.HIGH,
    Flag.HALF_DAY: Severity.MEDIUM,
    Flag.LOW_ASSURANCE: Severity.MEDIUM,
    Flag.DAILY_LIMIT: Severity.MEDIUM,
    Flag.MONTHLY_LIMIT: Severity.MEDIUM,
    Flag.REST_SHORT: Severity.MEDIUM,
    Flag.THIRD_SEGMENT: Severity.LOW,
    Flag.LATE: Severity.LOW,
    Flag.EARLY_LEAVE: Severity.LOW,
}
_COLUMNS = (
    Column("severity", "嚴重度代碼", "Severity code"),
    Column("severity_zh", "嚴重度", "Severity"),
    Column("age_days", "已過天數", "Age in days", Type.INT),
    Column("staff_no", "員警編號", "Staff no."),
    Column("name", "姓名", "Name"),
    Column("unit", "單位代碼", "Unit code"),
    Column("duty_date", "勤務日", "Duty date", Type.DATE),
    Column("shift", "班別", "Shift"),
    Column("zone", "簽到區", "Zone"),
    Column("in", "簽到", "In", Type.DATETIME),
    Column("out", "簽退", "Out", Type.DATETIME),
    Column("status", "狀態代碼", "Status code"),
    Column("status_zh", "狀態", "Status (zh-TW)"),
    Column("flags", "加註代碼", "Flag codes"),
    Column("flags_zh", "加註", "Flags (zh-TW)"),
    Column("late_minutes", "遲到分鐘", "Late minutes", Type.MINUTES),
    Column("early_leave_minutes", "早退分鐘", "Early minutes", Type.MINUTES),
)


def exceptions(question: Question) -> Report:
    """The exceptions of a period, by severity, duty date, unit and officer."""
    today = local_date(question.made_at, question.rules.zone)
    with asked(question) as found:
        graded = sorted(_graded(found.blocks, today), key=lambda row: row[0])
        table = Table("exceptions", *NAME, _COLUMNS, [row for _, row in graded])
        return report_of(question, NAME, found.completeness, (table,))


def severity(status: Status, flags: Iterable[Flag]) -> Severity:
    """The gravest that its status and its flags call for."""
    return max((OF_STATUS.get(status, Severity.LOW), *(OF_FLAG.get(flag, Severity.LOW) for flag in flags)))


def _graded(blocks: Iterable[OfficerBlock], today: date) -> Iterator[tuple[tuple[int, date, str, str], Sequence[Cell]]]:
    for block in blocks:
        for record in block.exceptions():
            officer, grade = block.officers[record.officer], severity(record.status, record.flags)
            yield (
                (-grade, record.duty_date, officer.unit_code, officer.staff_no),
                _row(block, record, grade, (today - record.duty_date).days),
            )


def _row(block: OfficerBlock, record: DutyRecord, grade: Severity, age: int) -> Sequence[Cell]:
    zh, en = WORDS[grade]
    officer = block.officers[record.officer]
    return (
        en,
        zh,
        age,
        officer.staff_no,
        officer.name,
        officer.unit_code,
        record.duty_date,
        record.shift_code,
        block.zones[record.zone].code or None,
        record.sign_in,
        record.sign_out,
        record.status.value,
        STATUS[record.status][0],
        *flags_in_words(record),
        record.late_minutes,
        record.early_leave_minutes,
    )
