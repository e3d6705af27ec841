"""PDF for signing: A4 landscape, headings on every page, the hash of the data in the footer; PDF/A-2b."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from functools import lru_cache
from typing import Any, BinaryIO

from reports.charts import pictures
from reports.render.pdf_tables import Shown, laid_out
from reports.roc import roc_date, roc_text
from reports.tables import Cell, Fact, Report, Table, Type
from reports.typesetting import Typesetter
from reports.wanted import Written
from reports.wrapping import ems

_NUMBERS = {Type.INT, Type.MINUTES, Type.DURATION, Type.RATE}
_NO_DATA = "無資料"
# Of the hash, at the foot of every page; the first page has all of it.
_SHORT = 16
# A fact this wide has a line of its own.
_LONG_EMS = 28

# A fact's name, its value, whether that needs a line of its own.
_Said = tuple[str, str, bool]


def render(report: Report, outfile: BinaryIO, *, watermark: str | None = None) -> Written:
    """Write a report as one document.

    Args:
        report: Any.
        outfile: Where to.
        watermark: What stands faintly behind every page.

    Raises:
        TypesettingError: a font is missing.
    """
    typesetter = Typesetter("report.typ")
    clean = lru_cache(4096)(typesetter.drawable)
    facts = {fact.key: _fact(fact) for fact in report.facts}
    made = f"{facts.get('made_by', '')} {facts['made_at']}".strip()
    given: dict[str, Any] = {
        "title": clean(f"{report.zh} {report.en}"),
        "zh": clean(report.zh),
        "en": clean(report.en),
        "agency": clean(facts["agency"]) if facts.get("agency") else None,
        "facts": _said_all([_said(fact, clean) for fact in report.facts if fact.key != "agency"]),
        "foot": clean(f"{report.zh}　製表 {made}　資料 SHA-256：{report.sha256[:_SHORT]}…"),
        "watermark": clean(watermark) if watermark else None,
        "pictures": [asdict(each) for each in pictures(report, clean)],
        "tables": [laid_out(_shown(table, clean)) for table in report.tables],
    }
    outfile.write(typesetter.pdf(given, made_at=_made_at(report), tagged=True))
    return Written(report.row_count, report.sha256)


def _shown(table: Table, clean: Callable[[str], str]) -> Shown:
    """A table as text."""
    columns = table.columns
    return Shown(
        zh=clean(table.zh),
        en=clean(table.en),
        heads=[(clean(column.zh), clean(column.en)) for column in columns],
        right=[column.type in _NUMBERS for column in columns],
        off=[column.is_off for column in columns],
        rows=[
            [clean(_text(cell, column.type)) for cell, column in zip(row, columns, strict=True)] for row in table.rows
        ],
    )


def _text(cell: Cell, type_: Type) -> str:
    match cell:
        case None:
            return _NO_DATA if type_ is Type.RATE else ""
        case int() | float() if type_ is Type.RATE:
            return f"{cell:.1%}"
        case int() if type_ is Type.DURATION:
            return f"{cell // 60}:{cell % 60:02}"
        case datetime():
            return f"{roc_date(cell)} {cell:%H:%M}"
        case date():
            return roc_date(cell)
        case _:
            return str(cell)


def _said(fact: Fact, clean: Callable[[str], str]) -> _Said:
    value = clean(_fact(fact)) or " "
    return f"{fact.zh} {fact.en}", value, ems(value) > _LONG_EMS


def _said_all(said: Sequence[_Said]) -> list[_Said]:
    """Two facts a line, then the long ones, each on a line of its own."""
    short, long = [each for each in said if not each[2]], [each for each in said if each[2]]
    return short + [("", " ", False)] * (len(short) % 2) + long


def _fact(fact: Fact) -> str:
    if isinstance(fact.value, str):
        return roc_text(fact.value)
    if fact.key == "data_complete_to":
        return _NO_DATA
    is_rate = fact.key.endswith("_rate")
    return _text(fact.value, Type.RATE if is_rate else Type.TEXT)


def _made_at(report: Report) -> datetime:
    return next(datetime.fromisoformat(str(fact.value)) for fact in report.facts if fact.key == "made_at")
