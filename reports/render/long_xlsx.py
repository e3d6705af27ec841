"""XLSX of a long report: sheets of 500,000 rows in constant memory, and one at the end that says what the file is."""

import errno
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

from rustpy_xlsxwriter import Format, write_worksheets

from reports.about import after
from reports.render.xlsx import ABOUT, NUMBER_FORMATS, fact_value, heading, page_header, sheet_name, widths
from reports.tables import Cell, Column, Fingerprint, Stream, Type
from reports.wanted import Progress, Written

SHEET_ROWS = 500_000
_DAY_MINUTES = 24 * 60
_COPIED = 1 << 20
# Of a row of a draft, and of the file that is made from it.
_DRAFT_BYTES = 2_000


def stream(content: Stream, outfile: BinaryIO, progress: Progress, *, watermark: str | None = None) -> Written:
    """Write the rows as they come. The writer keeps its drafts in the system's folder for temporary files.

    Raises:
        OSError: there is no room for the drafts, or for the file.
    """
    _require_room(content.total)
    hashed = Fingerprint(content.key, content.columns)
    rows = _hashed(content, hashed, progress)
    first = list(islice(rows, 100))
    records = _records(content.columns, chain(first, rows))
    # The last sheet takes all that is left, for there may be more by now than there were.
    names = [sheet_name(f"{content.zh} {number + 1}") for number in range(max(1, -(-content.total // SHEET_ROWS)))]
    sheets = [(name, islice(records, None if name == names[-1] else SHEET_ROWS)) for name in names]
    formats = _formats(content.columns)
    page = {**_PAGE, "header": page_header(watermark)} if watermark else _PAGE
    looks: dict[str, Any] = {
        "column_formats": dict.fromkeys(names, formats),
        "column_widths": dict.fromkeys(names, widths(content.columns, first)) | {ABOUT: [42.0, 68.0]},
        "header_format": dict.fromkeys(names, Format().set_bold().set_text_wrap().set_background_color("#DDE7F2")),
        "page_setup": dict.fromkeys([*names, ABOUT], page),
        "autofilter": dict.fromkeys(names, True),
        "freeze_panes": {name: {"row": 1, "col": 2} for name in names},
        "row_heights": {name: {0: 32.0} for name in names},
    }
    with tempfile.TemporaryDirectory(prefix="checkin-report-") as folder:
        path = Path(folder) / "report.xlsx"
        _write([*sheets, (ABOUT, _about(content, hashed))], path, looks)
        with path.open("rb") as made:
            shutil.copyfileobj(made, outfile, _COPIED)
    return Written(hashed.rows, hashed.value())


def _require_room(rows: int) -> None:
    folder = tempfile.gettempdir()
    if shutil.disk_usage(folder).free < rows * _DRAFT_BYTES:
        raise OSError(errno.ENOSPC, f"暫存資料夾 {folder} 空間不足 / no room for drafts in {folder}; set TMPDIR")


def _write(sheets: list[tuple[str, Iterator[dict[str, Any]]]], path: Path, looks: dict[str, Any]) -> None:
    try:
        write_worksheets(sheets, path, **looks)  # type: ignore[arg-type]  # its stub wants a list of invariant tuples
    except BaseException as exc:
        # The writer panics when its drafts cannot be written, with an exception that no `except Exception` sees.
        if type(exc).__name__ != "PanicException":
            raise
        raise OSError(errno.ENOSPC, f"{tempfile.gettempdir()}: {exc}") from exc


_PAGE = {"landscape": True, "paper_size": 9, "fit_to_pages": (1, 0), "repeat_rows": 0, "footer": "&L&F&R&P / &N"}


def _hashed(content: Stream, hashed: Fingerprint, progress: Progress) -> Iterator[Sequence[Cell]]:
    for batch in content.batches:
        hashed.add(batch)
        yield from batch
        progress(hashed.rows, max(content.total, hashed.rows))


def _records(columns: Sequence[Column], rows: Iterator[Sequence[Cell]]) -> Iterator[dict[str, Any]]:
    heads = [heading(column) for column in columns]
    changed = [(place, _CHANGED[column.type]) for place, column in enumerate(columns) if column.type in _CHANGED]
    empty = True
    for row in rows:
        cells = list(row)
        for place, change in changed:
            if cells[place] is not None:
                cells[place] = change(cells[place])
        empty = False
        yield dict(zip(heads, cells, strict=True))
    if empty:
        # Without a row there would be no headings.
        yield dict.fromkeys(heads)


def _naive(at: Any) -> datetime:
    moment: datetime = at.replace(tzinfo=None)
    return moment


def _days(minutes: Any) -> float:
    return float(minutes) / _DAY_MINUTES


_CHANGED: dict[Type, Callable[[Any], date | float]] = {Type.DATETIME: _naive, Type.DURATION: _days}


def _formats(columns: Sequence[Column]) -> list[Format]:
    formats = dict(NUMBER_FORMATS) | {Type.DATETIME: "yyyy-mm-dd hh:mm:ss"}
    return [Format().set_num_format(formats[column.type]) for column in columns]


def _about(content: Stream, hashed: Fingerprint) -> Iterator[dict[str, Any]]:
    for fact in (*content.facts, *after(hashed.rows, hashed.value())):
        yield {f"{content.zh} / {content.en}": f"{fact.zh} / {fact.en}", "": str(fact_value(fact))}
