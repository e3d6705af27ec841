"""Columns of a SELECT as arrays: the database joins each column's values to one text, and numpy reads that.

A row in Python costs a microsecond and more for its tuple, its numbers, its times; a month of the department is half a
million rows. One text a column costs a tenth of that on SQLite and a third on PostgreSQL (``make bench``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, Select, String, cast, func, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from checkin_api import models as m
from checkin_api.domain.columns import EPOCH, Ints

_EPOCH_DAY = EPOCH.date().toordinal()


class _Microseconds(FunctionElement[str]):
    """An instant as text: on PostgreSQL its microseconds since 1970, on SQLite as it is stored."""

    type = String()
    inherit_cache = True


@compiles(_Microseconds, "postgresql")
def _of_timestamp(element: _Microseconds, compiler: SQLCompiler, **kw: Any) -> str:
    # date_part is a double, which holds microseconds until 2242; extract would be a numeric, and four times slower.
    at = compiler.process(element.clauses, **kw)
    return f"CAST(CAST(round(date_part('epoch', {at}) * 1000000) AS BIGINT) AS TEXT)"


@compiles(_Microseconds, "sqlite")
def _of_text(element: _Microseconds, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


# Columns as the database joined them, for `read`; None where there is no row.
Texts = Sequence[str | None]


def arrays(session: Session, query: Select[*tuple[Any, ...]]) -> list[Ints]:
    """The columns of a query, each as an array, all in the same order.

    An instant comes as microseconds since 1970, a date as its ordinal, anything else has to be a whole number. No value
    may be NULL.
    """
    return read(fetch(session, query))


def read(texts: Texts) -> list[Ints]:
    """The arrays of what was fetched."""
    return [_array(text) for text in texts]


def fetch(session: Session, query: Select[*tuple[Any, ...]]) -> Texts:
    """The columns of a query as texts: the part of ``arrays`` that waits for the database."""
    rows = query.subquery()
    texts = [
        _Microseconds(column) if isinstance(column.type, m.UtcDateTime) else cast(column, String) for column in rows.c
    ]
    return session.execute(select(*(func.aggregate_strings(text, ",") for text in texts))).one()


@dataclass(frozen=True, slots=True)
class Packed:
    """Several whole numbers as one, for one text costs less than several: ``widths`` are the bits of all but the first.

    None of them is negative. More than 63 bits together are an error of the database, never a wrong number.
    """

    widths: Sequence[int]

    def column(self, first: Any, *others: Any) -> Any:
        """The one column of a query."""
        packed = first
        for other, width in zip(others, self.widths, strict=True):
            packed = packed * literal(2**width, BigInteger) + other
        return packed

    def split(self, packed: Ints) -> list[Ints]:
        """The columns again, from the array of that one."""
        columns = []
        for width in reversed(self.widths):
            columns.append(packed & (2**width - 1))
            packed = packed >> width
        return [packed, *reversed(columns)]


def bits(ids: Ints) -> int:
    """How many bits the largest of some ids takes."""
    return int(ids.max(initial=0)).bit_length()


def _array(text: str | None) -> Ints:
    if not text:
        return np.empty(0, np.int64)
    head = text[:11]
    if "-" not in head[1:]:
        return np.fromstring(text, dtype=np.int64, sep=",")
    if ":" in text[:20]:
        return np.array(text.split(","), "datetime64[us]").astype(np.int64)
    return np.array(text.split(","), "datetime64[D]").astype(np.int64) + _EPOCH_DAY
