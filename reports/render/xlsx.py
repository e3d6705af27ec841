"""XLSX with cells of their types, sheets that filter, print and scroll well, and Excel's own charts."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO
from unicodedata import east_asian_width

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from reports.tables import Cell, Chart, Column, Fact, Report, Table, Type
from reports.wanted import Written

NO_DATA = "無資料 / no data"
ABOUT = "說明"
# Excel's own limit of a sheet's name.
_LONGEST_NAME = 31
# Half of Excel's own 255 for what may all be doubled.
_LONGEST_HEADER = 120
_WIDEST, _NARROWEST = 40, 5
_LOOKED_AT = 200
# ISO 216 A4 in Excel's list of papers. Source: XlsxWriter documentation, "set_paper".
_A4 = 9
_DAY_MINUTES = 24 * 60
NUMBER_FORMATS: dict[Type, str] = {
    Type.TEXT: "@",
    Type.INT: "0",
    Type.MINUTES: "0",
    Type.DURATION: "[h]:mm",
    Type.DATE: "yyyy-mm-dd",
    Type.DATETIME: "yyyy-mm-dd hh:mm",
    Type.RATE: "0.0%",
}
_OFF = "#E8E8E8"


class _Formats:
    """The formats of a workbook, made once each."""

    def __init__(self, workbook: Any) -> None:
        self._workbook = workbook
        self._known: dict[tuple[str, bool], Any] = {}
        self.title = workbook.add_format({"bold": True, "font_size": 14})
        self.fact = workbook.add_format({"text_wrap": True, "valign": "top", "align": "left"})
        self._head = {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#DDE7F2"}

    def head(self, column: Column) -> Any:
        return self._made("head", column, {**self._head, **({"bg_color": _OFF} if column.is_off else {})})

    def cell(self, column: Column) -> Any:
        wanted: dict[str, Any] = {"num_format": NUMBER_FORMATS[column.type]}
        return self._made(column.type, column, wanted | ({"bg_color": _OFF} if column.is_off else {}))

    def _made(self, name: str, column: Column, wanted: dict[str, Any]) -> Any:
        key = (name, column.is_off)
        if key not in self._known:
            self._known[key] = self._workbook.add_format(wanted)
        return self._known[key]


def render(report: Report, outfile: BinaryIO, *, watermark: str | None = None) -> Written:
    """Write a sheet that says what the file is, and one for each table; a watermark stands above every printed page."""
    try:
        _render(report, outfile, watermark)
    except FileCreateError as exc:
        # It holds the error of the file as it was.
        raise OSError(*exc.args[0].args) from exc
    return Written(report.row_count, report.sha256)


def _render(report: Report, outfile: BinaryIO, watermark: str | None) -> None:
    # Text is text, whatever it begins with: no formula, no link.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(outfile, options) as workbook:
        workbook.set_properties({"title": f"{report.zh} {report.en}"})
        formats = _Formats(workbook)
        _about(workbook.add_worksheet(ABOUT), report, formats)
        for table in report.tables:
            sheet = workbook.add_worksheet(sheet_name(table.zh))
            _table(sheet, table, formats)
            _charts(workbook, sheet, table, report.charts)
        if watermark:
            for sheet in workbook.worksheets():
                sheet.set_header(page_header(watermark))


def page_header(text: str) -> str:
    """A header of printed pages that says just this, in the middle."""
    return f"&C{header_text(text)}"


def header_text(text: str) -> str:
    """A text as a header holds it."""
    # What follows & is an order to Excel; a header has 255 characters at most.
    return text[:_LONGEST_HEADER].replace("&", "&&")


def sheet_name(text: str) -> str:
    """A name that Excel takes."""
    return "".join("-" if character in "[]:*?/\\'" else character for character in text)[:_LONGEST_NAME]


def heading(column: Column) -> str:
    """What stands above a column."""
    return f"{column.zh}\n{column.en}"


def fact_value(fact: Fact) -> str | float:
    """What a fact says, as a cell."""
    if fact.value is None:
        return NO_DATA if fact.key.endswith("_rate") else "－"
    return fact.value if isinstance(fact.value, int | float) else str(fact.value)


def widths(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[float]:
    """How wide each column should be, by its heading and its first rows."""
    found = []
    for number, column in enumerate(columns):
        heads = max(map(_width, heading(column).split("\n")))
        if column.type in (Type.DATE, Type.DATETIME):
            cells = 10 if column.type is Type.DATE else 16
        else:
            cells = max((_width(str(row[number])) for row in rows[:_LOOKED_AT] if row[number] is not None), default=0)
        found.append(float(min(max(heads, cells, _NARROWEST), _WIDEST) + 1))
    return found


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _about(sheet: Any, report: Report, formats: _Formats) -> None:
    sheet.write_string(0, 0, f"{report.zh} / {report.en}", formats.title)
    for row, fact in enumerate(report.facts, 2):
        sheet.write_string(row, 0, f"{fact.zh} / {fact.en}", formats.fact)
        value = fact_value(fact)
        if isinstance(value, str):
            sheet.write_string(row, 1, value, formats.fact)
        else:
            column = Column(fact.key, fact.zh, fact.en, Type.RATE if fact.key.endswith("_rate") else Type.INT)
            sheet.write_number(row, 1, value, formats.cell(column))
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 1, 68)
    _paper(sheet)


def _table(sheet: Any, table: Table, formats: _Formats) -> None:
    shown = [formats.cell(column) for column in table.columns]
    for number, (column, width) in enumerate(zip(table.columns, widths(table.columns, table.rows), strict=True)):
        sheet.write_string(0, number, heading(column), formats.head(column))
        sheet.set_column(number, number, width)
    for number, row in enumerate(table.rows, 1):
        _row(sheet, number, row, table.columns, shown)
    sheet.set_row(0, 32)
    sheet.freeze_panes(1, _fixed_columns(table.columns))
    sheet.autofilter(0, 0, max(len(table.rows), 1), len(table.columns) - 1)
    sheet.repeat_rows(0)
    _paper(sheet)


def _row(sheet: Any, number: int, row: Sequence[Cell], columns: Sequence[Column], shown: Sequence[Any]) -> None:
    for place, (value, column, format_) in enumerate(zip(row, columns, shown, strict=True)):
        match value:
            case None if column.type is Type.RATE:
                sheet.write_string(number, place, NO_DATA, format_)
            case None:
                if column.is_off:
                    sheet.write_blank(number, place, None, format_)
            case str():
                sheet.write_string(number, place, value, format_)
            case datetime():
                sheet.write_datetime(number, place, value.replace(tzinfo=None), format_)
            case date():
                sheet.write_datetime(number, place, value, format_)
            case _ if column.type is Type.DURATION:
                sheet.write_number(number, place, value / _DAY_MINUTES, format_)
            case _:
                sheet.write_number(number, place, value, format_)


def _fixed_columns(columns: Iterable[Column]) -> int:
    """Who a row is about stays in sight when it is wider than the screen."""
    return next((place for place, column in enumerate(columns, 1) if column.key == "name"), 0)


def _paper(sheet: Any) -> None:
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&F&R&P / &N")


def _charts(workbook: Any, sheet: Any, table: Table, charts: Sequence[Chart]) -> None:
    keys = [column.key for column in table.columns]
    of_table = [chart for chart in charts if chart.table == table.key and table.rows]
    for number, chart in enumerate(of_table):
        drawn = workbook.add_chart({"type": "column"})
        for key in chart.series:
            place = keys.index(key)
            drawn.add_series(
                {
                    "name": f"{table.columns[place].zh} {table.columns[place].en}",
                    "categories": [sheet.name, 1, keys.index(chart.along), len(table.rows), keys.index(chart.along)],
                    "values": [sheet.name, 1, place, len(table.rows), place],
                }
            )
        drawn.set_title({"name": f"{chart.zh} {chart.en}", "name_font": {"size": 12}})
        drawn.set_legend({"position": "bottom"})
        if all(table.columns[keys.index(key)].is_rate for key in chart.series):
            drawn.set_y_axis({"num_format": "0%", "min": 0, "max": 1})
        drawn.set_size({"width": 720, "height": 360})
        sheet.insert_chart(1 + 19 * number, len(keys) + 1, drawn)
