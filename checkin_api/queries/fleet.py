"""Sites, zones, beacons and agents as reports and pages look at them: where, when heard last, battery, open alarms."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.ids import AlarmKind, BeaconKind, SightingSource
from hardware.frames import battery as level


@dataclass(frozen=True, slots=True, kw_only=True)
class BeaconLook:
    """One beacon; ``battery_percent`` is None of one that is on mains, or tells nothing."""

    hwid: str
    label: str
    kind: BeaconKind
    zone_code: str
    zone: str
    site: str
    retired_at: datetime | None
    phone_at: datetime | None
    agent_at: datetime | None
    battery_percent: int | None
    alarms: tuple[AlarmKind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLook:
    """One agent that is not revoked."""

    name: str
    zone_code: str
    zone: str
    enrolled_at: datetime | None
    heartbeat_at: datetime | None


@dataclass(frozen=True, slots=True)
class ZoneLook:
    """One zone."""

    code: str
    name: str
    site: str
    site_code: str


@dataclass(frozen=True, slots=True)
class SiteLook:
    """One site, and where it is if anybody wrote that down; degrees."""

    code: str
    name: str
    address: str
    latitude: float | None
    longitude: float | None


def beacons(session: Session) -> list[BeaconLook]:
    """Every beacon, by site, zone and hardware ID."""
    alarms: dict[int, list[AlarmKind]] = defaultdict(list)
    a, s = m.BeaconAlarm, m.BeaconSighting
    for beacon_id, kind in session.execute(select(a.beacon_id, a.kind).where(a.closed_at.is_(None)).order_by(a.kind)):
        alarms[beacon_id].append(kind)
    sighted = (
        select(func.max(s.at, type_=m.UtcDateTime()))
        .where(s.beacon_id == m.Beacon.id, s.source == SightingSource.AGENT)
        .scalar_subquery()
    )
    b, h = m.Beacon, m.BeaconHealth
    rows = session.execute(
        select(
            *(b.id, b.hwid, b.label, b.kind, m.Zone.code, m.Zone.name, m.Site.name, b.retired_at),
            *(h.heard_at, sighted, h.battery),
        )
        .join(m.Zone, m.Zone.id == b.zone_id)
        .join(m.Site, m.Site.id == m.Zone.site_id)
        .outerjoin(h, h.beacon_id == b.id)
        .order_by(m.Site.code, m.Zone.code, b.hwid)
    )
    return [
        BeaconLook(
            hwid=hwid,
            label=label,
            kind=kind,
            zone_code=code,
            zone=zone,
            site=site,
            retired_at=retired_at,
            phone_at=phone_at,
            agent_at=agent_at,
            battery_percent=None if battery is None else level.percent(battery),
            alarms=tuple(alarms[beacon_id]),
        )
        for beacon_id, hwid, label, kind, code, zone, site, retired_at, phone_at, agent_at, battery in rows
    ]


def agents(session: Session) -> list[AgentLook]:
    """The agents, by zone and name."""
    a = m.Agent
    rows = session.execute(
        select(a.name, m.Zone.code, m.Zone.name, a.enrolled_at, a.heartbeat_at)
        .join(m.Zone, m.Zone.id == a.zone_id)
        .where(a.revoked_at.is_(None))
        .order_by(m.Zone.code, a.name)
    )
    return [
        AgentLook(name=name, zone_code=code, zone=zone, enrolled_at=enrolled_at, heartbeat_at=heartbeat_at)
        for name, code, zone, enrolled_at, heartbeat_at in rows
    ]


def zones(session: Session) -> list[ZoneLook]:
    """The zones, by site and code."""
    rows = session.execute(
        select(m.Zone.code, m.Zone.name, m.Site.name, m.Site.code)
        .join(m.Site, m.Site.id == m.Zone.site_id)
        .order_by(m.Site.code, m.Zone.code)
    )
    return [ZoneLook(*row) for row in rows]


def sites(session: Session) -> list[SiteLook]:
    """The sites by code, those without a zone too."""
    s = m.Site
    return [
        SiteLook(*row)
        for row in session.execute(select(s.code, s.name, s.address, s.latitude, s.longitude).order_by(s.code))
    ]
