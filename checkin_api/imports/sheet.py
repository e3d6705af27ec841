"""A file as rows of values: header and cells are checked here, without looking at the database."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from checkin_api.imports.cells import CellError, Parser
from checkin_api.imports.columns import Column, Layout, Line
from checkin_api.imports.layouts import LAYOUTS, Kind
from checkin_api.imports.outcome import BrokenFileError, ProblemLog, shown
from checkin_api.imports.records import read_records

# Most cells of a large file repeat (a date, a shift, a zone): each text is parsed once and its value shared.
_REMEMBERED_CELLS = 16_384
_WRONG = object()

Key = tuple[Any, ...]


class Row(NamedTuple):
    """One record: where it begins, and a value per column of the sheet; a reference is still the code it names."""

    line: int
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file says: its columns in its own order, its rows, every key with its line, and what is wrong so far."""

    kind: Kind
    columns: tuple[Column, ...]
    rows: list[Row]
    key_lines: dict[Key, int]
    problems: ProblemLog
    default_timezone: str

    @property
    def layout(self) -> Layout:
        """What a file of this kind may hold."""
        return LAYOUTS[self.kind]

    @property
    def zone(self) -> ZoneInfo:
        """The default time zone."""
        return ZoneInfo(self.default_timezone)

    @property
    def key_columns(self) -> list[Column]:
        """The columns of the key."""
        return [self.columns[at] for at in self.key_positions]

    @property
    def key_positions(self) -> tuple[int, ...]:
        """Where in a row its key is."""
        names = [column.name for column in self.columns]
        return tuple(names.index(name) for name in self.layout.key)

    def lines(self) -> Iterator[Line]:
        """The number of each line with its values by the names of the columns."""
        names = [column.name for column in self.columns]
        return ((row.line, dict(zip(names, row.values, strict=True))) for row in self.rows)

    def only(self, is_kept: Callable[[Column], bool]) -> "Sheet":
        """The same sheet without some of its columns."""
        kept = [at for at, column in enumerate(self.columns) if is_kept(column)]
        if len(kept) == len(self.columns):
            return self
        rows = [Row(row.line, tuple([row.values[at] for at in kept])) for row in self.rows]
        return replace(self, columns=tuple(self.columns[at] for at in kept), rows=rows)


def read_sheet(kind: Kind, content: bytes, *, filename: str, default_timezone: str) -> Sheet:
    """Read a file without the database, so that a caller can do it before taking the right to write.

    Wrong cells are noted in the sheet's problems; storing adds what only the database can tell, and refuses.

    Raises:
        ImportRefusedError: nothing of the file can be used: not text, not CSV, a wrong header.
    """
    problems = ProblemLog(filename)
    layout = LAYOUTS[kind]
    records = _refusing(read_records(content), problems)
    header_line, header = next(records, (0, []))
    if not header:
        problems.add(1, None, "檔案是空的 / the file is empty")
        problems.refuse_if_any()
    columns = _columns(layout, header, header_line, problems)
    sheet = Sheet(kind, columns, [], {}, problems, default_timezone)
    _read_rows(sheet, records)
    if layout.whole is not None:
        layout.whole(sheet.lines(), problems)
    return sheet


def _refusing(records: Iterator[tuple[int, list[str]]], problems: ProblemLog) -> Iterator[tuple[int, list[str]]]:
    """The records, until one cannot be read: then everything found up to there is the answer."""
    try:
        yield from records
    except BrokenFileError as exc:
        problems.add(exc.line, None, str(exc))
        problems.refuse_if_any()


def _columns(layout: Layout, header: list[str], line: int, problems: ProblemLog) -> tuple[Column, ...]:
    names = [name.strip() for name in header]
    known = {column.name: column for column in layout.columns}
    for position, name in enumerate(names, start=1):
        if not name:
            problems.add(line, None, f"第 {position} 欄沒有名稱 / column {position} has no name")
        elif name not in known:
            allowed = ", ".join(known)
            problems.add(line, shown(name), f"未知的欄位，可用 / unknown column, known are: {allowed}")
        elif name in names[: position - 1]:
            problems.add(line, name, "欄位重複 / the column is there twice")
    for column in layout.columns:
        if (column.required or column.name in layout.key) and column.name not in names:
            problems.add(line, column.name, "缺少必要欄位 / this required column is missing")
    problems.refuse_if_any()
    return tuple(known[name] for name in names)


def _read_rows(sheet: Sheet, records: Iterator[tuple[int, list[str]]]) -> None:
    columns, problems, key_positions = sheet.columns, sheet.problems, sheet.key_positions
    readers = [lru_cache(_REMEMBERED_CELLS)(column.reader(sheet.default_timezone)) for column in columns]
    for line, fields in records:
        if len(fields) != len(columns):
            problems.add(line, None, _wrong_width(len(fields), len(columns)))
            continue
        values = tuple(_read(readers, columns, fields, line, problems))
        key = tuple(values[position] for position in key_positions)
        if _WRONG in key:
            continue
        first = sheet.key_lines.setdefault(key, line)
        if first != line:
            problems.add(line, ",".join(sheet.layout.key), f"與第 {first} 行重複 / the same as in line {first}")
        elif _WRONG not in values:
            sheet.rows.append(Row(line, values))


def _read(
    readers: Sequence[Parser], columns: tuple[Column, ...], fields: list[str], line: int, problems: ProblemLog
) -> Iterator[object]:
    for reader, column, field in zip(readers, columns, fields, strict=True):
        try:
            yield reader(field)
        except CellError as exc:
            problems.add(line, column.name, str(exc))
            yield _WRONG


def _wrong_width(found: int, expected: int) -> str:
    if found < expected:
        return f"只有 {found} 欄，應為 {expected} 欄，檔案可能不完整 / {found} fields, not {expected}: half-written?"
    return (
        f"有 {found} 欄，應為 {expected} 欄，請檢查逗號與引號 / {found} fields, not {expected}: check commas and quotes"
    )
