"""JSON: stable keys in English, for programs."""

import json
from typing import BinaryIO

from reports.tables import Report, plain


def render(report: Report, outfile: BinaryIO) -> None:
    """Write UTF-8 JSON: ``report``, ``meta`` and one list of objects per table; a missing value is null."""
    document = {
        "report": report.key,
        "meta": {fact.key: fact.value for fact in report.facts},
        **{
            table.key: [dict(zip((column.key for column in table.columns), row, strict=True)) for row in table.rows]
            for table in report.tables
        },
    }
    outfile.write(json.dumps(document, ensure_ascii=False, indent=2, default=plain).encode() + b"\n")
