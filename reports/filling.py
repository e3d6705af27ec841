"""Which reports fill HR's forms: each kind that is tables, as one report whose rows are all there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain

from checkin_api import queries
from checkin_api.db import Database
from checkin_api.domain.shifts import DAY
from reports.about import after
from reports.catalogue import KINDS, Kind, check
from reports.tables import Cell, Column, Report, Stream, Table, fingerprint
from reports.wanted import Question, Wanted, WantedError

# What can be filled in comes as a workbook of its own, too.
FORM = "xlsx"
FILLABLE: Mapping[str, Kind] = {key: kind for key, kind in KINDS.items() if kind.build is not None}
# Rows of a report that is filled in: all of them are in memory, and a form of more nobody prints.
MOST_ROWS = 20_000
_DAYS = tuple(f"d{day:02}" for day in range(1, 32))


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One thing that a form may ask for: what to write between the braces, and what it is."""

    name: str
    zh: str
    en: str


def report_for(question: Question) -> Report:
    """The report that fills a form.

    Raises:
        WantedError: no form can be filled with that, or it has too many rows.
        NotFoundError: there is no such unit or officer.
    """
    kind = check(question.wanted)
    content = kind.build(question) if kind.build is not None else None
    if isinstance(content, Stream):
        return _collected(content)
    if content is None:
        raise WantedError(f"{kind.zh}不能填入表格 / {kind.key} fills no form; these do: {', '.join(FILLABLE)}")
    if kind.period == "month":
        return replace(content, tables=[_of_any_month(table) for table in content.tables])
    return content


def smallest(database: Database, kind: Kind, today: date) -> Wanted:
    """A report of this kind of as little as can be: a form is checked against it, for it has every placeholder."""
    with database.read() as session:
        units = queries.units(session)
    above = {unit.parent_id for unit in units}
    leaf = next((unit.code for unit in reversed(units) if unit.id not in above), None)
    first = last = today - DAY
    if kind.period == "month":
        last = today.replace(day=1) - DAY
        first = last.replace(day=1)
    return Wanted(kind.key, FORM, first, last, leaf if kind.by_unit else None)


def placeholders(report: Report) -> tuple[list[Placeholder], list[tuple[Table, list[Placeholder]]]]:
    """What forms may ask for: of the report as a whole, and of each row of each of its tables."""
    facts = [Placeholder(fact.key, fact.zh, fact.en) for fact in report.facts]
    rows = [(table, [_of_row(column) for column in table.columns]) for table in report.tables]
    return facts, rows


def _of_row(column: Column) -> Placeholder:
    # The head of a day is that of the month that was looked at; a form is for any month.
    if column.key in _DAYS:
        number = int(column.key[1:])
        return Placeholder(f"row.{column.key}", f"當月 {number} 日", f"day {number} of the month")
    return Placeholder(f"row.{column.key}", column.zh, column.en)


def period_of(kind: Kind, first: date, last: date) -> tuple[date, date]:
    """The whole period of a kind that some dates mean: the day, the month of the first, or the dates themselves."""
    if kind.period == "day":
        return first, first
    if kind.period == "month":
        begin = first.replace(day=1)
        return begin, (begin + timedelta(days=31)).replace(day=1) - DAY
    return first, last


def _collected(stream: Stream) -> Report:
    if stream.total > MOST_ROWS:
        raise WantedError(
            f"{stream.total:,} 列太多（最多 {MOST_ROWS:,}），請分單位或縮短期間"
            f" / {stream.total:,} rows are too many (at most {MOST_ROWS:,}): take a unit, or fewer days"
        )
    table = Table(stream.key, stream.zh, stream.en, stream.columns, list(chain.from_iterable(stream.batches)))
    facts = (*stream.facts, *after(len(table.rows), fingerprint([table])))
    return Report(stream.key, stream.zh, stream.en, facts, [table])


def _of_any_month(table: Table) -> Table:
    """A month matrix with 31 days whatever the month has, so that one form serves them all; the last ones are empty."""
    keys = [column.key for column in table.columns]
    missing = [day for day in _DAYS if day not in keys] if _DAYS[0] in keys else []
    if not missing:
        return table
    at = max(number for number, key in enumerate(keys) if key in _DAYS) + 1
    columns = [*table.columns[:at], *(Column(day, day[1:], day[1:]) for day in missing), *table.columns[at:]]
    rows: Sequence[Sequence[Cell]] = [[*row[:at], *(None for _ in missing), *row[at:]] for row in table.rows]
    return replace(table, columns=columns, rows=rows)
