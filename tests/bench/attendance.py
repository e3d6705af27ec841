"""Attendance: the whole rule set against what others do with the same rows in the same database.

Two peers: a loop over people and days with a query each, the way the attendance modules of HR suites do it, and a
window function of the database that finds the first and the last punch of a local date and knows no other rule.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from checkin_api import migrations
from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.columns import EPOCH
from checkin_api.domain.ids import Assurance, PunchSource, new_id
from checkin_api.queries.attendance import Period, attendance
from tests.bench.figures import Figure, Goal, middle, ratios
from tests.bench.made_up import SHIFTS, facts
from tests.bench.plan import Plan
from tests.postgres import PostgresServer

_OFFICERS = 7_000
_DAYS = 30
_FIRST = date(2026, 11, 1)
_ZONE = ZoneInfo("Asia/Taipei")
# The loop is measured over some officers and taken times the rest: all of them would take minutes.
_LOOPED = 70
_YEAR_OFFICERS = {True: 500, False: 5_000}
_STEP = 20_000


def sqlite(plan: Plan) -> list[Figure]:
    """A month of 7,000 officers on SQLite."""
    database = Database(f"sqlite:///{plan.folder / 'attendance.db'}")
    with closing(database):
        return _month(database, plan, "SQLite")


def postgresql(plan: Plan) -> list[Figure]:
    """The same on PostgreSQL."""
    server = PostgresServer({})
    try:
        with closing(Database(server.create("attendance", "template0"))) as database:
            return _month(database, plan, "PostgreSQL")
    finally:
        server.stop()


def year(plan: Plan) -> list[Figure]:
    """A year of two duties a day for 10,000 officers (1,000 in a quick run), each size in a process of its own."""
    half = _YEAR_OFFICERS[plan.pairs == 1]
    runs = [(_child(half), _child(2 * half)) for _ in range(plan.pairs)]
    return [
        Figure(
            name=f"a year, {2 * half:,} officers against {half:,}: time",
            values=[double[0] / single[0] for single, double in runs],
            goal=Goal("at most", 2.2),
            ours=middle([double[0] for _, double in runs], " s"),
            peer=middle([single[0] for single, _ in runs], " s"),
        ),
        Figure(
            name="the same: peak memory (bounded by a block of officers)",
            values=[double[1] / single[1] for single, double in runs],
            goal=Goal("at most", 1.1),
            ours=middle([double[1] for _, double in runs], " MB"),
            peer=middle([single[1] for single, _ in runs], " MB"),
        ),
    ]


def _child(officers: int) -> tuple[float, float]:
    command = [sys.executable, "-m", "tests.bench.made_up", str(officers)]
    seconds, megabytes = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), float(megabytes)


def _month(database: Database, plan: Plan, name: str) -> list[Figure]:
    fill(database)
    ours, window, loop, rows = [], [], [], []
    for _ in range(plan.pairs):
        ours.append(_seconds(database, _records))
        window.append(_seconds(database, _window))
        loop.append(_seconds(database, _loop) * _OFFICERS / _LOOPED)
        rows.append(_seconds(database, _one_by_one))
    shown = f"{name}, a month of {_OFFICERS:,} officers: "
    return [
        Figure(name=f"{shown}all rules", values=ours, unit="s", goal=Goal("at most", 2)),
        Figure(
            name=f"{shown}a query per person and day takes",
            values=ratios(loop, ours),
            goal=Goal("at least", 50),
            ours=middle(ours, " s"),
            peer=middle(loop, " s"),
        ),
        Figure(
            name=f"{shown}all rules against first and last by a window function",
            values=ratios(ours, window),
            goal=Goal("at most", 1.5),
            ours=middle(ours, " s"),
            peer=middle(window, " s"),
        ),
        Figure(name=f"{shown}each record as a value for a page", values=rows, unit="s"),
    ]


def _seconds(database: Database, ask: Callable[[Session], None]) -> float:
    with database.read() as session:
        begin = time.perf_counter()
        ask(session)
        return time.perf_counter() - begin


def _period() -> Period:
    last = _FIRST + timedelta(days=_DAYS - 1)
    return Period(first=_FIRST, last=last, as_of=datetime(2026, 12, 31, tzinfo=UTC), zone=_ZONE)


def _records(session: Session) -> None:
    found = sum(int(block.of_period.sum()) for block in attendance(session, _period()))
    assert found > _OFFICERS * _DAYS


def _one_by_one(session: Session) -> None:
    for block in attendance(session, _period()):
        for _ in block.records():
            pass


def _window(session: Session) -> None:
    """First and last punch of each officer and local date, fetched as rows with times."""
    p = m.Punch
    local = func.date(p.at, "+8 hours") if session.get_bind().dialect.name == "sqlite" else func.date(p.at)
    window: dict[str, Any] = {"partition_by": [p.officer_id, local], "order_by": p.at, "rows": (None, None)}
    found = select(
        p.officer_id,
        local.label("day"),
        func.first_value(p.at, type_=m.UtcDateTime()).over(**window).label("first"),
        func.last_value(p.at, type_=m.UtcDateTime()).over(**window).label("last"),
        func.row_number().over(**window).label("row"),
    ).subquery()
    c = found.c
    rows = session.execute(select(c.officer_id, c.day, c.first, c.last).where(c.row == 1)).all()
    assert len(rows) >= _OFFICERS * _DAYS


def _loop(session: Session) -> None:
    """For each person and day a query for the punches of the day, as entities."""
    p = m.Punch
    for officer_id in session.scalars(select(m.Officer.id).order_by(m.Officer.id).limit(_LOOPED)).all():
        for number in range(_DAYS):
            begin = datetime.combine(_FIRST + timedelta(days=number), datetime.min.time(), _ZONE)
            punches = session.scalars(
                select(p)
                .where(p.officer_id == officer_id, p.at >= begin, p.at < begin + timedelta(days=1))
                .order_by(p.at)
            ).all()
            ins = [punch.at for punch in punches if punch.direction == "in"]
            outs = [punch.at for punch in punches if punch.direction == "out"]
            if ins and outs:
                assert max(outs) - min(ins) is not None


def fill(database: Database, *, units: int = 1) -> None:
    """The made-up department in the database, in the order in which a year would have written it."""
    migrations.upgrade(database)
    made = facts(np.arange(_OFFICERS), _FIRST.toordinal(), _DAYS)
    with database.write() as session:
        session.add_all(m.Unit(id=n + 1, code=f"B{n:02}", name=f"第{n}單位") for n in range(units))
        session.flush()
        officers = [
            {"id": n + 1, "staff_no": f"A{n:05}", "name": f"員警{n}", "unit_id": n % units + 1}
            for n in range(_OFFICERS)
        ]
        session.execute(insert(m.Officer), officers)
        session.add_all(
            m.Shift(id=n + 1, code=shift.code, name=shift.name, start=shift.start, end=shift.end)
            for n, shift in enumerate(SHIFTS)
        )
        session.flush()
        codes = {shift.code: n + 1 for n, shift in enumerate(SHIFTS)}
        d, p = made.duties, made.punches
        _insert(session, m.RosterEntry, (
            {"officer_id": officer + 1, "duty_date": date.fromordinal(day), "shift_id": codes[d.kinds[kind].shift_code]}
            for officer, day, kind in zip(d.officer.tolist(), d.duty_date.tolist(), d.kind.tolist(), strict=True)
        ))  # fmt: skip
        by_time = np.argsort(p.at, kind="stable")
        _insert(session, m.Punch, (
            {
                "id": new_id(), "officer_id": officer + 1, "direction": "in" if direction == 0 else "out",
                "at": EPOCH + timedelta(microseconds=at), "received_at": EPOCH + timedelta(microseconds=at),
                "source": PunchSource.CHAT, "assurance": Assurance.MEDIUM, "request_id": f"bench:{number}",
            }
            for number, (officer, direction, at) in enumerate(
                zip(p.officer[by_time].tolist(), p.direction[by_time].tolist(), p.at[by_time].tolist(), strict=True)
            )
        ))  # fmt: skip
    with database.engine.connect() as connection:
        connection.execute(text("analyze"))
        connection.commit()


def _insert(session: Session, table: type[m.Base], rows: Iterator[dict[str, object]]) -> None:
    step = []
    for row in rows:
        step.append(row)
        if len(step) == _STEP:
            session.execute(insert(table), step)
            step = []
    if step:
        session.execute(insert(table), step)
