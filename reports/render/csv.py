"""CSV for Excel in zh-TW: UTF-8 with BOM, CRLF, one section per table, no cell that Excel would run as a formula."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from reports.tables import Cell, Report

# Source: OWASP, "CSV Injection": a cell that begins with one of these is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NO_DATA = "無資料 / no data"


def render(report: Report, outfile: BinaryIO) -> None:
    """Write the facts, then each table under its title, with an empty line between."""
    text = io.TextIOWrapper(outfile, encoding="utf-8-sig", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows(_lines(report))
    text.flush()
    text.detach()


def _lines(report: Report) -> Iterator[Sequence[str | int | float]]:
    yield [f"{report.zh} / {report.en}"]
    for fact in report.facts:
        yield [f"{fact.zh} / {fact.en}", _cell(fact.value, is_rate=fact.key.endswith("_rate"))]
    for table in report.tables:
        yield []
        yield [f"{table.zh} / {table.en}"]
        yield [f"{column.zh} / {column.en}" for column in table.columns]
        for row in table.rows:
            yield [_cell(cell, is_rate=column.is_rate) for cell, column in zip(row, table.columns, strict=True)]


def _cell(value: Cell, *, is_rate: bool = False) -> str | int | float:
    if is_rate:
        return _NO_DATA if value is None else f"{float(value):.1%}"
    return spreadsheet_cell(value)


def spreadsheet_cell(value: Cell) -> str | int | float:
    """A value that a spreadsheet shows as it is."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value
