"""An explanation as a table for a terminal, as plain lines for a pipe, as JSON for a program."""

import json
from collections.abc import Iterator
from typing import Any

from hardware.frames.ibeacon import IBeacon
from hardware.frames.line_beacon import LineBeacon
from hardware.frames.simple_beacon import SimpleBeacon
from hardware.provisioning.explain import Explanation
from hardware.provisioning.fields import Row
from hardware.provisioning.words import FIELDS, Language, Text

_HEADINGS = (Text("位移", "offset"), Text("位元組", "bytes"), Text("欄位", "field"), Text("意義", "meaning"))


def print_table(explanation: Explanation, language: Language) -> None:
    """Print the rows as a table, the broken one in red, and below it what was recognised."""
    from rich.console import Console  # noqa: PLC0415 (only a terminal needs it)
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text as Styled  # noqa: PLC0415

    table = Table(*(heading.in_language(language) for heading in _HEADINGS))
    for row in explanation.rows:
        # As Text, for rich would take brackets in a device's name for markup.
        cells = (Styled(cell) for cell in _cells(row, language))
        table.add_row(*cells, style="bold red" if row.is_broken else None)
    console = Console()
    console.print(table)
    console.print(Styled(summary(explanation).in_language(language)))


def plain_lines(explanation: Explanation, language: Language) -> Iterator[str]:
    """One line a row, in columns, then one line with what was recognised."""
    from rich.cells import cell_len, set_cell_size  # noqa: PLC0415 (a Chinese character is two columns wide)

    table = [_cells(row, language) for row in explanation.rows]
    widths = [max((cell_len(cells[column]) for cells in table), default=0) for column in range(len(_HEADINGS) - 1)]
    for *columns, meaning in table:
        sized = (set_cell_size(cell, width) for cell, width in zip(columns, widths, strict=True))
        yield "  ".join((*sized, meaning))
    yield summary(explanation).in_language(language)


def as_json(explanation: Explanation, language: Language) -> str:
    """The explanation as one JSON object; the names of fields do not depend on the language."""
    problem = explanation.problem
    return json.dumps(
        {
            "packet": explanation.packet,
            "beacon": explanation.beacon.as_json() if explanation.beacon else None,
            "problem": _row_json(problem, language) if problem else None,
            "rows": [_row_json(row, language) for row in explanation.rows],
        },
        ensure_ascii=False,
        indent=2,
    )


def summary(explanation: Explanation) -> Text:
    """What the whole is, in one line."""
    match explanation.beacon:
        case SimpleBeacon(hwid, message):
            shown = message.hex()
            return Text(
                f"LINE Simple Beacon，HWID {hwid}，裝置訊息 {shown}",
                f"LINE Simple Beacon, HWID {hwid}, device message {shown}",
            )
        case LineBeacon(hwid, power):
            return Text(
                f"經 LINE 認證的 LINE Beacon，HWID {hwid}，一公尺處 {power} dBm",
                f"certified LINE Beacon, HWID {hwid}, {power} dBm at one metre",
            )
        case IBeacon(uuid, major, minor):
            name = f"iBeacon {uuid}, major {major}, minor {minor}"
            return Text(name, name)
        case None:
            return Text("不是 LINE Simple Beacon，也不是 iBeacon", "neither a LINE Simple Beacon nor an iBeacon")


def problem_line(row: Row) -> Text:
    """Where a broken packet breaks, in one line."""
    field = FIELDS[row.field]
    return Text(
        f"第 {row.offset} 位元組，{field.zh}：{row.meaning.zh}",
        f"byte {row.offset}, {field.en}: {row.meaning.en}",
    )


def _cells(row: Row, language: Language) -> tuple[str, str, str, str]:
    field = FIELDS[row.field].in_language(language)
    return str(row.offset), row.octets.hex(" "), field, row.meaning.in_language(language)


def _row_json(row: Row, language: Language) -> dict[str, Any]:
    meaning = row.meaning.in_language(language)
    return {"offset": row.offset, "bytes": row.octets.hex(), "field": row.field, "meaning": meaning}
