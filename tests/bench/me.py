"""An officer's first page: ``GET /me`` against the same facts through ORM objects that load what is asked of them.

The peer is what a project begins with: relationships, a template that follows them, and filters in Python. It is spared
the ID token, which ours checks at every request.
"""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

from flask import Flask, jsonify
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session, registry, relationship

from checkin_api import migrations
from checkin_api import models as m
from checkin_api.app import create_app
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import Direction
from tests import builders
from tests.bench.figures import Figure, Goal, ratios
from tests.bench.plan import Plan
from tests.fakes import FakeClock
from tests.line_platform import LinePlatform, PlatformConfig

_USER = f"U{1:032x}"
_NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
_ROUNDS = 40
# Days of history: a week, and a year. What is asked is the same.
_SHORT, _LONG = 7, 365


def measure(plan: Plan) -> list[Figure]:
    """A year of history, and how ours changes with its length."""
    short, _ = _sides(plan, _SHORT)
    ours, peer = _sides(plan, _LONG)
    return [
        Figure(
            name="GET /me, a year of history, SQLite",
            values=ratios(peer, ours),
            goal=Goal("at least", 5),
            ours=f"{1000 * median(ours):.1f} ms",
            peer=f"{1000 * median(peer):.1f} ms",
        ),
        Figure(
            name="the same after a year and after a week",
            values=ratios(ours, short),
            goal=Goal("at most", 1.3),
            ours=f"{1000 * median(ours):.1f} ms",
            peer=f"{1000 * median(short):.1f} ms",
        ),
    ]


def _sides(plan: Plan, days: int) -> tuple[list[float], list[float]]:
    """Seconds a request of ours and of the peer, in turns."""
    url = f"sqlite:///{plan.folder / f'me-{days}.db'}"
    with closing(Database(url)) as database, LinePlatform(PlatformConfig()) as line:
        database.make()
        migrations.upgrade(database)
        _fill(database, days)
        line.clock.set_to(_NOW.timestamp())
        line.add_phone("王小明", _USER)
        settings = Settings(
            database_url=url,
            secret_key=SecretStr("k" * 32),
            line_api_url=line.url,
            line_login_channel_id=line.config.login_channel_id,
        )
        app = create_app(settings, clock=FakeClock(_NOW))
        # Nobody asks so often.
        app.extensions["pace"].admits = lambda _: True
        headers = {"Authorization": f"Bearer {line.id_token(_USER)}"}
        ours = app.test_client()
        peer = _peer(database).test_client()
        runs = [
            (
                _seconds(lambda: ours.get("/api/v1/me", headers=headers).get_json()["officer"]["staff_no"]),
                _seconds(lambda: peer.get("/me").get_json()["officer"]["staff_no"]),
            )
            for _ in range(plan.pairs)
        ]
        app.extensions["database"].close()
    return [run[0] for run in runs], [run[1] for run in runs]


def _seconds(ask: Callable[[], str]) -> float:
    assert ask() == "A0001"
    begin = time.perf_counter()
    for _ in range(_ROUNDS):
        ask()
    return (time.perf_counter() - begin) / _ROUNDS


def _fill(database: Database, days: int) -> None:
    with database.write() as session:
        officer = builders.officer(session, builders.unit(session), staff_no="A0001", name="王小明")
        builders.line_account(session, officer, _USER)
        shift, zone = builders.shift(session), builders.zone(session)
        for ago in range(days, -1, -1):
            day = _NOW.date() - timedelta(days=ago)
            builders.roster(session, officer, shift, day)
            for hour, direction in ((0, Direction.IN), (12, Direction.OUT)):
                at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
                if at <= _NOW:
                    heard = builders.presence(session, officer, zone, at)
                    builders.punch(session, officer, direction, at, proof=heard)


class _Row:
    """A row as an object; its columns and relationships come from the mapping."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def _peer(database: Database) -> Flask:
    mapped = registry()
    names = ("Unit", "Officer", "LineAccount", "RosterEntry", "Shift", "Punch", "Presence", "Zone")
    kinds = {name: type(name, (_Row,), {}) for name in names}
    follows: dict[str, dict[str, str]] = {
        "LineAccount": {"officer": "Officer"},
        "Officer": {"unit": "Unit", "duties": "RosterEntry", "punches": "Punch", "presences": "Presence"},
        "RosterEntry": {"shift": "Shift"},
        "Punch": {"zone": "Zone", "presence": "Presence"},
        "Presence": {"zone": "Zone"},
    }
    for name, kind in kinds.items():
        links = {link: relationship(kinds[to], viewonly=True) for link, to in follows.get(name, {}).items()}
        mapped.map_imperatively(kind, getattr(m, name).__table__, properties=links)
    app = Flask("peer")

    @app.get("/me")
    def me() -> Any:
        with Session(database.engine) as session:
            account: Any = session.scalars(
                select(kinds["LineAccount"]).where(m.LineAccount.__table__.c.line_user_id == _USER)
            ).one()
            officer = account.officer
            today = _today(officer)
            return jsonify(
                officer={"staff_no": officer.staff_no, "name": officer.name, "unit": officer.unit.name},
                duty=[(each.duty_date.isoformat(), each.shift.name) for each in today],
                punches=[
                    (each.at.isoformat(), each.direction, each.zone.name, each.presence.assurance)
                    for each in officer.punches
                    if each.at > _NOW - timedelta(days=2)
                ],
                sensed=[
                    (each.at.isoformat(), each.zone.name)
                    for each in sorted(officer.presences, key=lambda presence: presence.at)[-1:]
                ],
            )

    return app


def _today(officer: Any) -> list[Any]:
    day: date = _NOW.date()
    return [each for each in officer.duties if abs((each.duty_date - day).days) <= 1]
