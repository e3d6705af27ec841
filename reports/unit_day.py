"""The roster of a day: of each unit who was due, who came, who is missing; and the people one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from checkin_api.domain.ids import Flag, Status
from checkin_api.domain.records import DutyRecord
from checkin_api.domain.words import STATUS
from checkin_api.queries.attendance import OfficerBlock
from reports.about import report_of
from reports.blocks import asked
from reports.duties import flags_in_words
from reports.tables import Cell, Column, Fact, Report, Table, Type
from reports.wanted import Question

NAME = ("單位當日名冊", "Unit roster of a day")
_COUNTED = (
    Column("expected", "應到人數", "Expected", Type.INT),
    Column("present", "實到人數", "Present", Type.INT),
    Column("late", "遲到人數", "Late", Type.INT),
    Column("missing_out", "未簽退人數", "OUT missing", Type.INT),
    Column("leave", "請假人數", "On leave", Type.INT),
    Column("exceptions", "異常人數", "Exceptions", Type.INT),
)
_UNIT_COLUMNS = (Column("unit", "單位代碼", "Unit code"), Column("unit_name", "單位", "Unit"), *_COUNTED)
_PEOPLE_COLUMNS = (
    Column("unit", "單位代碼", "Unit code"),
    Column("staff_no", "員警編號", "Staff no."),
    Column("name", "姓名", "Name"),
    Column("shift", "班別", "Shift"),
    Column("zone", "簽到區", "Zone"),
    Column("start", "應到", "Start", Type.DATETIME),
    Column("end", "應退", "End", Type.DATETIME),
    Column("in", "簽到", "In", Type.DATETIME),
    Column("out", "簽退", "Out", Type.DATETIME),
    Column("status", "狀態代碼", "Status code"),
    Column("status_zh", "狀態", "Status (zh-TW)"),
    Column("flags_zh", "加註", "Flags (zh-TW)"),
)


@dataclass(slots=True)
class Headcount:
    """Officers, not duties: who has several on a date counts once in each column that one of them calls for."""

    seen: dict[str, set[str]] = field(default_factory=lambda: {column.key: set() for column in _COUNTED})
    at_work: set[str] = field(default_factory=set)

    def add(self, staff_no: str, record: DutyRecord, *, is_exception: bool) -> None:
        """One record more."""
        if record.status is not Status.UNROSTERED:
            came = record.sign_in is not None or record.sign_out is not None
            holds = {
                "expected": True,
                "present": came,
                "late": Flag.LATE in record.flags,
                "missing_out": record.status is Status.MISSING_OUT,
                "leave": record.status is Status.LEAVE,
            }
            for key, held in holds.items():
                if held:
                    self.seen[key].add(staff_no)
            if record.status is not Status.LEAVE:
                self.at_work.add(staff_no)
        if is_exception:
            self.seen["exceptions"].add(staff_no)

    def counts(self) -> Sequence[int]:
        """How many, in the order of the columns; on leave is who has no other duty that date."""
        self.seen["leave"] -= self.at_work
        return [len(self.seen[column.key]) for column in _COUNTED]


def unit_day(question: Question) -> Report:
    """The roster of one duty date."""
    units: dict[str, Headcount] = {}
    everybody = Headcount()
    people: list[Sequence[Cell]] = []
    with asked(question) as found:
        for block in found.blocks:
            looked_at = {(record.officer, record.start, record.sign_in) for record in block.exceptions()}
            for record in block.records():
                officer = block.officers[record.officer]
                is_exception = (record.officer, record.start, record.sign_in) in looked_at
                for headcount in (units.setdefault(officer.unit_code, Headcount()), everybody):
                    headcount.add(officer.staff_no, record, is_exception=is_exception)
                people.append(_person(block, record))
        names = found.unit_names
        rows: list[Sequence[Cell]] = [(code, names[code], *units[code].counts()) for code in sorted(units)]
        people.sort(key=itemgetter(0, 1))
        tables = (
            Table("units", "各單位", "Units", _UNIT_COLUMNS, rows),
            Table("people", "名冊", "People", _PEOPLE_COLUMNS, people),
        )
        totals = zip(_COUNTED, everybody.counts(), strict=True)
        facts = [Fact(column.key, column.zh, column.en, count if people else None) for column, count in totals]
        return report_of(question, NAME, found.completeness, tables, found=facts)


def _person(block: OfficerBlock, record: DutyRecord) -> Sequence[Cell]:
    officer = block.officers[record.officer]
    return (
        officer.unit_code,
        officer.staff_no,
        officer.name,
        record.shift_code,
        block.zones[record.zone].code or None,
        record.start,
        record.end,
        record.sign_in,
        record.sign_out,
        record.status.value,
        STATUS[record.status][0],
        flags_in_words(record)[1],
    )
