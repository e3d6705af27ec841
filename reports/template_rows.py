"""A row of a sheet repeated: what is below moves down, formulas and ranges follow as in Excel."""

import re
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.formula.tokenizer import Token, Tokenizer, TokenizerError
from openpyxl.formula.translate import Translator
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.worksheet import Worksheet

from reports.template_file import TemplateRefusedError

_REFERENCE = re.compile(
    r"(?P<sheet>(?:'(?:[^']|'')+'|[^'!]+)!)?"
    r"(?P<first>\$?[A-Za-z]{0,3}\$?)(?P<from>[0-9]{1,7})(?P<range>:(?P<last>\$?[A-Za-z]{0,3}\$?)(?P<to>[0-9]{1,7}))?"
)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A row of a sheet that is there ``count`` times afterwards, at least once."""

    row: int
    count: int

    @property
    def by(self) -> int:
        """How far what is below moves."""
        return self.count - 1

    def begin(self, row: int) -> int:
        """Where a row, or the first row of a range, is afterwards."""
        return row + self.by if row > self.row else row

    def end(self, row: int) -> int:
        """Where the last row of a range is afterwards: a range that ends with the repeated row grows."""
        return row + self.by if row >= self.row else row


def crossing(sheet: Worksheet, row: int) -> Iterator[str]:
    """The merged ranges that reach from a row into others."""
    for merged in sheet.merged_cells.ranges:
        if merged.min_row <= row <= merged.max_row and merged.min_row < merged.max_row:
            yield merged.coord


def lone_references(workbook: Workbook, rows: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Formulas outside a repeated row that name a single cell of it, which would stay with the first: (where, what)."""
    for sheet in workbook.worksheets:
        for cell in _formulas(sheet):
            for token in _operands(str(cell.value)):
                found = _REFERENCE.fullmatch(token.value)
                if found is None or found["range"]:
                    continue
                target = _sheet(found["sheet"]) or sheet.title
                row = rows.get(target)
                is_inside = target == sheet.title and cell.row == row
                if row is not None and int(found["from"]) == row and not is_inside:
                    yield f"{sheet.title}!{cell.coordinate}", token.value


def repeat_rows(workbook: Workbook, repeats: Mapping[str, Repeat]) -> None:
    """Repeat one row in each of some sheets, by title, and let everything that names rows follow."""
    for sheet in workbook.worksheets:
        repeat = repeats.get(sheet.title)
        for cell in _formulas(sheet):
            is_inside = repeat is not None and cell.row == repeat.row
            cell.value = shifted(str(cell.value), sheet.title, repeats, is_inside=is_inside)
    for defined in workbook.defined_names.values():
        if defined.value:
            defined.value = shifted(f"={defined.value}", "", repeats)[1:]
    for sheet in workbook.worksheets:
        repeat = repeats.get(sheet.title)
        if repeat is not None and repeat.by:
            _follow(sheet, repeat, repeats)
            _repeat(sheet, repeat)


def shifted(formula: str, own: str, repeats: Mapping[str, Repeat], *, is_inside: bool = False) -> str:
    """A formula of a sheet whose references are where their cells will be.

    Inside a repeated row, ``A5:C5`` is the row itself and stays, ``A$5:A$5`` is all of them and grows.
    """
    tokens = _tokens(formula)
    for token in tokens:
        if token.type == Token.OPERAND and token.subtype == Token.RANGE:
            token.value = _moved(token.value, own, repeats, is_inside=is_inside)
    return "=" + "".join(token.value for token in tokens)


def _moved(reference: str, own: str, repeats: Mapping[str, Repeat], *, is_inside: bool = False) -> str:
    found = _REFERENCE.fullmatch(reference)
    repeat = repeats.get(_sheet(found["sheet"]) or own) if found else None
    if found is None or repeat is None:
        return reference
    begin = f"{found['sheet'] or ''}{found['first']}{repeat.begin(int(found['from']))}"
    if not found["range"]:
        return begin
    is_itself = is_inside and not found["last"].endswith("$")
    last = (repeat.begin if is_itself else repeat.end)(int(found["to"]))
    return f"{begin}:{found['last']}{last}"


def _sheet(prefix: str | None) -> str:
    name = (prefix or "").removesuffix("!")
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def _tokens(formula: str) -> list[Token]:
    try:
        tokens: list[Token] = Tokenizer(formula).items
    except (TokenizerError, IndexError) as exc:
        raise TemplateRefusedError([f"無法讀懂公式 / cannot read the formula: {formula[:80]}"]) from exc
    return tokens


def _operands(formula: str) -> Iterator[Token]:
    for token in _tokens(formula):
        if token.type == Token.OPERAND and token.subtype == Token.RANGE:
            yield token


def _formulas(sheet: Worksheet) -> Iterator[Cell]:
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell, Cell) and cell.data_type == "f" and isinstance(cell.value, str):
                yield cell


def _follow(sheet: Worksheet, repeat: Repeat, repeats: Mapping[str, Repeat]) -> None:
    """Print area, page breaks, filter, conditional formats and validations."""
    title = sheet.title
    if sheet.print_area:
        sheet.print_area = shifted(f"={sheet.print_area}", title, repeats)[1:]
    for page_break in sheet.row_breaks.brk:
        page_break.id = repeat.end(page_break.id)
    if sheet.auto_filter.ref:
        sheet.auto_filter.ref = _moved(sheet.auto_filter.ref, title, repeats)
    formats = ConditionalFormattingList()
    for each in sheet.conditional_formatting:
        for rule in each.rules:
            rule.formula = [_bare(text, title, repeats) for text in rule.formula]
            formats.add(_moved_all(str(each.sqref), title, repeats), rule)
    sheet.conditional_formatting = formats
    for validation in sheet.data_validations.dataValidation:
        validation.sqref = type(validation.sqref)(_moved_all(str(validation.sqref), title, repeats))
        for name in ("formula1", "formula2"):
            text = getattr(validation, name)
            if text:
                setattr(validation, name, _bare(text, title, repeats))


def _moved_all(references: str, own: str, repeats: Mapping[str, Repeat]) -> str:
    """Ranges with spaces between; a single cell of the repeated row becomes a range."""
    doubled = (each if ":" in each else f"{each}:{each}" for each in references.split())
    return " ".join(_moved(each, own, repeats) for each in doubled)


def _bare(text: str, own: str, repeats: Mapping[str, Repeat]) -> str:
    """A formula without its sign, as formats and validations have it."""
    return shifted(f"={text}", own, repeats)[1:]


def _repeat(sheet: Worksheet, repeat: Repeat) -> None:
    merged = [CellRange(each.coord) for each in sheet.merged_cells.ranges if each.max_row >= repeat.row]
    below = [each for each in merged if each.min_row > repeat.row]
    of_row = [each for each in merged if each.min_row == each.max_row == repeat.row]
    for each in (*below, *of_row):
        sheet.unmerge_cells(each.coord)
    columns, last = sheet.max_column, sheet.max_row
    if last > repeat.row:
        area = CellRange(min_col=1, min_row=repeat.row + 1, max_col=columns, max_row=last)
        sheet.move_range(area, rows=repeat.by)
        for row in sheet.iter_rows(min_row=repeat.row + 1 + repeat.by):
            for cell in row:
                if cell.hyperlink is not None:
                    cell.hyperlink.ref = cell.coordinate
    _heights(sheet, repeat)
    _copies(sheet, repeat, columns)
    for each in below:
        each.shift(row_shift=repeat.by)
        sheet.merge_cells(each.coord)
    for each in of_row:
        for _ in range(repeat.count):
            sheet.merge_cells(each.coord)
            each.shift(row_shift=1)


def _heights(sheet: Worksheet, repeat: Repeat) -> None:
    dimensions = sheet.row_dimensions
    for row in sorted((row for row in dimensions if row > repeat.row), reverse=True):
        moved = dimensions.pop(row)
        moved.index = row + repeat.by
        dimensions[moved.index] = moved
    if repeat.row in dimensions:
        for row in range(repeat.row + 1, repeat.row + repeat.count):
            same = copy(dimensions[repeat.row])
            same.index = row
            dimensions[row] = same


def _copies(sheet: Worksheet, repeat: Repeat, columns: int) -> None:
    for column in range(1, columns + 1):
        first: Any = sheet.cell(repeat.row, column)
        style = first._style  # noqa: SLF001 (as below)
        is_formula = first.data_type == "f" and isinstance(first.value, str)
        translate = Translator(str(first.value), first.coordinate).translate_formula if is_formula else None
        for row in range(repeat.row + 1, repeat.row + repeat.count):
            cell: Any = sheet.cell(row, column)
            # The way its documentation shows: one index into the styles, where public attributes copy each part.
            cell._style = copy(style)  # noqa: SLF001
            cell.value = translate(cell.coordinate) if translate else first.value
            cell.data_type = first.data_type
