"""HR's own forms: an XLSX with ``{{placeholders}}``, filled in with a report; its look stays as HR made it."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.rich_text import CellRichText
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.worksheet import Worksheet

from reports.render.xlsx import header_text
from reports.tables import Cell as Value
from reports.tables import Report, Table
from reports.template_file import TemplateRefusedError, open_template
from reports.template_rows import Repeat, crossing, lone_references, repeat_rows

# Of a sheet. Source: Microsoft, "Excel specifications and limits".
MAX_ROWS = 1_048_576
MAX_TEXT = 32_767
MAX_HEADER = 255
# Cells that the repeated rows may have, all of which are in memory at a time.
MAX_FILLED = 300_000

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_LEFTOVER = re.compile(r"\{\{|\}\}|｛｛|｝｝")
_ROW = "row."
_NO_DATA = "無資料 / no data"
# What a spreadsheet takes for a formula when the cell is edited. Source: OWASP, "CSV Injection".
_FORMULA = ("=", "+", "-", "@")
# What XML cannot hold, and what would break a line that HR did not break.
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_SHOWN_PROBLEMS = 50


@dataclass(slots=True)
class _Form:
    """What a form asks for: its cells with placeholders, the repeated row of each sheet, what is wrong."""

    cells: list[Cell] = field(default_factory=list)
    row_cells: dict[str, list[Cell]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def columns(self) -> set[str]:
        """The columns that the repeated rows name."""
        cells = (cell for cells in self.row_cells.values() for cell in cells)
        names = (name for cell in cells for name in _names(cell))
        return {name.removeprefix(_ROW) for name in names if name.startswith(_ROW)}


def fill(
    template: bytes, report: Report, outfile: BinaryIO, *, table: str | None = None, watermark: str | None = None
) -> None:
    """Fill in a form: ``{{key}}`` is a fact of the report, a row with ``{{row.key}}`` is there once for each row.

    Args:
        template: The form.
        report: What fills it.
        outfile: Where the filled form goes, whole or not at all.
        table: Whose rows are repeated; without it, the only table that has all columns named.
        watermark: What stands above every printed page, over the form's own header.

    Raises:
        TemplateRefusedError: with everything that is wrong, each with its cell.
    """
    workbook = open_template(template)
    form = _read(workbook)
    rows = _choose(report, form.columns, table)
    form.problems += _unknown(form, report, rows)
    if not form.problems:
        form.problems += _not_repeatable(workbook, form, rows)
    if form.problems:
        raise TemplateRefusedError(form.problems[:_SHOWN_PROBLEMS])
    facts = {each.key: (each.value, each.key.endswith("_rate")) for each in report.facts}
    for cell in form.cells:
        _put(cell, _filled(_text(cell), facts))
    _fill_rows(workbook, form, rows, facts)
    _say_what_it_is(workbook, report)
    if watermark:
        _mark(workbook, header_text(watermark))
    content = io.BytesIO()
    workbook.save(content)
    outfile.write(content.getvalue())


def _read(workbook: Workbook) -> _Form:
    form = _Form()
    for sheet in workbook.worksheets:
        form.problems += _of_sheet(sheet)
        repeated: dict[int, list[Cell]] = {}
        for cell in _cells(sheet):
            where = f"{sheet.title}!{cell.coordinate}"
            text = _text(cell)
            if _LEFTOVER.search(_PLACEHOLDER.sub("", text)):
                form.problems.append(
                    f"{where}: 括號不成對，須為半形 {{{{名稱}}}}：{_short(text)} / incomplete braces: {_short(text)}"
                )
            names = _names(cell)
            if names and cell.data_type == "f":
                form.problems.append(f"{where}: 公式裡不可有 {{{{…}}}} / no placeholder inside a formula")
            elif any(name.startswith(_ROW) for name in names):
                repeated.setdefault(cell.row, []).append(cell)
            elif names:
                form.cells.append(cell)
        for row in list(repeated)[1:]:
            first = next(iter(repeated))
            form.problems.append(
                f"{sheet.title}!{row}: 每張工作表只能有一列重複，已有第 {first} 列"
                f" / only one row of a sheet is repeated, and row {first} is"
            )
        if repeated:
            form.row_cells[sheet.title] = next(iter(repeated.values()))
    if not form.problems and not form.cells and not form.row_cells:
        form.problems.append("沒有任何 {{…}} / there is no placeholder")
    return form


def _of_sheet(sheet: Worksheet) -> Iterator[str]:
    """Placeholders where they are not filled in."""
    if _LEFTOVER.search(sheet.title):
        yield f"{sheet.title}: 工作表名稱不可有 {{{{…}}}} / no placeholder in the name of a sheet"
    for name in ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"):
        place = getattr(sheet, name, None)
        texts = (getattr(place, side).text for side in ("left", "center", "right")) if place else ()
        if any(text and _LEFTOVER.search(text) for text in texts):
            yield f"{sheet.title}: 頁首頁尾不可有 {{{{…}}}}，請放在儲存格 / none in {name}, put it into a cell"


def _cells(sheet: Worksheet) -> Iterator[Cell]:
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell, Cell) and cell.value is not None:
                yield cell


def _text(cell: Cell) -> str:
    """What a cell says; of an array formula its text."""
    value: Any = cell.value
    if isinstance(value, CellRichText):
        return str(value)
    if cell.data_type == "f":
        return value if isinstance(value, str) else str(getattr(value, "text", "") or "")
    return value if isinstance(value, str) else ""


def _names(cell: Cell) -> list[str]:
    return _PLACEHOLDER.findall(_text(cell))


def _choose(report: Report, columns: set[str], key: str | None) -> Table | None:
    tables = {table.key: table for table in report.tables}
    if key is not None:
        if key not in tables:
            known = ", ".join(tables)
            raise TemplateRefusedError([f"沒有這個表 {key}，可用：{known} / no such table {key}, there are: {known}"])
        return tables[key]
    fitting = [table for table in report.tables if columns <= {column.key for column in table.columns}]
    if columns and len(fitting) > 1:
        known = ", ".join(table.key for table in fitting)
        raise TemplateRefusedError([f"請指定重複列取自哪個表：{known} / say which table the rows come from: {known}"])
    return fitting[0] if fitting else max(report.tables, key=lambda each: _shared(each, columns), default=None)


def _shared(table: Table, columns: set[str]) -> int:
    return len(columns & {column.key for column in table.columns})


def _unknown(form: _Form, report: Report, table: Table | None) -> Iterator[str]:
    facts = [each.key for each in report.facts]
    columns = [f"{_ROW}{column.key}" for column in table.columns] if table else []
    for cell in (*form.cells, *(cell for cells in form.row_cells.values() for cell in cells)):
        for name in _names(cell):
            if name not in facts and name not in columns:
                where = f"{cell.parent.title}!{cell.coordinate}"
                yield f"{where}: {_not_known(name, [*facts, *columns])}"


def _not_known(name: str, known: Sequence[str]) -> str:
    """What is said of a placeholder that is none; another one only where it is likely to be meant."""
    wrong = f"{{{{{_short(name)}}}}}"
    near = [f"{{{{{each}}}}}" for each in get_close_matches(name, known, n=1)]
    if not near:
        return f"不認得 {wrong} / unknown: {wrong}"
    return f"不認得 {wrong}，最接近的是 {near[0]} / unknown: {wrong}, nearest: {near[0]}"


def _not_repeatable(workbook: Workbook, form: _Form, table: Table | None) -> Iterator[str]:
    count = len(table.rows) if table else 0
    for title, cells in form.row_cells.items():
        sheet, row = workbook[title], cells[0].row
        for merged in crossing(sheet, row):
            yield f"{title}!{merged}: 合併儲存格跨過重複列 / merged across the repeated row"
        if any(cell.data_type == "f" and not isinstance(cell.value, str) for cell in _cells(sheet)):
            yield f"{title}: 有重複列的工作表不可有陣列公式 / no array formulas where a row is repeated"
        if sheet.max_row + count > MAX_ROWS or sheet.max_column * count > MAX_FILLED:
            yield f"{title}: {count:,} 列太多，請分單位製作 / too many rows, make one form for each unit"
    rows = {title: cells[0].row for title, cells in form.row_cells.items()}
    for where, reference in lone_references(workbook, rows) if rows else ():
        yield (
            f"{where}: 公式只指到重複列的一格 {reference}，請寫成範圍 {reference}:{reference}"
            f" / a formula names one cell of the repeated row, write a range"
        )


_Known = Mapping[str, tuple[Value, bool]]


def _fill_rows(workbook: Workbook, form: _Form, table: Table | None, facts: _Known) -> None:
    if table is None or not form.row_cells:
        return
    # No rows are not nothing: the form says so in the row itself.
    rows: Sequence[Sequence[Value]] = table.rows or [[None] * len(table.columns)]
    texts = {title: [(cell.row, cell.column, _text(cell)) for cell in cells] for title, cells in form.row_cells.items()}
    repeat_rows(workbook, {title: Repeat(cells[0][0], len(rows)) for title, cells in texts.items()})
    for title, cells in texts.items():
        sheet = workbook[title]
        for number, row in enumerate(rows):
            values = zip(table.columns, row, strict=True)
            known = {**facts, **{f"{_ROW}{column.key}": (value, column.is_rate) for column, value in values}}
            for position, (first, column, text) in enumerate(cells):
                value = _filled(text, known) if table.rows else (_NO_DATA if position == 0 else "")
                _put(sheet.cell(first + number, column), value)


def _filled(text: str, known: _Known) -> Value:
    """A placeholder alone is its value, a number a number; within a text it is text."""
    alone = _PLACEHOLDER.fullmatch(text)
    if alone:
        value, is_rate = known[alone[1]]
        return _NO_DATA if value is None and is_rate else value
    return _PLACEHOLDER.sub(lambda found: _in_text(*known[found[1]]), text)


def _in_text(value: Value, is_rate: bool) -> str:  # noqa: FBT001 (a fact about the value, not a switch)
    if is_rate:
        return f"{float(value):.1%}" if isinstance(value, int | float) else _NO_DATA
    return "" if value is None else str(value)


def _put(cell: Any, value: Value) -> None:
    """A value that is never a formula, whatever it begins with."""
    if isinstance(value, datetime):
        # A spreadsheet knows no time zones; the report's is the one people read it in.
        value = value.replace(tzinfo=None)
    if not isinstance(value, str):
        cell.value = value
        return
    text = _CONTROL.sub("\ufffd", value)
    if len(text) > MAX_TEXT:
        where = f"{cell.parent.title}!{cell.coordinate}"
        raise TemplateRefusedError([f"{where}: 超過 {MAX_TEXT:,} 個字 / longer than {MAX_TEXT:,} characters"])
    cell.value = text
    # The library takes "=…" for a formula and "#N/A" for an error.
    cell.data_type = "s"
    if text.startswith(_FORMULA):
        # So that it stays text when somebody edits the cell.
        cell.quotePrefix = True


def _say_what_it_is(workbook: Workbook, report: Report) -> None:
    """What every report says of itself goes into the properties, where it does not touch HR's layout."""
    workbook.properties.title = f"{report.zh} / {report.en}"
    workbook.properties.description = "\n".join(f"{each.zh} / {each.en}: {each.value}" for each in report.facts)
    workbook.template = False
    # The formulas have no values yet.
    workbook.calculation.fullCalcOnLoad = True


def _mark(workbook: Workbook, text: str) -> None:
    """Put a line into the middle of the headers of every printed page, over what HR wrote there."""
    for sheet in workbook.worksheets:
        whole = sheet.HeaderFooter
        headers = {"oddHeader": True, "evenHeader": whole.differentOddEven, "firstHeader": whole.differentFirst}
        for name in (name for name, is_used in headers.items() if is_used):
            header = getattr(whole, name)
            header.center.text = "\n".join(filter(None, (text, header.center.text)))
            if len(str(header)) > MAX_HEADER:
                header = HeaderFooterItem()
                header.center.text = text
                setattr(whole, name, header)


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"  # noqa: PLR2004 (as much as a message quotes)
