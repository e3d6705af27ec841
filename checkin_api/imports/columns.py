"""What a layout is made of: columns, references to rows of other tables, and rules between the cells of a row."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import Column as TableColumn
from sqlalchemy import ColumnElement, String, Table
from sqlalchemy.orm import InstrumentedAttribute

from checkin_api.domain.formulas import unguarded
from checkin_api.imports.cells import CellError, Parser, clean
from checkin_api.imports.outcome import ProblemLog, shown

Attribute: TypeAlias = InstrumentedAttribute[Any]
Values: TypeAlias = Mapping[str, Any]
# The number of a line and its values by the names of the file's columns.
Line: TypeAlias = tuple[int, Values]


@dataclass(frozen=True, slots=True)
class Reference:
    """A row of a table that a cell names by its code, and what people call such a row."""

    code: Attribute
    zh: str
    en: str

    def missing(self, code: object, times: int) -> str:
        """That there is no such row, and how often the file names it."""
        name = shown(str(code))
        lines = f" (共 {times:,} 行 / {times:,} lines)" if times > 1 else ""
        return f"{self.zh} {name} 不存在 / no such {self.en}: {name}{lines}"


@dataclass(frozen=True, slots=True)
class Local:
    """A parser of cells that mean something else in every time zone; it gets the default one."""

    parse: Callable[[str, ZoneInfo], object]

    def within(self, zone: ZoneInfo) -> Parser:
        """The parser in a time zone."""
        return lambda cell: self.parse(cell, zone)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file and the table's column that it fills, whose length limit and default it takes.

    A column that fills none is compared with others and not kept. ``required`` means: the header must have it and no
    cell may be empty.
    """

    name: str
    fills: Attribute | None
    parse: Parser | Local
    required: bool = False
    refers_to: Reference | None = None
    or_default_timezone: bool = False

    @property
    def target(self) -> TableColumn[Any]:
        """The table's column, of a column that fills one."""
        if self.fills is None:
            raise LookupError(self.name)
        column: TableColumn[Any] = self.fills.property.columns[0]
        return column

    def default(self, default_timezone: str) -> object:
        """What an empty cell means."""
        if self.or_default_timezone:
            return default_timezone
        return None if self.fills is None else getattr(self.target.default, "arg", None)

    def reader(self, default_timezone: str) -> Parser:
        """A parser of whole cells of this column, empty and untidy ones too."""
        default = self.default(default_timezone)
        target_type = None if self.fills is None else self.target.type
        limit = target_type.length if isinstance(target_type, String) else None
        parse = self.parse.within(ZoneInfo(default_timezone)) if isinstance(self.parse, Local) else self.parse

        def read(cell: str) -> object:
            cell = unguarded(clean(cell))
            if not cell:
                if self.required:
                    raise CellError("不可空白 / must not be empty")
                return default
            if limit is not None and len(cell) > limit:
                raise CellError(f"超過 {limit} 個字 / longer than {limit} characters: {shown(cell)}")
            return parse(cell)

        return read


@dataclass(frozen=True, slots=True)
class Check:
    """A rule on a row as it would be after the import.

    ``complaint`` gets the values of the table's columns named in ``reads`` and the time, and says what is wrong; the
    problem is shown at ``column``.
    """

    column: str
    reads: tuple[Attribute, ...]
    complaint: Callable[[Values, datetime], str | None]


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one kind of file, the ones that make its key, and the rules between them.

    Attributes:
        key: The columns by which a row is known; the header must have them.
        columns: All columns that the file may have.
        checks: Rules on single rows as they would be stored.
        whole: A rule on the lines of the file as they stand, which needs no database.
        among: Which rows of the table the file speaks of; all of them without.
        besides: What a new row has besides the columns of the file, from its values and the time.
        immutable: Whether a stored row may never be changed; a file that would is refused.
    """

    key: tuple[str, ...]
    columns: tuple[Column, ...]
    checks: tuple[Check, ...] = ()
    whole: Callable[[Iterable[Line], ProblemLog], None] | None = None
    among: ColumnElement[bool] | None = None
    besides: Callable[[Values, datetime], Values] | None = None
    immutable: bool = False

    @property
    def table(self) -> Table:
        """The table that the rows go to."""
        return self.columns[0].target.table

    def is_own(self, column: Column) -> bool:
        """Whether the column names another row of the same table (a unit's parent)."""
        return column.refers_to is not None and column.refers_to.code.property.columns[0].table is self.table
