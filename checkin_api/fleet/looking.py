"""The beacons as an installer or HR looks at them: where, how they are, who heard them last, which alarms are open."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.ids import AlarmKind, BeaconKind, Proof, SightingSource
from checkin_api.errors import NotFoundError
from checkin_api.fleet.beacons import BeaconState
from hardware.frames import battery


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSighting:
    """The last time somebody on site heard a beacon."""

    at: datetime
    source: SightingSource
    told_by: str
    zone: str
    proof: Proof | None
    rssi_dbm: float | None
    interval_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BeaconLook:
    """A beacon and its health.

    Attributes:
        keys: How many keys there are; of a rolling beacon none means that nothing can be checked.
        phone_at: When a phone heard it last.
        battery_percent: As it said itself; None for one on the mains, or that does not say.
        lag_s: How far its clock lags behind ours, in seconds, as learned.
        resumed: Whether it lost its power since its clock was set.
        alarms: The kinds of alarms that are open, and how often each was counted.
    """

    hwid: str
    zone: str
    site: str
    kind: BeaconKind
    label: str
    state: BeaconState
    keys: int
    phone_at: datetime | None
    sighting: LastSighting | None
    battery_percent: int | None
    lag_s: float | None
    resumed: bool
    alarms: dict[AlarmKind, int]


def look_at_all(
    session: Session, now: datetime, *, zone: str | None = None, site: str | None = None
) -> list[BeaconLook]:
    """The beacons of a zone, a site or everywhere, by site, zone and hardware ID."""
    query = _query()
    if zone is not None:
        query = query.where(m.Zone.code == zone)
    if site is not None:
        query = query.where(m.Site.code == site)
    return _looks(session, now, session.execute(query).all())


def look_at(session: Session, now: datetime, hwid: str) -> BeaconLook:
    """One beacon.

    Raises:
        NotFoundError: no beacon has this hardware ID.
    """
    looks = _looks(session, now, session.execute(_query().where(m.Beacon.hwid == hwid)).all())
    if not looks:
        raise NotFoundError(f"沒有信標 {hwid} / no beacon has the hardware ID {hwid}; see `checkin beacons list`")
    return looks[0]


def _query() -> Any:
    return (
        select(m.Beacon, m.Zone.code, m.Site.code, m.BeaconHealth)
        .join(m.Zone, m.Zone.id == m.Beacon.zone_id)
        .join(m.Site, m.Site.id == m.Zone.site_id)
        .outerjoin(m.BeaconHealth, m.BeaconHealth.beacon_id == m.Beacon.id)
        .order_by(m.Site.code, m.Zone.code, m.Beacon.hwid)
    )


def _looks(session: Session, now: datetime, rows: Sequence[Any]) -> list[BeaconLook]:
    ids = [beacon.id for beacon, *_ in rows]
    keys, sightings, alarms = _key_counts(session, ids), _last_sightings(session, ids), _open_alarms(session, ids)
    return [
        BeaconLook(
            hwid=beacon.hwid,
            zone=zone,
            site=site,
            kind=beacon.kind,
            label=beacon.label,
            state=BeaconState.of(beacon.retired_at, now),
            keys=keys.get(beacon.id, 0),
            phone_at=health.heard_at if health else None,
            sighting=sightings.get(beacon.id),
            battery_percent=battery.percent(health.battery) if health and health.battery is not None else None,
            lag_s=round(health.lag_s, 1) if health and beacon.kind is BeaconKind.ROLLING else None,
            resumed=bool(health and health.resumed),
            alarms=alarms[beacon.id],
        )
        for beacon, zone, site, health in rows
    ]


def _key_counts(session: Session, ids: Sequence[int]) -> dict[int, int]:
    query = select(m.BeaconKey.beacon_id, func.count()).where(m.BeaconKey.beacon_id.in_(ids))
    return {row[0]: row[1] for row in session.execute(query.group_by(m.BeaconKey.beacon_id))}


def _open_alarms(session: Session, ids: Sequence[int]) -> dict[int, dict[AlarmKind, int]]:
    alarms: dict[int, dict[AlarmKind, int]] = defaultdict(dict)
    query = select(m.BeaconAlarm.beacon_id, m.BeaconAlarm.kind, m.BeaconAlarm.count)
    for beacon_id, kind, count in session.execute(
        query.where(m.BeaconAlarm.beacon_id.in_(ids), m.BeaconAlarm.closed_at.is_(None))
    ):
        alarms[beacon_id][kind] = count
    return alarms


def _last_sightings(session: Session, ids: Sequence[int]) -> dict[int, LastSighting]:
    newest = (
        select(func.max(m.BeaconSighting.id))
        .where(m.BeaconSighting.beacon_id.in_(ids))
        .group_by(m.BeaconSighting.beacon_id)
    )
    rows = session.execute(
        select(m.BeaconSighting, m.Zone.code)
        .join(m.Zone, m.Zone.id == m.BeaconSighting.zone_id)
        .where(m.BeaconSighting.id.in_(newest))
    )
    return {
        sighting.beacon_id: LastSighting(
            at=sighting.at,
            source=sighting.source,
            told_by=sighting.told_by,
            zone=zone,
            proof=sighting.proof,
            rssi_dbm=sighting.rssi_dbm,
            interval_ms=sighting.interval_ms,
        )
        for sighting, zone in rows
    }
