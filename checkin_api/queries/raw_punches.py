"""Every punch of a time, with its evidence, as it is stored: streamed, for a year of a department is millions."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.ids import Assurance, Direction, Proof, PunchSource, Shown

# Rows at a time from the database.
BATCH = 5000


class RawPunch(NamedTuple):
    """A punch, where it was made and what proves it; ``is_void`` when a correction took it back.

    A tuple, for half a million of them are made at a time, and a dataclass that is frozen costs five times as much.
    """

    staff_no: str
    name: str
    unit_code: str
    at: datetime
    received_at: datetime
    direction: Direction
    source: PunchSource
    zone_code: str | None
    timezone: str | None
    assurance: Assurance
    hwid: str | None
    proved: bool
    proof: Proof | None
    from_agent: bool
    shown: Shown | None
    distance_m: int | None
    accuracy_m: int | None
    is_void: bool


def raw_punches(  # noqa: PLR0913 (when, whose, how many)
    session: Session,
    begin: datetime,
    end: datetime,
    *,
    among: ColumnElement[bool] | None = None,
    skip: int = 0,
    limit: int | None = None,
) -> Iterator[Sequence[RawPunch]]:
    """The punches of an interval by time, the end not included, in batches; void ones are among them."""
    p, presence = m.Punch, m.Presence
    query = (
        select(
            *(m.Officer.staff_no, m.Officer.name, m.Unit.code, p.at, p.received_at, p.direction, p.source),
            *(m.Zone.code, m.Site.timezone, p.assurance, m.Beacon.hwid, presence.id.is_not(None), presence.proof),
            *(presence.agent_id.is_not(None), presence.shown, presence.distance_m, presence.accuracy_m),
            m.PunchVoid.punch_id.is_not(None),
        )
        .select_from(p)
        .join(m.Officer, m.Officer.id == p.officer_id)
        .join(m.Unit, m.Unit.id == m.Officer.unit_id)
        .outerjoin(m.Zone, m.Zone.id == p.zone_id)
        .outerjoin(m.Site, m.Site.id == m.Zone.site_id)
        .outerjoin(presence, presence.id == p.presence_id)
        .outerjoin(m.Beacon, m.Beacon.id == presence.beacon_id)
        .outerjoin(m.PunchVoid, m.PunchVoid.punch_id == p.id)
        .order_by(p.at, p.id)
        .offset(skip or None)
        .limit(limit)
    )
    found = session.execute(_within(query, begin, end, among), execution_options={"yield_per": BATCH})
    for batch in found.partitions():
        yield [RawPunch._make(row) for row in batch]


def raw_punch_count(
    session: Session, begin: datetime, end: datetime, *, among: ColumnElement[bool] | None = None
) -> int:
    """How many there are."""
    query = select(func.count(m.Punch.id))
    if among is not None:
        query = query.join(m.Officer, m.Officer.id == m.Punch.officer_id)
    return session.scalar(_within(query, begin, end, among)) or 0


def _within(
    query: Select[*tuple[Any, ...]], begin: datetime, end: datetime, among: ColumnElement[bool] | None
) -> Select[*tuple[Any, ...]]:
    return query.where(m.Punch.at >= begin, m.Punch.at < end, true() if among is None else among)
