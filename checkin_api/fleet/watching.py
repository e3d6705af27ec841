"""What the worker looks for each hour: beacons that have fallen silent, batteries that run out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.ids import AlarmKind
from checkin_api.domain.radar import LOW_BATTERY_LEVEL
from checkin_api.fleet import alarms
from checkin_api.fleet.alarms import Evidence, Raised
from hardware.frames import battery

# So many people were sensed in the zone meanwhile, by other beacons: it is in use.
_IN_USE = 3
_BY = "worker"


@dataclass(frozen=True, slots=True)
class Watched:
    """How many beacons are silent, and how many have a low battery."""

    silent: int
    low_battery: int


@dataclass(frozen=True, slots=True)
class _Found:
    beacon_id: int
    zone: str
    note: str


def watch(session: Session, now: datetime, *, silent_after: timedelta) -> Watched:
    """Raise alarms about silent beacons and low batteries, and close those that are over. The caller commits.

    A beacon is silent when nobody has heard it for so long though its zone is in use: people were sensed there by other
    beacons, or should have been and were not (an outage), or an agent listens there.
    """
    silent = list(_silent(session, now, silent_after))
    low = list(_low_batteries(session))
    _settle(session, now, AlarmKind.SILENT, silent)
    _settle(session, now, AlarmKind.LOW_BATTERY, low)
    return Watched(len(silent), len(low))


def _settle(session: Session, now: datetime, kind: AlarmKind, found: list[_Found]) -> None:
    alarms.close_what_is_over(session, now, kind, (each.beacon_id for each in found))
    known = alarms.open_beacons(session, kind)
    raised = [
        Raised(each.beacon_id, kind, Evidence(at=now, who=_BY, zone=each.zone, note=each.note))
        for each in found
        if each.beacon_id not in known
    ]
    alarms.raise_all(session, raised)


def _silent(session: Session, now: datetime, silent_after: timedelta) -> Iterator[_Found]:
    since = now - silent_after
    sighted = (
        select(m.BeaconSighting.beacon_id, func.max(m.BeaconSighting.at).label("at"))
        .group_by(m.BeaconSighting.beacon_id)
        .subquery()
    )
    query = (
        select(m.Beacon.id, m.Beacon.zone_id, m.Zone.name, m.BeaconHealth.heard_at, sighted.c.at)
        .join(m.Zone, m.Zone.id == m.Beacon.zone_id)
        .outerjoin(m.BeaconHealth, m.BeaconHealth.beacon_id == m.Beacon.id)
        .outerjoin(sighted, sighted.c.beacon_id == m.Beacon.id)
        .where(
            or_(m.Beacon.retired_at.is_(None), m.Beacon.retired_at > now),
            or_(m.BeaconHealth.heard_at.is_(None), m.BeaconHealth.heard_at < since),
            or_(sighted.c.at.is_(None), sighted.c.at < since),
        )
    )
    quiet = session.execute(query).all()
    in_use = _zones_in_use(session, {row.zone_id for row in quiet}, since)
    for beacon_id, zone_id, zone, heard_at, sighted_at in quiet:
        if zone_id in in_use:
            last = max((at for at in (heard_at, sighted_at) if at is not None), default=None)
            note = "never heard" if last is None else f"last heard {last.isoformat(timespec='seconds')}"
            yield _Found(beacon_id, zone, note)


def _zones_in_use(session: Session, zones: set[int], since: datetime) -> set[int]:
    """Those of the zones where people were sensed since then, or should have been, or where an agent listens."""
    sensed = (
        select(m.Presence.zone_id)
        .where(m.Presence.zone_id.in_(zones), m.Presence.at >= since)
        .group_by(m.Presence.zone_id)
        .having(func.count() >= _IN_USE)
    )
    listened = select(m.Agent.zone_id).where(
        m.Agent.zone_id.in_(zones), m.Agent.revoked_at.is_(None), m.Agent.heartbeat_at >= since
    )
    blind = select(m.Outage.zone_id).where(
        m.Outage.zone_id.in_(zones), m.Outage.end.is_(None), m.Outage.dismissed_at.is_(None)
    )
    return {
        zone
        for zone in (*session.scalars(sensed), *session.scalars(listened), *session.scalars(blind))
        if zone is not None
    }


def _low_batteries(session: Session) -> Iterator[_Found]:
    query = (
        select(m.Beacon.id, m.Zone.name, m.BeaconHealth.battery)
        .join(m.Zone, m.Zone.id == m.Beacon.zone_id)
        .join(m.BeaconHealth, m.BeaconHealth.beacon_id == m.Beacon.id)
        .where(m.Beacon.retired_at.is_(None), m.BeaconHealth.battery.between(battery.UNKNOWN + 1, LOW_BATTERY_LEVEL))
    )
    for beacon_id, zone, level in session.execute(query):
        yield _Found(beacon_id, zone, f"{battery.percent(level or battery.UNKNOWN)} %")
