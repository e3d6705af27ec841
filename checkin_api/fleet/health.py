"""What is known of a beacon's health: when phones heard it last, its battery, its clock as learned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain import proof
from checkin_api.domain.proof import BeaconClock, Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """That phones heard a beacon until ``at``; of a rolling one with a valid message also what that told.

    ``synced_at`` is when the clock was set that the message was judged by; None where none was set yet.
    """

    at: datetime
    clock: BeaconClock | None = None
    synced_at: datetime | None = None
    battery: int | None = None
    resumed: bool = False

    @classmethod
    def valid(cls, at: datetime, judged: Judgement, *, synced_at: datetime | None) -> Self:
        """What a valid message told."""
        return cls(at=at, clock=judged.clock, synced_at=synced_at, battery=judged.battery, resumed=judged.resumed)

    def after(self, earlier: "Heard | None") -> "Heard":
        """This together with what was heard before it in the same batch."""
        if earlier is None or earlier.at <= self.at:
            return self
        # It happened before: what it taught the clock is kept, what the beacon said later is newer.
        return Heard(
            at=earlier.at,
            clock=self.clock,
            synced_at=self.synced_at,
            battery=earlier.battery,
            resumed=earlier.resumed,
        )


def record(session: Session, heard: Mapping[int, Heard]) -> None:
    """Write what a batch of events told of beacons, by their id; the caller commits.

    A clock that somebody trusted has set meanwhile is left alone.
    """
    if not heard:
        return
    table: Any = m.BeaconHealth.__table__
    met_before = select(table.c.beacon_id, table.c.heard_at).where(table.c.beacon_id.in_(heard))
    known: dict[int, datetime | None] = {row[0]: row[1] for row in session.execute(met_before)}
    new = [_row(beacon_id, each) for beacon_id, each in heard.items() if beacon_id not in known]
    if new:
        session.execute(insert(table), new)
    met = [
        {"beacon": beacon_id, "until": max(each.at, known[beacon_id] or each.at)}
        for beacon_id, each in heard.items()
        if beacon_id in known
    ]
    connection = session.connection()
    if met:
        connection.execute(
            update(table).where(table.c.beacon_id == bindparam("beacon")).values(heard_at=bindparam("until")), met
        )
    taught = [
        {"beacon": beacon_id, "since": each.synced_at, **_taught(each, each.clock)}
        for beacon_id, each in heard.items()
        if beacon_id in known and each.clock is not None
    ]
    if taught:
        unchanged = (table.c.beacon_id == bindparam("beacon")) & (table.c.synced_at == bindparam("since"))
        columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _TAUGHT}
        connection.execute(update(table).where(unchanged).values(columns), taught)


def synchronise(session: Session, now: datetime, beacon_id: int, clock: BeaconClock) -> None:
    """Set the clock that a beacon is judged by from now on; the caller commits."""
    health = session.get(m.BeaconHealth, beacon_id, with_for_update=True)
    if health is None:
        health = m.BeaconHealth(beacon_id=beacon_id, synced_at=now, lag_s=0.0, lag_at=now)
        session.add(health)
    health.synced_at, health.lag_s, health.lag_at = now, clock.lag_s, clock.lag_at
    health.last_step, health.last_at = clock.last_step, clock.last_at
    session.flush()


def forget_steps(session: Session, beacon_id: int) -> None:
    """Let a beacon begin anew after it got a new key: codes under that one cannot have been recorded before."""
    health = session.get(m.BeaconHealth, beacon_id, with_for_update=True)
    if health is not None:
        health.last_step = health.last_at = None
        session.flush()


def clock_of(health: m.BeaconHealth | None, at: datetime) -> BeaconClock:
    """The clock as it is stored; of a beacon that nobody has heard, one that is right."""
    if health is None:
        return proof.set_right(at)
    return BeaconClock(lag_s=health.lag_s, lag_at=health.lag_at, last_step=health.last_step, last_at=health.last_at)


_TAUGHT = ("lag_s", "lag_at", "last_step", "last_at", "battery", "resumed")


def _taught(heard: Heard, clock: BeaconClock) -> dict[str, Any]:
    return {
        "new_lag_s": clock.lag_s,
        "new_lag_at": clock.lag_at,
        "new_last_step": clock.last_step,
        "new_last_at": clock.last_at,
        "new_battery": heard.battery,
        "new_resumed": heard.resumed,
    }


def _row(beacon_id: int, heard: Heard) -> dict[str, Any]:
    clock = heard.clock or proof.set_right(heard.at)
    return {
        "beacon_id": beacon_id,
        "heard_at": heard.at,
        "synced_at": heard.at,
        "lag_s": clock.lag_s,
        "lag_at": clock.lag_at,
        "last_step": clock.last_step,
        "last_at": clock.last_at,
        "battery": heard.battery,
        "resumed": heard.resumed,
    }
