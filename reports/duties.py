"""Duty records one by one, with the numbers of ``checkin attendance show``."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from checkin_api.domain.records import DutyRecord
from checkin_api.domain.words import FLAG, STATUS
from checkin_api.queries.attendance import OfficerBlock
from reports.about import before
from reports.blocks import asked
from reports.tables import Cell, Column, Stream, Type
from reports.wanted import Question, no_progress

NAME = ("差勤紀錄", "Duty records")
BATCH = 2000
COLUMNS = (
    Column("staff_no", "員警編號", "Staff no."),
    Column("name", "姓名", "Name"),
    Column("unit", "單位代碼", "Unit code"),
    Column("duty_date", "勤務日", "Duty date", Type.DATE),
    Column("shift", "班別", "Shift"),
    Column("zone", "簽到區", "Zone"),
    Column("start", "應到", "Start", Type.DATETIME),
    Column("end", "應退", "End", Type.DATETIME),
    Column("in", "簽到", "In", Type.DATETIME),
    Column("out", "簽退", "Out", Type.DATETIME),
    Column("status", "狀態代碼", "Status code"),
    Column("status_zh", "狀態", "Status (zh-TW)"),
    Column("status_en", "狀態（英）", "Status"),
    Column("flags", "加註代碼", "Flag codes"),
    Column("flags_zh", "加註", "Flags (zh-TW)"),
    Column("worked_minutes", "工時分鐘", "Worked minutes", Type.MINUTES),
    Column("worked_time", "工時（時:分）", "Worked, h:mm", Type.DURATION),
    Column("late_minutes", "遲到分鐘", "Late minutes", Type.MINUTES),
    Column("early_leave_minutes", "早退分鐘", "Early minutes", Type.MINUTES),
    Column("overtime_minutes", "加班候選分鐘", "Overtime minutes", Type.MINUTES),
    Column("before_minutes", "早到分鐘", "Minutes before", Type.MINUTES),
    Column("night_minutes", "深夜分鐘", "Night minutes", Type.MINUTES),
)


def duty_records(question: Question) -> Stream:
    """A row a record; counted first, then worked out again a block of officers at a time as they are written."""
    # What is told of the progress are the rows, as they are written.
    question = replace(question, progress=no_progress)
    with asked(question) as found:
        facts = before(question, found.completeness)
        total = sum(int(block.of_period.sum()) for block in found.blocks)
    return Stream(question.wanted.kind, *NAME, facts, COLUMNS, _batches(question), total)


def flags_in_words(record: DutyRecord) -> tuple[str | None, str | None]:
    """The flags of a record, as codes and in zh-TW."""
    flags = record.flags
    if not flags:
        return None, None
    return " ".join(flag.value for flag in flags), "、".join(FLAG[flag][0] for flag in flags)


def _batches(question: Question) -> Iterator[Sequence[Sequence[Cell]]]:
    with asked(question) as found:
        for block in found.blocks:
            rows = (_row(block, record) for record in block.records())
            while batch := list(islice(rows, BATCH)):
                yield batch


def _row(block: OfficerBlock, record: DutyRecord) -> Sequence[Cell]:
    officer = block.officers[record.officer]
    return (
        officer.staff_no,
        officer.name,
        officer.unit_code,
        record.duty_date,
        record.shift_code,
        block.zones[record.zone].code or None,
        record.start,
        record.end,
        record.sign_in,
        record.sign_out,
        record.status.value,
        *STATUS[record.status],
        *flags_in_words(record),
        record.worked_minutes,
        record.worked_minutes,
        record.late_minutes,
        record.early_leave_minutes,
        record.overtime_minutes,
        record.before_minutes,
        record.night_minutes,
    )
