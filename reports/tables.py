"""The table model that every renderer takes: a report is facts about itself and tables, each cell plain data."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import orjson

from checkin_api.domain.words import PHONE_STEP, REASON
from reports.summary import DailyUsage, UnitUsage

# The share of staff that used the reference system every day (Taichung City Police Department, LINE official account).
REFERENCE_RATE = 0.67

# Of the daily usage report: in the document, and before the date in the names of its files.
DAILY = "daily_usage"

# A datetime is aware and in the time zone that people read it in.
Cell = str | int | float | date | datetime | None


class Type(StrEnum):
    """What the cells of a column are, if they are not empty.

    A rate is between 0 and 1; a duration is in minutes, and shown as hours and minutes.
    """

    TEXT = "text"
    INT = "int"
    MINUTES = "minutes"
    DURATION = "duration"
    DATE = "date"
    DATETIME = "datetime"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: stable key, headings in zh-TW and English, what its cells are, whether it is a day off."""

    key: str
    zh: str
    en: str
    type: Type = Type.TEXT
    is_off: bool = False

    @property
    def is_rate(self) -> bool:
        """Whether its cells are rates between 0 and 1."""
        return self.type is Type.RATE


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
class Chart:
    """A picture of a table, for formats that have any: one column along the axis, others as series."""

    table: str
    zh: str
    en: str
    along: str
    series: Sequence[str]


@dataclass(frozen=True, slots=True)
class Report:
    """A report, ready for any renderer."""

    key: str
    zh: str
    en: str
    facts: Sequence[Fact]
    tables: Sequence[Table]
    charts: Sequence[Chart] = ()

    @property
    def row_count(self) -> int:
        """How many rows its tables have."""
        return sum(len(table.rows) for table in self.tables)

    @property
    def sha256(self) -> str:
        """The hash of its tables, as its facts say it."""
        return next(str(fact.value) for fact in self.facts if fact.key == "sha256")


@dataclass(frozen=True, slots=True)
class Stream:
    """A report of one table that is too long to hold: its rows come in batches, once, while they are written.

    ``total`` is how many there were when it was asked; the facts about what was written come after the rows.
    """

    key: str
    zh: str
    en: str
    facts: Sequence[Fact]
    columns: Sequence[Column]
    batches: Iterator[Sequence[Sequence[Cell]]]
    total: int


_UNIT_COLUMNS = (
    Column("unit_code", "單位代碼", "Unit code"),
    Column("unit_name", "單位", "Unit"),
    Column("expected", "應到人數", "Expected", Type.INT),
    Column("checked_in", "簽到人數", "Checked in", Type.INT),
    Column("adoption_rate", "使用率", "Adoption", Type.RATE),
    Column("unrostered", "無勤務簽到人數", "Without a duty", Type.INT),
)
_HOUR_COLUMNS = (
    Column("hour", "時", "Hour", Type.INT),
    Column("in", "簽到次數", "Sign-ins", Type.INT),
    Column("out", "簽退次數", "Sign-outs", Type.INT),
)
_REASON_COLUMNS = (
    Column("reason", "代碼", "Code"),
    Column("reason_zh", "原因", "Reason (zh-TW)"),
    Column("reason_en", "原因（英）", "Reason"),
    Column("refused", "未記錄次數", "Refused", Type.INT),
    Column("granted_later", "其後補成", "Granted later", Type.INT),
)
_CHECKUP_COLUMNS = (
    Column("system", "手機系統", "System"),
    Column("heard", "聽到信標", "Heard", Type.INT),
    Column("step", "步驟代碼", "Step code"),
    Column("step_zh", "步驟", "Step (zh-TW)"),
    Column("step_en", "步驟（英）", "Step"),
    Column("tests", "檢查次數", "Tests", Type.INT),
    Column("tested_officers", "檢查人數", "Officers", Type.INT),
)


def daily_report(usage: DailyUsage, *, made_at: datetime, zone: ZoneInfo, made_by: str | None = None) -> Report:
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
        Fact("data_complete_to", "資料截至", "Data complete to", local(received_to, zone)),
        Fact("undecided_events", "尚未處理事件", "Events not decided yet", usage.completeness.undecided),
        Fact("made_at", "製表時間", "Made at", local(made_at, zone)),
        Fact("made_by", "製表人", "Made by", made_by),
        Fact("row_count", "資料列數", "Rows", sum(len(table.rows) for table in tables)),
        Fact("sha256", "資料雜湊", "SHA-256 of the tables", fingerprint(tables)),
    )
    charts = (
        Chart("units", "各單位使用率", "Adoption by unit", "unit_name", ("adoption_rate",)),
        Chart("hours", "各時段打卡次數", "Punches per hour", "hour", ("in", "out")),
    )
    return Report(DAILY, "每日使用報表", "Daily usage report", facts, tables, charts)


def fingerprint(tables: Sequence[Table]) -> str:
    """SHA-256 of the tables' data: equal data gives an equal value whatever the format and the moment of making."""
    content = {table.key: [[column.key for column in table.columns], *table.rows] for table in tables}
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=plain)
    return hashlib.sha256(canonical.encode()).hexdigest()


class Fingerprint:
    """The same of one table whose rows come in batches: `fingerprint` of it, once all have been added."""

    def __init__(self, key: str, columns: Sequence[Column]) -> None:
        head = json.dumps({key: [[column.key for column in columns]]}, ensure_ascii=False, separators=(",", ":"))
        self.rows = 0
        self._hash = hashlib.sha256(head[:-2].encode())

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """The next rows."""
        if rows:
            # As `json.dumps` writes it, in a tenth of the time.
            self._hash.update(b"," + orjson.dumps(rows, option=orjson.OPT_OMIT_MICROSECONDS)[1:-1])
            self.rows += len(rows)

    def value(self) -> str:
        """The hash of all of them."""
        done = self._hash.copy()
        done.update(b"]}")
        return done.hexdigest()


def plain(value: object) -> str:
    """A date or a time as text, for JSON and for the hash: ISO 8601, times to the second with their offset."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no cell: {type(value).__name__}")


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


def local(at: datetime | None, zone: ZoneInfo) -> str | None:
    """A time as the facts say it."""
    return at.astimezone(zone).isoformat(timespec="seconds") if at else None
