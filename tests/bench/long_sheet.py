"""One long sheet of made-up punches, as a program: written by the product or by a peer, with time and peak memory."""

import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from checkin_api.domain.ids import Assurance, Direction, Proof, PunchSource
from checkin_api.queries.raw_punches import BATCH, RawPunch
from reports.raw_punches import COLUMNS, row_of
from reports.tables import Cell, Stream
from reports.wanted import no_progress

_ZONE = ZoneInfo("Asia/Taipei")
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def batches(rows: int) -> Iterator[Sequence[Sequence[Cell]]]:
    """As the report's own, the same in every run."""
    for begin in range(0, rows, BATCH):
        yield [row_of(_punch(number), _ZONE) for number in range(begin, min(begin + BATCH, rows))]


def _punch(number: int) -> RawPunch:
    officer = number * 7919 % 7000
    at = _BEGIN + timedelta(seconds=37 * number)
    return _OFFICERS[officer]._replace(at=at, received_at=at, direction=_DIRECTIONS[number % 2])


def _of(officer: int) -> RawPunch:
    return RawPunch(
        staff_no=f"{officer:05}",
        name=f"員警{officer}",
        unit_code=f"U{officer % 70:02}",
        at=_BEGIN,
        received_at=_BEGIN,
        direction=Direction.IN,
        source=PunchSource.CHAT,
        zone_code=f"Z{officer % 140:03}",
        timezone="Asia/Taipei",
        assurance=Assurance.MEDIUM,
        hwid=f"{officer % 140:010x}",
        proved=True,
        proof=Proof.VALID,
        from_agent=False,
        shown=None,
        distance_m=None,
        accuracy_m=None,
        is_void=officer % 1000 == 0,
    )


_OFFICERS = [_of(number) for number in range(7000)]
_DIRECTIONS = (Direction.IN, Direction.OUT)


def _rows(rows: int) -> Iterator[list[object]]:
    yield [f"{column.zh}\n{column.en}" for column in COLUMNS]
    for batch in batches(rows):
        for row in batch:
            # No program that writes spreadsheets takes a time with its zone.
            yield [cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell for cell in row]


def product(rows: int, path: Path) -> None:
    """The whole renderer: hash, sheets, what the file says about itself."""
    from reports.render import long_xlsx  # noqa: PLC0415 (each side loads what it needs, for the memory it takes)

    with path.open("wb") as file:
        stream = Stream("raw_punches", "打卡明細", "Raw punches", (), COLUMNS, batches(rows), rows)
        assert long_xlsx.stream(stream, file, no_progress).rows == rows


def xlsxwriter(rows: int, path: Path) -> None:
    """XlsxWriter in its mode of constant memory, rows as it advises."""
    import xlsxwriter as peer  # noqa: PLC0415

    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss", "strings_to_urls": False}
    with peer.Workbook(path, options) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(_rows(rows)):
            sheet.write_row(number, 0, row)


def openpyxl(rows: int, path: Path) -> None:
    """The other library of note, in its mode of writing only."""
    import openpyxl as peer  # noqa: PLC0415

    workbook = peer.Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for row in _rows(rows):
        sheet.append(row)
    workbook.save(path)


def nothing(rows: int, _path: Path) -> None:
    """What the rows themselves take."""
    for _ in _rows(rows):
        pass


def main() -> None:
    """Print the seconds and the peak memory in MB of one side."""
    side, rows = sys.argv[1], int(sys.argv[2])
    sides = {"product": product, "xlsxwriter": xlsxwriter, "openpyxl": openpyxl, "nothing": nothing}
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        sides[side](rows, Path(folder) / "long.xlsx")
        print(time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
