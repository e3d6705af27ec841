"""The table model that every renderer takes: a report is facts about itself and tables, each cell plain data."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from checkin_api.domain.words import PHONE_STEP, REASON
from reports.summary import DailyUsage, UnitUsage

# The share of staff that used the reference system every day (Taichung City Police Department, LINE official account).
REFERENCE_RATE = 0.67

# Of the daily usage report: in the document, and before the date in the names of its files.
DAILY = "daily_usage"

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: stable key, headings in zh-TW and English, whether it is a rate between 0 and 1."""

    key: str
    zh: str
    en: str
    is_rate: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns."""

    key: str
    zh: str
    en: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing the file says about itself."""

    key: str
    zh: str
    en: str
    value: Cell


@dataclass(frozen=True, slots=True)
class Report:
    """A report, ready for any renderer."""

    key: str
    zh: str
    en: str
    facts: Sequence[Fact]
    tables: Sequence[Table]


_UNIT_COLUMNS = (
    Column("unit_code", "單位代碼", "Unit code"),
    Column("unit_name", "單位", "Unit"),
    Column("expected", "應到人數", "Expected"),
    Column("checked_in", "簽到人數", "Checked in"),
    Column("adoption_rate", "使用率", "Adoption", is_rate=True),
    Column("unrostered", "無勤務簽到人數", "Without a duty"),
)
_HOUR_COLUMNS = (
    Column("hour", "時", "Hour"),
    Column("in", "簽到次數", "Sign-ins"),
    Column("out", "簽退次數", "Sign-outs"),
)
_REASON_COLUMNS = (
    Column("reason", "代碼", "Code"),
    Column("reason_zh", "原因", "Reason (zh-TW)"),
    Column("reason_en", "原因（英）", "Reason"),
    Column("refused", "未記錄次數", "Refused"),
    Column("granted_later", "其後補成", "Granted later"),
)
_CHECKUP_COLUMNS = (
    Column("system", "手機系統", "System"),
    Column("heard", "聽到信標", "Heard"),
    Column("step", "步驟代碼", "Step code"),
    Column("step_zh", "步驟", "Step (zh-TW)"),
    Column("step_en", "步驟（英）", "Step"),
    Column("tests", "檢查次數", "Tests"),
    Column("tested_officers", "檢查人數", "Officers"),
)


def daily_report(usage: DailyUsage, *, made_at: datetime, zone: ZoneInfo) -> Report:
    """The daily usage report as tables."""
    tables = (_units(usage), _hours(usage), _refusals(usage), _checkups(usage))
    total = usage.total
    received_to = usage.completeness.received_to
    facts = (
        Fact("date", "勤務日", "Duty date", usage.day),
        Fact("unit", "單位範圍", "Unit filter", usage.unit),
        Fact("expected", "應到人數", "Expected", total.expected),
        Fact("checked_in", "簽到人數", "Checked in", total.checked_in),
        Fact("adoption_rate", "使用率（簽到÷應到）", "Adoption (checked in ÷ expected)", _rate(total)),
        Fact("reference_rate", "參考系統使用率", "Reference system", REFERENCE_RATE),
        Fact("unrostered", "無勤務簽到人數", "Checked in without a duty", total.unrostered),
        Fact("duplicates", "重複打卡次數（不計）", "Duplicate punches (not counted)", usage.duplicates),
        Fact("data_complete_to", "資料截至", "Data complete to", _local(received_to, zone)),
        Fact("undecided_events", "尚未處理事件", "Events not decided yet", usage.completeness.undecided),
        Fact("made_at", "製表時間", "Made at", _local(made_at, zone)),
        Fact("row_count", "資料列數", "Rows", sum(len(table.rows) for table in tables)),
        Fact("sha256", "資料雜湊", "SHA-256 of the tables", fingerprint(tables)),
    )
    return Report(DAILY, "每日使用報表", "Daily usage report", facts, tables)


def fingerprint(tables: Sequence[Table]) -> str:
    """SHA-256 of the tables' data: equal data gives an equal value whatever the format and the moment of making."""
    content = {table.key: [[column.key for column in table.columns], *table.rows] for table in tables}
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _units(usage: DailyUsage) -> Table:
    rows = [
        (unit.code, unit.name, unit.expected, unit.checked_in, _rate(unit), unit.unrostered) for unit in usage.units
    ]
    return Table("units", "各單位", "Units", _UNIT_COLUMNS, rows)


def _hours(usage: DailyUsage) -> Table:
    rows = [(hour.hour, hour.ins, hour.outs) for hour in usage.hours]
    return Table("hours", "各時段打卡", "Punches per hour", _HOUR_COLUMNS, rows)


def _refusals(usage: DailyUsage) -> Table:
    rows = [(count.reason.value, *REASON[count.reason], count.refused, count.granted_later) for count in usage.refusals]
    return Table("refusals", "未記錄原因", "Refusals by reason", _REASON_COLUMNS, rows)


def _checkups(usage: DailyUsage) -> Table:
    rows = [
        (
            count.system.value,
            int(count.heard),
            count.step and count.step.value,
            *(PHONE_STEP[count.step] if count.step else (None, None)),
            count.tests,
            count.officers,
        )
        for count in usage.checkups
    ]
    return Table("phone_checks", "手機檢查", "Phone checks", _CHECKUP_COLUMNS, rows)


def _rate(unit: UnitUsage) -> float | None:
    return None if unit.rate is None else round(unit.rate, 4)


def _local(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat(timespec="seconds") if at else None
