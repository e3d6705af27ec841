"""Alarms about beacons: raised once and counted while they go on, with their newest evidence, closed by a person."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api import models as m
from checkin_api.audit import Act
from checkin_api.db import Turn, take_turn
from checkin_api.domain.ids import AlarmKind
from checkin_api.errors import NotFoundError

# What a person looks at; the count goes on.
EVIDENCE_KEPT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that happened: when, who told (a staff number, a token's name), where, and what was heard."""

    at: datetime
    who: str
    zone: str
    device_message: str = ""
    lag_s: float | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it is stored and shown; times in UTC, what is not known left out."""
        shown = {
            "at": self.at.astimezone(UTC).isoformat(timespec="seconds"),
            "who": self.who,
            "zone": self.zone,
            "device_message": self.device_message,
            "lag_s": None if self.lag_s is None else round(self.lag_s, 1),
            "note": self.note,
        }
        return {name: value for name, value in shown.items() if value not in ("", None)}


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm to be raised, or counted once more."""

    beacon_id: int
    kind: AlarmKind
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """One alarm as a person looks at it."""

    id: int
    kind: AlarmKind
    hwid: str
    zone: str
    site: str
    first_at: datetime
    last_at: datetime
    count: int
    evidence: Sequence[dict[str, Any]]
    closed_at: datetime | None
    closed_by: str
    comment: str


def raise_all(session: Session, raised: Sequence[Raised]) -> None:
    """Open alarms that are not open, and count the others; the caller commits."""
    if not raised:
        return
    take_turn(session, Turn.ALARMS)
    alike: dict[tuple[int, AlarmKind], list[Evidence]] = defaultdict(list)
    for each in raised:
        alike[each.beacon_id, each.kind].append(each.evidence)
    beacons = {beacon_id for beacon_id, _ in alike}
    still_open = select(m.BeaconAlarm).where(m.BeaconAlarm.beacon_id.in_(beacons), m.BeaconAlarm.closed_at.is_(None))
    alarms = {(alarm.beacon_id, alarm.kind): alarm for alarm in session.scalars(still_open)}
    for (beacon_id, kind), evidence in alike.items():
        newest = [each.as_json() for each in sorted(evidence, key=lambda each: each.at, reverse=True)]
        last_at = max(each.at for each in evidence)
        alarm = alarms.get((beacon_id, kind))
        if alarm is None:
            first_at = min(each.at for each in evidence)
            alarm = m.BeaconAlarm(
                beacon_id=beacon_id, kind=kind, first_at=first_at, last_at=last_at, count=0, evidence=[]
            )
            session.add(alarm)
        alarm.count += len(evidence)
        alarm.last_at = max(alarm.last_at, last_at)
        alarm.evidence = [*newest, *alarm.evidence][:EVIDENCE_KEPT]
    session.flush()


def list_alarms(session: Session, *, hwid: str | None = None, closed: bool = False) -> list[AlarmRow]:
    """The alarms, the one that went on last first; without ``closed`` only those still open."""
    query = (
        select(m.BeaconAlarm, m.Beacon.hwid, m.Zone.name, m.Site.name)
        .join(m.Beacon, m.Beacon.id == m.BeaconAlarm.beacon_id)
        .join(m.Zone, m.Zone.id == m.Beacon.zone_id)
        .join(m.Site, m.Site.id == m.Zone.site_id)
        .order_by(m.BeaconAlarm.last_at.desc(), m.BeaconAlarm.id)
    )
    if hwid is not None:
        query = query.where(m.Beacon.hwid == hwid)
    if not closed:
        query = query.where(m.BeaconAlarm.closed_at.is_(None))
    return [_row(alarm, hwid_, zone, site) for alarm, hwid_, zone, site in session.execute(query)]


def close(session: Session, now: datetime, alarm_id: int, *, actor: str, comment: str) -> bool:
    """Somebody has looked; the same thing happening again opens a new alarm. The caller commits.

    Returns:
        False if it was closed already.

    Raises:
        NotFoundError: there is no such alarm.
    """
    take_turn(session, Turn.ALARMS)
    alarm = session.get(m.BeaconAlarm, alarm_id)
    if alarm is None:
        raise NotFoundError(f"沒有警報 {alarm_id} / there is no alarm {alarm_id}; see `checkin beacons alarms`")
    if alarm.closed_at is not None:
        return False
    alarm.closed_at, alarm.closed_by, alarm.comment = now, actor, comment
    session.flush()
    detail = {"kind": alarm.kind, "count": alarm.count, "comment": comment}
    audit.record(session, now, Act(actor=actor, action="alarm.close", subject=f"alarm:{alarm_id}", detail=detail))
    return True


def open_counts(session: Session) -> dict[AlarmKind, int]:
    """How many alarms of each kind are open."""
    query = select(m.BeaconAlarm.kind, func.count()).where(m.BeaconAlarm.closed_at.is_(None))
    return {row[0]: row[1] for row in session.execute(query.group_by(m.BeaconAlarm.kind))}


def open_beacons(session: Session, kind: AlarmKind) -> set[int]:
    """The beacons with an open alarm of this kind."""
    query = select(m.BeaconAlarm.beacon_id).where(m.BeaconAlarm.kind == kind, m.BeaconAlarm.closed_at.is_(None))
    return set(session.scalars(query))


def close_what_is_over(session: Session, now: datetime, kind: AlarmKind, still: Iterable[int]) -> None:
    """Close open alarms of a kind that ends by itself, but for the beacons where it goes on. The caller commits."""
    lasting = set(still)
    take_turn(session, Turn.ALARMS)
    query = select(m.BeaconAlarm).where(m.BeaconAlarm.kind == kind, m.BeaconAlarm.closed_at.is_(None))
    for alarm in session.scalars(query):
        if alarm.beacon_id not in lasting:
            alarm.closed_at = now
    session.flush()


def _row(alarm: m.BeaconAlarm, hwid: str, zone: str, site: str) -> AlarmRow:
    return AlarmRow(
        id=alarm.id,
        kind=alarm.kind,
        hwid=hwid,
        zone=zone,
        site=site,
        first_at=alarm.first_at,
        last_at=alarm.last_at,
        count=alarm.count,
        evidence=alarm.evidence,
        closed_at=alarm.closed_at,
        closed_by=alarm.closed_by,
        comment=alarm.comment,
    )
