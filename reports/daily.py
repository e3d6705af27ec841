"""The daily usage report: query, count, tables, files."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from checkin_api import queries
from checkin_api.db import Database
from checkin_api.domain.shifts import REACH, local_day
from reports.render import csv, json
from reports.summary import DayRows, summarise
from reports.tables import DAILY, Report, daily_report
from reports.wanted import Question, Written
from reports.writing import whole_file

# What the worker makes every morning.
RENDERERS: Mapping[str, Callable[[Report, BinaryIO], Written]] = {"csv": csv.render, "json": json.render}
# As `write_daily` names them.
_NAME = re.compile(rf"{DAILY}_(?P<day>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})\.({'|'.join(RENDERERS)})")


def usage_of(question: Question) -> Report:
    """The daily usage report that is wanted."""
    wanted, zone = question.wanted, question.rules.zone
    return build_daily(
        question.database,
        wanted.first,
        zone,
        made_at=question.made_at,
        made_by=question.made_by,
        unit=wanted.unit,
    )


def build_daily(  # noqa: PLR0913 (all that a file says about itself)
    database: Database,
    day: date,
    zone: ZoneInfo,
    *,
    made_at: datetime,
    made_by: str | None = None,
    unit: str | None = None,
) -> Report:
    """Count one duty date for all units, or for one and everything below it.

    Raises:
        NotFoundError: there is no unit with this code.
    """
    # Duties around the day may take its punches, and the punches around those decide whose they are.
    first, last = day - REACH, day + REACH
    begin, end = local_day(first - REACH, zone)[0], local_day(last + REACH, zone)[1]
    with database.read() as session:
        chosen = queries.units(session, unit)
        among = None if unit is None else queries.of_units(chosen)
        rows = DayRows(
            units=chosen,
            duties=list(queries.expected_duties(session, first, last, zone, among=among)),
            punches=list(queries.punches(session, begin, end, among=among)),
            refusals=queries.refusals(session, *local_day(day, zone), among=among),
            checkups=queries.checkups(session, *local_day(day, zone), among=among),
            completeness=queries.completeness(session),
        )
    return daily_report(summarise(rows, day.isoformat(), zone, unit=unit), made_at=made_at, made_by=made_by, zone=zone)


def write_daily(database: Database, day: date, zone: ZoneInfo, *, folder: Path, made_at: datetime) -> Sequence[Path]:
    """Build one day's report in every format, as files of a folder that appear whole or not at all."""
    report = build_daily(database, day, zone, made_at=made_at, made_by="worker")
    paths = []
    for form, render in RENDERERS.items():
        path = folder / f"{report.key}_{day.isoformat()}.{form}"
        with whole_file(path) as file:
            render(report, file)
        paths.append(path)
    return paths


def daily_before(folder: Path, day: date) -> Iterator[Path]:
    """The files of reports of dates before this one; whatever else is in the folder is not ours."""
    for path in sorted(folder.glob(f"{DAILY}_*")):
        named = _NAME.fullmatch(path.name)
        if named and path.is_file() and _date(named["day"], day) < day:
            yield path


def _date(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise
