"""The certificate 刪除證明 of one run of the purge: a PDF with boxes for stamps, for the file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from checkin_api.domain.purges import Purge, Removed, period_words
from checkin_api.domain.shifts import local_date
from checkin_api.domain.words import DATA_KIND
from checkin_api.queries.sheets import AuditHead
from reports.roc import roc_date, roc_time
from reports.typesetting import Typesetter

TITLE = ("個人資料檔案刪除證明", "Certificate of the deletion of personal data past its period")
_NONE = "－"
_HEADS = (
    ("資料種類", "Kind of data"),
    ("保存期限、截止", "Period, cut-off"),
    ("刪除筆數", "Rows removed"),
    ("最早、最晚", "Earliest, latest"),
    ("逾期剩餘", "Past it, left"),
)
_NOTES = (
    (
        "SHA-256 涵蓋被刪各列的主鍵：一行一個，依位元組排序，每行以換行結束；其中沒有個人資料。以刪除前的備份可以重算。"
        "「逾期剩餘」是刪除之後查詢所得。本證明依稽核紀錄的該筆製作；紀錄只增不改，每筆的雜湊涵蓋前一筆。"
    ),
    (
        "Each SHA-256 is over the primary keys of the rows removed, one a line in the order of their bytes, and no "
        "personal data; it can be computed again from an older backup. How many rows past their cut-off are left was "
        "counted by a query after the deletion. The audit log that says so is a chain of hashes, only ever added to."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """What a certificate says besides the run itself: whose, how far the audit log was, for whom and when."""

    agency: str
    zone: ZoneInfo
    head: AuditHead
    made_at: datetime
    made_by: str
    watermark: str | None = None


def file_name(purge: Purge, zone: ZoneInfo) -> str:
    """What the file is called."""
    return f"刪除證明_{local_date(purge.at, zone):%Y-%m-%d}_第{purge.number}筆.pdf"


def write_certificate(purge: Purge, certified: Certified) -> bytes:
    """It as PDF/A-2b; the same run, head and time give the same bytes.

    Raises:
        TypesettingError: a font is missing.
    """
    typesetter = Typesetter("certificate.typ")
    clean, zone = typesetter.drawable, certified.zone
    made = f"{roc_time(certified.made_at, zone)}（{certified.made_by}）"
    given: dict[str, Any] = {
        "title": TITLE[0],
        "en": TITLE[1],
        "agency": clean(certified.agency),
        "facts": [(zh, en, clean(value)) for zh, en, value in _facts(purge, certified, made)],
        "heads": _HEADS,
        "rows": [_row(purge, each, zone, clean) for each in purge.tables],
        "total": _total(purge),
        "notes": _NOTES,
        "foot": clean(f"{TITLE[0]}　稽核紀錄第 {purge.number} 筆　製表 {made}"),
        "watermark": certified.watermark and clean(certified.watermark),
    }
    return typesetter.pdf(given, made_at=certified.made_at, tagged=True)


def _facts(purge: Purge, certified: Certified, made: str) -> list[tuple[str, str, str]]:
    head = certified.head
    complete = (
        "是，逾期的都已刪除 / yes, nothing past its period is left"
        if purge.complete
        else "否，其餘下次刪除 / no, the rest goes the next time"
    )
    return [
        ("刪除時間", "Removed at", f"民國 {roc_time(purge.at, certified.zone)}"),
        ("執行者", "Removed by", purge.actor),
        ("是否刪完", "Complete", complete),
        ("稽核紀錄", "Entry of the audit log", f"第 {purge.number} 筆 {purge.hash}"),
        ("製作時稽核紀錄末筆", "Its head when this was made", f"第 {head.number} 筆 {head.hash}"),
        ("製表", "Made", f"民國 {made}"),
    ]


def _row(purge: Purge, removed: Removed, zone: ZoneInfo, clean: Callable[[str], str]) -> dict[str, str]:
    zh, en = DATA_KIND.get(removed.kind, (removed.kind, removed.kind))
    before, days = purge.before.get(removed.kind), purge.days.get(removed.kind)
    return {
        "zh": zh,
        "en": en,
        "table": clean(removed.table),
        "period": _NONE if days is None else period_words(days)[0],
        "before": _NONE if before is None else f"{roc_time(before, zone)} 以前 before",
        "rows": f"{removed.rows:,}",
        "first": _time(removed.first, zone),
        "last": _time(removed.last, zone),
        "left": _NONE if removed.left is None else f"{removed.left:,}",
        "sha256": clean(removed.sha256) if removed.rows else _NONE,
    }


def _total(purge: Purge) -> tuple[str, str, str]:
    return "合計 Total", f"{purge.rows:,}", _NONE if purge.left is None else f"{purge.left:,}"


def _time(text: str | None, zone: ZoneInfo) -> str:
    """A date or an instant, local."""
    if text is None:
        return _NONE
    if len(text) == len("2026-12-01"):
        return roc_date(date.fromisoformat(text))
    return roc_time(datetime.fromisoformat(text), zone)
