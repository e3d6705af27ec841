"""CSV for Excel in zh-TW: one section per table, CRLF, no cell that Excel would run as a formula.

UTF-8 with BOM; or, for programs that know nothing else, Big5 as Windows has it (CP950), which holds fewer characters.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import BinaryIO

from checkin_api.domain.formulas import guarded
from reports.about import after
from reports.tables import Cell, Column, Fact, Fingerprint, Report, Stream, Type
from reports.wanted import Progress, Written

_NO_DATA = "無資料 / no data"
_BIG5 = "cp950"
_NOT_IN_BIG5 = "？"


class _Text:
    """Text into a binary file; what the encoding does not have becomes a question mark, and is remembered."""

    def __init__(self, outfile: BinaryIO, encoding: str) -> None:
        self._outfile, self._encoding = outfile, encoding
        self.lost: dict[str, None] = {}

    def write(self, text: str) -> None:
        try:
            self._outfile.write(text.encode(self._encoding))
        except UnicodeEncodeError:
            self._outfile.write("".join(map(self._kept, text)).encode(self._encoding))

    def _kept(self, character: str) -> str:
        try:
            character.encode(self._encoding)
        except UnicodeEncodeError:
            self.lost[character] = None
            return _NOT_IN_BIG5
        return character


def render(report: Report, outfile: BinaryIO) -> Written:
    """Write the facts, then each table under its title, with an empty line between."""
    return _render(report, _utf8(outfile))


def render_big5(report: Report, outfile: BinaryIO) -> Written:
    """The same in Big5."""
    return _render(report, _Text(outfile, _BIG5))


def stream(content: Stream, outfile: BinaryIO, progress: Progress) -> Written:
    """Write the facts, the rows as they come, and then what is known only after them."""
    return _stream(content, _utf8(outfile), progress)


def stream_big5(content: Stream, outfile: BinaryIO, progress: Progress) -> Written:
    """The same in Big5."""
    return _stream(content, _Text(outfile, _BIG5), progress)


def _utf8(outfile: BinaryIO) -> _Text:
    outfile.write(b"\xef\xbb\xbf")
    return _Text(outfile, "utf-8")


def _render(report: Report, text: _Text) -> Written:
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([f"{report.zh} / {report.en}"])
    writer.writerows(_facts(report.facts))
    for table in report.tables:
        writer.writerow([])
        writer.writerow([f"{table.zh} / {table.en}"])
        writer.writerows(_lines(table.columns, table.rows))
    return Written(report.row_count, report.sha256, tuple(text.lost))


def _stream(content: Stream, text: _Text, progress: Progress) -> Written:
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([f"{content.zh} / {content.en}"])
    writer.writerows(_facts(content.facts))
    writer.writerow([])
    writer.writerows(_lines(content.columns, ()))
    hashed = Fingerprint(content.key, content.columns)
    for batch in content.batches:
        hashed.add(batch)
        writer.writerows(_cells(content.columns, batch))
        progress(hashed.rows, max(content.total, hashed.rows))
    writer.writerow([])
    writer.writerows(_facts(after(hashed.rows, hashed.value())))
    return Written(hashed.rows, hashed.value(), tuple(text.lost))


def _facts(facts: Iterable[Fact]) -> Iterator[Sequence[str | int | float]]:
    for fact in facts:
        type_ = Type.RATE if fact.key.endswith("_rate") else Type.TEXT
        yield [f"{fact.zh} / {fact.en}", _cell(fact.value, type_)]


def _lines(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Iterator[Sequence[str | int | float]]:
    yield [spreadsheet_cell(f"{column.zh} / {column.en}") for column in columns]
    yield from _cells(columns, rows)


def _cells(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Iterator[Sequence[str | int | float]]:
    types = [column.type for column in columns]
    for row in rows:
        yield [_cell(cell, type_) for cell, type_ in zip(row, types, strict=True)]


def _cell(value: Cell, type_: Type) -> str | int | float:
    match value:
        case int() | float() if type_ is Type.RATE:
            return f"{value:.1%}"
        case int() if type_ is Type.DURATION:
            return f"{value // 60}:{value % 60:02}"
        case None if type_ is Type.RATE:
            return _NO_DATA
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case date():
            return value.isoformat()
        case _:
            return spreadsheet_cell(value)


def spreadsheet_cell(value: str | float | None) -> str | int | float:
    """A value that a spreadsheet shows as it is."""
    if value is None:
        return ""
    return guarded(value) if isinstance(value, str) else value
