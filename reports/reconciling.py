"""The reconciliation report: what is compared comes from the database, what differs goes into tables."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from checkin_api import queries
from checkin_api.db import Database
from checkin_api.domain.ids import Status
from checkin_api.domain.shifts import DAY, local_day
from checkin_api.domain.words import DIRECTION
from checkin_api.errors import CheckinError
from checkin_api.queries import Completeness
from checkin_api.queries.attendance import Period, attendance
from checkin_api.queries.clocked import NamedOfficer, named_officers
from reports.reconciliation import (
    DIFFERENCE,
    DifferenceKind,
    Reconciled,
    RegisterLine,
    RosteredDuty,
    Sides,
    reconcile,
    too_many,
)
from reports.swipes import read_swipes
from reports.tables import Column, Fact, Report, Table, fingerprint

RECONCILIATION = "reconciliation"

_COLUMNS = (
    Column("difference", "代碼", "Code"),
    Column("difference_zh", "差異", "Difference (zh-TW)"),
    Column("difference_en", "差異（英）", "Difference"),
    Column("staff_no", "員警編號", "Staff no."),
    Column("name", "姓名", "Name"),
    Column("unit_code", "單位代碼", "Unit code"),
    Column("direction_zh", "方向", "Direction"),
    Column("register_at", "登記簿時間", "In the register"),
    Column("register_line", "登記簿行號", "Line"),
    Column("punch_at", "打卡時間", "Our punch"),
    Column("zone_code", "簽到區", "Zone"),
    Column("minutes_apart", "相差分鐘（打卡減登記簿）", "Minutes apart"),
    Column("duty_date", "勤務日", "Duty date"),
    Column("shift_code", "班別", "Shift"),
)
_COUNT_COLUMNS = (*_COLUMNS[:3], Column("differences", "件數", "Differences"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is compared: local dates, both included, all units or one with everything below it."""

    first: date
    last: date
    zone: ZoneInfo
    tolerance_minutes: int = 5
    unit: str | None = None


class RegisterRefusedError(CheckinError):
    """The register cannot be compared."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database knows of a comparison."""

    sides: Sides
    officers: Mapping[str, NamedOfficer]
    completeness: Completeness


def build_reconciliation(
    database: Database, comparison: Comparison, register: Sequence[RegisterLine], *, made_at: datetime, made_by: str
) -> Report:
    """Compare a register with the roster and our punches.

    Raises:
        NotFoundError: there is no unit with this code.
        RegisterRefusedError: the register has more lines of one officer than can be.
    """
    whose = too_many(register)
    if whose is not None:
        raise RegisterRefusedError(f"{whose} 的行數太多，請檢查檔案 / too many lines of {whose}, check the file")
    known = _known(database, comparison, register, made_at)
    found = reconcile(known.sides, timedelta(minutes=comparison.tolerance_minutes))
    tables = (_counts(found), _differences(found, known.officers, comparison.zone))
    facts = (*_asked(comparison), *_compared(found), *_about(known.completeness, comparison.zone, made_at))
    more = (
        Fact("made_by", "製表人", "Made by", made_by),
        Fact("row_count", "資料列數", "Rows", sum(len(table.rows) for table in tables)),
        Fact("sha256", "資料雜湊", "SHA-256 of the tables", fingerprint(tables)),
    )
    return Report(RECONCILIATION, "三方比對差異表", "Reconciliation", (*facts, *more), tables)


def _known(database: Database, comparison: Comparison, register: Sequence[RegisterLine], now: datetime) -> _Known:
    first, last, zone = comparison.first, comparison.last, comparison.zone
    # A line just before midnight may be a punch just after it.
    read = read_swipes(database, first - DAY, last + DAY, zone, unit=comparison.unit)
    with database.read() as session:
        among = None if comparison.unit is None else queries.of_units(queries.units(session, comparison.unit))
        everyone = named_officers(session)
        asked = everyone if among is None else named_officers(session, among=among)
        staff_no = {officer.id: officer.staff_no for officer in asked}
        period = Period(first=first, last=last, as_of=now, zone=zone)
        statuses: dict[tuple[str | None, date, str], Status] = {}
        for block in attendance(session, period, among=among):
            for record in block.records():
                if record.shift_code is not None:
                    key = block.officers[record.officer].staff_no, record.duty_date, record.shift_code
                    statuses[key] = record.status
        duties = []
        for expected in queries.expected_duties(session, first, last, zone, among=among):
            whose, duty = staff_no.get(expected.officer_id), expected.duty
            status = statuses.get((whose, duty.duty_date, duty.shift_code))
            # One that an import brings while this is being read is for the next time.
            if whose is not None and status is not None:
                duties.append(RosteredDuty(staff_no=whose, duty=duty, status=status))
    officers = {officer.staff_no: officer for officer in asked}
    sides = Sides(
        begin=local_day(first, zone)[0],
        end=local_day(last, zone)[1],
        register=register,
        punches=read.swipes,
        duties=duties,
        officers=officers.keys(),
        elsewhere={officer.staff_no for officer in everyone} - officers.keys(),
    )
    return _Known(sides, officers, read.completeness)


def _asked(comparison: Comparison) -> tuple[Fact, ...]:
    return (
        Fact("first", "起始日", "From", comparison.first.isoformat()),
        Fact("last", "最後日", "To", comparison.last.isoformat()),
        Fact("unit", "單位範圍", "Unit filter", comparison.unit),
        Fact("tolerance_minutes", "容許相差分鐘", "Tolerance in minutes", comparison.tolerance_minutes),
    )


def _compared(found: Reconciled) -> tuple[Fact, ...]:
    return (
        Fact("register_lines", "登記簿行數", "Lines of the register", found.lines),
        Fact("lines_outside", "期間以外的行數", "Lines outside the period", found.lines_outside),
        Fact("lines_elsewhere", "其他單位的行數", "Lines of other units", found.lines_elsewhere),
        Fact("punches", "打卡次數", "Our punches", found.punches),
        Fact("matched", "相符配對", "Pairs", found.matched),
        Fact("duties", "勤務數", "Duties", found.duties),
    )


def _about(completeness: Completeness, zone: ZoneInfo, made_at: datetime) -> tuple[Fact, ...]:
    return (
        Fact("data_complete_to", "資料截至", "Data complete to", _local(completeness.received_to, zone)),
        Fact("undecided_events", "尚未處理事件", "Events not decided yet", completeness.undecided),
        Fact("made_at", "製表時間", "Made at", _local(made_at, zone)),
    )


def _counts(found: Reconciled) -> Table:
    counts = Counter(difference.kind for difference in found.differences)
    rows = [(kind.value, *DIFFERENCE[kind], counts[kind]) for kind in DifferenceKind]
    return Table("counts", "件數", "Counts", _COUNT_COLUMNS, rows)


def _differences(found: Reconciled, officers: Mapping[str, NamedOfficer], zone: ZoneInfo) -> Table:
    rows = []
    for each in found.differences:
        officer = officers.get(each.staff_no)
        line, punch, duty = each.line, each.punch, each.duty
        punched = punch or line
        rows.append(
            (
                *(each.kind.value, *DIFFERENCE[each.kind], each.staff_no),
                *((officer.name, officer.unit_code) if officer is not None else (None, None)),
                DIRECTION[punched.direction][0] if punched is not None else None,
                *((_local(line.at, zone), line.line) if line is not None else (None, None)),
                *((_local(punch.at, zone), punch.zone_code) if punch is not None else (None, None)),
                each.minutes,
                *((duty.duty.duty_date.isoformat(), duty.duty.shift_code) if duty is not None else (None, None)),
            )
        )
    return Table("differences", "差異", "Differences", _COLUMNS, rows)


def _local(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat(timespec="seconds") if at else None
