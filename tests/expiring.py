"""What the tests of deletion share: a day far ahead, a station to hang rows on, what went and what is left."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api import privacy
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import (
    CorrectionKind,
    CorrectionState,
    DeviceKind,
    Direction,
    new_id,
)
from checkin_api.privacy import CutOffs, retention
from tests import builders
from tests.officers import TAIPEI

NOW = datetime(2034, 3, 1, 19, 0, tzinfo=UTC)
PERIODS = retention(Settings())
CUT = CutOffs(NOW, TAIPEI, PERIODS)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
ACTOR = "cli:hr"
Row = TypeVar("Row", bound=m.Base)


def no_reports(_: date) -> list[Path]:
    return []


def purge(database: Database, cut: CutOffs = CUT) -> dict[str, int]:
    """What went, kinds of which nothing went left out."""
    done = privacy.purge(database, cut, no_reports, actor=ACTOR)
    assert done.complete
    return {kind: count for kind, count in done.counts.items() if count}


def previewed(database: Database) -> dict[str, int]:
    return {kind: count for kind, count in privacy.preview(database, CUT, no_reports).counts.items() if count}


def count(database: Database, table: type[m.Base]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def keys(database: Database, column: Any) -> set[Any]:
    with database.read() as session:
        return set(session.scalars(select(column)))


class Station:
    """A zone and an officer to hang rows on."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.officer = builders.officer(session)
        self.zone = builders.zone(session)
        self.beacon = builders.beacon(session, self.zone)
        self.agent = builders.agent(session, self.zone)
        self.shift = builders.shift(session)

    def add(self, row: Row) -> Row:
        self.session.add(row)
        self.session.flush()
        return row

    def sensed(self, at: datetime, **values: Any) -> m.Presence:
        return builders.presence(self.session, self.officer, self.zone, at, **{"beacon_id": self.beacon.id, **values})

    def sighted(self, at: datetime) -> m.Presence:
        return self.sensed(at, beacon_id=None, agent_id=self.agent.id)

    def punched(self, at: datetime, proof: m.Presence | None = None) -> m.Punch:
        return builders.punch(self.session, self.officer, Direction.IN, at, proof=proof)

    def corrected(self, at: datetime, **values: Any) -> m.Correction:
        defaults = {"kind": CorrectionKind.ADD, "state": CorrectionState.REJECTED, "punch_id": None}
        return self.add(
            m.Correction(
                **{
                    "id": new_id(),
                    "officer_id": self.officer.id,
                    "direction": Direction.IN,
                    "at": at,
                    "reason": "忘記",
                    "requested_at": at,
                    "requested_by": "officer:A1",
                    **defaults,
                    **values,
                }
            )
        )

    def reminded(self, at: datetime, **values: Any) -> m.Reminder:
        times = {"duty_start": at, "created_at": at, "expires_at": at, "next_attempt_at": at}
        return self.add(m.Reminder(id=new_id(), officer_id=self.officer.id, messages=[], **times, **values))

    def leaver(self, last_day: date) -> m.Officer:
        return builders.officer(self.session, active_to=last_day)

    def device(self, officer: m.Officer, retired_at: datetime | None) -> m.OfficerDevice:
        identity = new_id()
        return self.add(
            m.OfficerDevice(
                public_id=identity,
                officer_id=officer.id,
                kind=DeviceKind.BADGE,
                badge=str(identity),
                consented_at=NOW,
                enrolled_at=NOW,
                enrolled_by="hr",
                retired_at=retired_at,
            )
        )
