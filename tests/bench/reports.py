"""Reports: a long sheet against what others write the same rows with, and what is asked for every day, in time."""

import io
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from checkin_api.db import Database
from checkin_api.domain.duty_law import DutyLimits
from reports.catalogue import Rules, Wanted, write
from tests.bench import attendance
from tests.bench.figures import Figure, Goal, middle, ratios
from tests.bench.plan import Plan

_ROWS = {True: 50_000, False: 500_000}
_RULES = Rules(ZoneInfo("Asia/Taipei"), DutyLimits(), "警察局")
_FIRST, _LAST, _DAY = date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 18)
_UNITS = 70


def measure(plan: Plan) -> list[Figure]:
    """A long sheet of each side in a process of its own; then a month of 7,000 officers in 70 units on SQLite."""
    rows = _ROWS[plan.pairs == 1]
    sides = ("product", "xlsxwriter", "openpyxl", "nothing")
    runs = [{side: _child(side, rows) for side in sides} for _ in range(plan.pairs)]
    seconds = {side: [run[side][0] for run in runs] for side in sides}
    megabytes = [run["product"][1] for run in runs]
    return [
        *(
            Figure(
                name=f"{rows:,} punches as XLSX: {peer} takes",
                values=ratios(seconds[peer], seconds["product"]),
                goal=Goal("at least", 5),
                ours=middle(seconds["product"], " s"),
                peer=middle(seconds[peer], " s"),
            )
            for peer in ("xlsxwriter", "openpyxl")
        ),
        Figure(name="of that, making the rows", values=seconds["nothing"], unit="s"),
        Figure(name="the same: peak memory of the process", values=megabytes, unit="MB", goal=Goal("at most", 100)),
        *_from_database(plan),
    ]


def _child(side: str, rows: int) -> tuple[float, float]:
    command = [sys.executable, "-m", "tests.bench.long_sheet", side, str(rows)]
    seconds, megabytes = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), float(megabytes)


def _from_database(plan: Plan) -> list[Figure]:
    with closing(Database(f"sqlite:///{plan.folder / 'reports.db'}")) as database:
        attendance.fill(database, units=_UNITS)
        shown = "SQLite, 7,000 officers in 70 units: "
        matrix = Wanted("month_matrix", "xlsx", _FIRST, _LAST, unit="B07")
        table = Wanted("month_matrix", "json", _FIRST, _LAST, unit="B07")
        daily = Wanted("daily_usage", "csv", _DAY, _DAY)
        punches = Wanted("raw_punches", "xlsx", _FIRST, _LAST)
        _seconds(database, table)
        return [
            Figure(
                name=f"{shown}month matrix of one unit",
                values=[_seconds(database, table) * 1000 for _ in range(3 * plan.pairs)],
                unit="ms",
                goal=Goal("at most", 300),
            ),
            Figure(
                name=f"{shown}the same as XLSX",
                values=[_seconds(database, matrix) * 1000 for _ in range(3 * plan.pairs)],
                unit="ms",
            ),
            Figure(
                name=f"{shown}daily usage of everybody",
                values=[_seconds(database, daily) for _ in range(plan.pairs)],
                unit="s",
            ),
            Figure(
                name=f"{shown}every punch of the month as XLSX, from the database",
                values=[_seconds(database, punches)],
                unit="s",
            ),
        ]


def _seconds(database: Database, wanted: Wanted) -> float:
    out = io.BytesIO()
    begin = time.perf_counter()
    write(database, _RULES, wanted, out, made_at=datetime(2026, 12, 1, tzinfo=UTC), made_by="bench")
    return time.perf_counter() - begin
