"""Columns of a SELECT as arrays: the database joins each column's values to one text, and numpy reads that.

A row in Python costs a microsecond and more for its tuple, its numbers, its times; a month of the department is half a
million rows. One text a column costs a tenth of that on SQLite and a third on PostgreSQL (``make bench``).
"""

from typing import Any

import numpy as np
from sqlalchemy import Select, String, cast, func, select
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
    return f"CAST(CAST(extract(epoch FROM {compiler.process(element.clauses, **kw)}) * 1000000 AS BIGINT) AS TEXT)"


@compiles(_Microseconds, "sqlite")
def _of_text(element: _Microseconds, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


def arrays(session: Session, query: Select[*tuple[Any, ...]]) -> list[Ints]:
    """The columns of a query, each as an array, all in the same order.

    An instant comes as microseconds since 1970, a date as its ordinal, anything else has to be a whole number. No value
    may be NULL.
    """
    rows = query.subquery()
    texts = [
        _Microseconds(column) if isinstance(column.type, m.UtcDateTime) else cast(column, String) for column in rows.c
    ]
    joined = session.execute(select(*(func.aggregate_strings(text, ",") for text in texts))).one()
    return [_array(text) for text in joined]


def _array(text: str | None) -> Ints:
    if not text:
        return np.empty(0, np.int64)
    head = text[:11]
    if "-" not in head[1:]:
        return np.fromstring(text, dtype=np.int64, sep=",")
    if ":" in text[:20]:
        return np.array(text.split(","), "datetime64[us]").astype(np.int64)
    return np.array(text.split(","), "datetime64[D]").astype(np.int64) + _EPOCH_DAY
