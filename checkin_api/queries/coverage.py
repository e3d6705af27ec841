"""Evidence of coverage: the signs of life of every zone, and the punches that were due and are not there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import ColumnElement, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.columns import MICROSECONDS, MISSING, Bools, Ints, instant, minutes_of
from checkin_api.domain.coverage import NO_ZONE, Moments, missed_punches
from checkin_api.domain.ids import Direction, OutageSource, Proof, SightingSource, Status
from checkin_api.domain.outages import Outage, blinded
from checkin_api.domain.records import DutyRecord
from checkin_api.domain.shifts import DAY, REACH, local_date
from checkin_api.domain.status import is_
from checkin_api.queries.attendance import OfficerBlock, OfficerRow, Period, attendance
from checkin_api.queries.columns import arrays


@dataclass(frozen=True, slots=True)
class OutageRow:
    """An outage as a person looks at it; ``confirmed`` corrections were made for those it concerned."""

    id: int
    zone_code: str | None
    zone: str | None
    begin: datetime
    end: datetime | None
    source: OutageSource
    reason: str
    dismissed_at: datetime | None
    confirmed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """A duty that an outage explains: the punches that are missing, and when they were due."""

    officer: OfficerRow
    duty_date: date
    shift_code: str
    zone_code: str
    status: Status
    missing: tuple[tuple[Direction, datetime], ...]


def outages(
    session: Session,
    begin: datetime | None = None,
    *,
    until: datetime | None = None,
    dismissed: bool = False,
    outage_id: int | None = None,
) -> list[OutageRow]:
    """Outages that last or ended after ``begin`` and began by ``until``, the newest first.

    The dismissed ones only when asked for.
    """
    o, c = m.Outage, m.Correction
    confirmed = select(func.count(c.id)).where(c.outage_id == o.id).scalar_subquery()
    query = (
        select(o.id, m.Zone.code, m.Zone.name, o.begin, o.end, o.source, o.reason, o.dismissed_at, confirmed)
        .outerjoin(m.Zone, m.Zone.id == o.zone_id)
        .order_by(o.begin.desc(), o.id.desc())
    )
    if begin is not None:
        query = query.where(or_(o.end.is_(None), o.end > begin))
    if until is not None:
        query = query.where(o.begin <= until)
    if not dismissed:
        query = query.where(o.dismissed_at.is_(None))
    if outage_id is not None:
        query = query.where(o.id == outage_id)
    return [OutageRow(*row) for row in session.execute(query)]


def signs_of_life(session: Session, since: datetime, now: datetime) -> Moments:
    """Who was heard where from ``since`` on, with the last time before it of every zone, by the ids of zones.

    Presences are signs of their zone; refusals only of the department, for they show no more than that LINE reached us.
    What agents tell needs no LINE and is none of these signs, nor what an officer shows, which needs no beacon.
    """
    p, r = m.Presence, m.Refusal
    of_phones = _of_all_zones(session), p.agent_id.is_(None), p.shown.is_(None)
    zones, heard = arrays(session, select(p.zone_id, p.at).where(*of_phones, p.at.between(since, now)))
    [asked] = arrays(session, select(r.at).where(r.at.between(since, now)))
    earlier = list(_last_before(session, since))
    return Moments(
        zone=np.concatenate((zones, np.full(len(asked), NO_ZONE), np.array([zone for zone, _ in earlier], np.int64))),
        at=np.concatenate(
            (heard // MICROSECONDS, asked // MICROSECONDS, np.array([minutes_of(at) for _, at in earlier], np.int64))
        ),
    )


def heard_by_agents(session: Session, since: datetime, now: datetime) -> Moments:
    """When an agent heard a beacon of its own zone, and no copy that is known for one, by the ids of zones."""
    s = m.BeaconSighting
    zones, heard = arrays(
        session,
        select(s.zone_id, s.at)
        .join(m.Beacon, m.Beacon.id == s.beacon_id)
        .where(
            s.source == SightingSource.AGENT,
            s.zone_id == m.Beacon.zone_id,
            s.proof.in_((Proof.VALID, Proof.STATIC)),
            s.at.between(since, now),
        ),
    )
    return Moments(zone=zones, at=heard // MICROSECONDS)


def _of_all_zones(session: Session) -> Any:
    # By zone and not by time alone: the index begins with the zone.
    return m.Presence.zone_id.in_(list(session.scalars(select(m.Zone.id))))


def _last_before(session: Session, since: datetime) -> Iterator[tuple[int, datetime]]:
    p, r = m.Presence, m.Refusal
    last = (
        select(func.max(p.at))
        .where(p.zone_id == m.Zone.id, p.at < since, p.agent_id.is_(None), p.shown.is_(None))
        .scalar_subquery()
    )
    asked = select(literal(NO_ZONE), func.max(r.at)).where(r.at < since)
    for zone_id, at in session.execute(union_all(select(m.Zone.id, last), asked)):
        if at is not None:
            yield zone_id, at


def missed_moments(session: Session, since: datetime, now: datetime, zone: ZoneInfo) -> Moments:
    """When and where punches were due, from ``since`` on, that are not there; by the ids of zones."""
    period = Period(first=local_date(since - REACH, zone), last=local_date(now, zone), as_of=now, zone=zone)
    found = [np.empty((0, 2), np.int64)]
    for block in attendance(session, period):
        columns = block.attendance.columns
        ids = np.array([*(each.id for each in block.zones[:-1]), NO_ZONE], np.int64)
        missed = missed_punches(block.attendance)
        for direction, due in ((Direction.IN, columns.start), (Direction.OUT, columns.end)):
            chosen = missed[direction] & block.of_period & (due >= minutes_of(since)) & (due <= minutes_of(now))
            found.append(np.column_stack((ids[columns.zone[chosen]], due[chosen])))
    rows = np.concatenate(found)
    return Moments(zone=rows[:, 0], at=rows[:, 1])


def concerned(
    session: Session,
    outage: OutageRow,
    now: datetime,
    zone: ZoneInfo,
    *,
    among: ColumnElement[bool] | None = None,
) -> Iterator[Concerned]:
    """The duties whose missing punches an outage explains, by staff number and duty; of some officers when given.

    A duty without any punch lacks both, whenever they were due; one with the other punch lacks this one only if it was
    due during the outage. Duties that are not over are not among them.
    """
    last = outage.end or now
    period = Period(
        first=local_date(outage.begin - REACH, zone), last=local_date(last + DAY, zone), as_of=now, zone=zone
    )
    for block in attendance(session, period, among=among):
        yield from _concerned(block, outage, last)


def _concerned(block: OfficerBlock, outage: OutageRow, last: datetime) -> Iterator[Concerned]:
    columns, duties = block.attendance.columns, block.attendance.facts.duties
    codes = [zone.code for zone in block.zones]
    place = None if outage.zone_code is None else codes.index(outage.zone_code)
    blind = np.zeros(len(columns), bool)
    blind[: len(duties)] = blinded(duties, [Outage(zone=place, begin=outage.begin, end=outage.end)])
    unseen = blind & is_(columns.status, Status.UNPROVEN)
    missing = {
        Direction.IN: unseen | blind & is_(columns.status, Status.MISSING_IN) & _during(columns.start, outage, last),
        Direction.OUT: unseen | blind & is_(columns.status, Status.MISSING_OUT) & _during(columns.end, outage, last),
    }
    chosen = block.of_period & (missing[Direction.IN] | missing[Direction.OUT])
    for record in block.attendance.records(chosen):
        yield Concerned(
            officer=block.officers[record.officer],
            duty_date=record.duty_date,
            shift_code=record.shift_code or "",
            zone_code=codes[record.zone],
            status=record.status,
            missing=tuple(_missing(record)),
        )


def _during(due: Ints, outage: OutageRow, last: datetime) -> Bools:
    within: Bools = (due != MISSING) & (due >= minutes_of(outage.begin)) & (due <= minutes_of(last))
    return within


def _missing(record: DutyRecord) -> Iterable[tuple[Direction, datetime]]:
    for direction, made, due in (
        (Direction.IN, record.sign_in, record.start),
        (Direction.OUT, record.sign_out, record.end),
    ):
        if made is None and due is not None:
            yield direction, due


def minute(minutes: int) -> datetime:
    """An instant of ``Moments``."""
    return instant(minutes * MICROSECONDS)
