"""JSON: stable keys in English, for programs."""

import json
from collections.abc import Iterable
from typing import Any, BinaryIO

from reports.about import after
from reports.tables import Cell, Column, Fact, Fingerprint, Report, Stream, plain
from reports.wanted import Progress, Written


def render(report: Report, outfile: BinaryIO) -> Written:
    """Write UTF-8 JSON: ``report``, ``meta`` and one list of objects per table; a missing value is null."""
    document = {
        "report": report.key,
        "meta": _meta(report.facts),
        **{table.key: [_object(table.columns, row) for row in table.rows] for table in report.tables},
    }
    outfile.write(json.dumps(document, ensure_ascii=False, indent=2, default=plain).encode() + b"\n")
    return Written(report.row_count, report.sha256)


def stream(content: Stream, outfile: BinaryIO, progress: Progress) -> Written:
    """The same of a long report, an object a line; ``meta`` comes last, for it tells what was written."""
    outfile.write(f'{{\n"report": {_text(content.key)},\n{_text(content.key)}: ['.encode())
    hashed = Fingerprint(content.key, content.columns)
    for batch in content.batches:
        lines = ",\n".join(_text(_object(content.columns, row)) for row in batch)
        outfile.write(f"{',' if hashed.rows else ''}\n{lines}".encode())
        hashed.add(batch)
        progress(hashed.rows, max(content.total, hashed.rows))
    meta = _meta((*content.facts, *after(hashed.rows, hashed.value())))
    outfile.write(f'\n],\n"meta": {json.dumps(meta, ensure_ascii=False, indent=2, default=plain)}\n}}\n'.encode())
    return Written(hashed.rows, hashed.value())


def _meta(facts: Iterable[Fact]) -> dict[str, Cell]:
    return {fact.key: fact.value for fact in facts}


def _object(columns: Iterable[Column], row: Iterable[Cell]) -> dict[str, Cell]:
    return dict(zip((column.key for column in columns), row, strict=True))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=plain)
