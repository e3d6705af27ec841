"""What somebody on site heard of a beacon: judged, remembered, and trusted to set the beacon's clock right."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain import proof, radar
from checkin_api.domain.ids import BeaconKind, Proof, SightingSource
from checkin_api.domain.proof import BeaconClock, Judgement
from checkin_api.domain.radar import Told
from checkin_api.errors import NotFoundError
from checkin_api.fleet import alarms, beacons, health, keys
from checkin_api.fleet.alarms import Evidence, Raised
from checkin_api.vault import Vault


@dataclass(frozen=True, slots=True)
class HeardMessage:
    """A device message and when it was heard first."""

    at: datetime
    message: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What somebody on site heard of one beacon in one go; every distinct message once."""

    hwid: str
    zone: str
    source: SightingSource
    told_by: str
    heard: Sequence[HeardMessage]
    rssi_dbm: float | None = None
    interval_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What each message turned out to be, and whether the beacon's clock was set by them."""

    judged: Sequence[tuple[HeardMessage, Proof | None, float | None]]
    resynchronised: bool


def take(session: Session, vault: Vault, now: datetime, sighting: Sighting) -> Result:
    """Judge and remember a sighting, set the beacon's clock if it jumped, raise alarms. The caller commits.

    A jump is believed to somebody at the beacon's own site, who hears the beacon itself and at another site a copy; but
    no step before the latest one heard: only recordings go back.

    Raises:
        NotFoundError: there is no such beacon or zone.
    """
    beacon = beacons.find(session, sighting.hwid)
    zone = session.scalar(select(m.Zone).where(m.Zone.code == sighting.zone))
    if zone is None:
        raise NotFoundError(f"沒有簽到區 {sighting.zone} / there is no zone with the code {sighting.zone}")
    heard = sorted(sighting.heard, key=lambda each: each.at)
    own_site = session.scalars(select(m.Zone.site_id).where(m.Zone.id == beacon.zone_id)).one()
    trusted = zone.site_id == own_site
    judged, resynchronised = _judge_all(session, vault, now, beacon, heard, trusted=trusted)
    at = heard[-1].at if heard else now
    told = [Told(one.at, two.proof, two.step) for one, two in judged]
    _raise_alarms(session, beacon, sighting, told, zone=zone, own_site=own_site)
    last = judged[-1][1] if judged else None
    session.add(
        m.BeaconSighting(
            beacon_id=beacon.id,
            at=at,
            source=sighting.source,
            told_by=sighting.told_by,
            zone_id=zone.id,
            proof=last.proof if last else None,
            lag_s=last.lag_s if last else None,
            rssi_dbm=sighting.rssi_dbm,
            interval_ms=sighting.interval_ms,
        )
    )
    session.flush()
    shown = [(one, two.proof if beacon.kind is not BeaconKind.LINE else None, two.lag_s) for one, two in judged]
    return Result(shown, resynchronised)


def _judge_all(  # noqa: PLR0913 (what a judgement takes)
    session: Session, vault: Vault, now: datetime, beacon: m.Beacon, heard: Sequence[HeardMessage], *, trusted: bool
) -> tuple[list[tuple[HeardMessage, Judgement]], bool]:
    clock = health.clock_of(session.get(m.BeaconHealth, beacon.id, with_for_update=True), now)
    if beacon.kind is not BeaconKind.ROLLING:
        return [(each, Judgement(proof=Proof.STATIC, clock=clock)) for each in heard], False
    beacon_keys = keys.keys_of(session, vault, [beacon.id])[beacon.id]
    judged, resynchronised, before = [], False, clock
    for each in heard:
        judgement = proof.judge(each.message, beacon.hwid, each.at, keys=beacon_keys, clock=clock)
        if trusted and _is_trustworthy(judgement, clock):
            resynchronised |= judgement.proof is Proof.STALE
            judgement = _trusted(judgement, each.at)
        clock = judgement.clock
        judged.append((each, judgement))
    if trusted and clock != before:
        health.synchronise(session, now, beacon.id, clock)
    return judged, resynchronised


def _is_trustworthy(judgement: Judgement, clock: BeaconClock) -> bool:
    """Whether an authentic message may set the clock: one of now, or of a beacon that lost its power and went on."""
    if judgement.step is None or judgement.proof not in {Proof.VALID, Proof.STALE}:
        return False
    return clock.last_step is None or judgement.step >= clock.last_step - proof.SKEW_STEPS


def _trusted(judgement: Judgement, at: datetime) -> Judgement:
    step = judgement.step
    return judgement if step is None else replace(judgement, proof=Proof.VALID, clock=proof.synchronised(step, at))


def _raise_alarms(  # noqa: PLR0913 (what an alarm says)
    session: Session, beacon: m.Beacon, sighting: Sighting, told: Sequence[Told], *, zone: m.Zone, own_site: int
) -> None:
    if not told:
        return
    at = told[-1].at
    kinds = radar.alarms_of_sighting(
        told,
        is_own_site=zone.site_id == own_site,
        heard_at_own_site=_since_own_site(session, beacon.id, own_site, at),
        interval_ms=sighting.interval_ms,
    )
    newest = max(sighting.heard, key=lambda each: each.at)
    evidence = Evidence(at=at, who=sighting.told_by, zone=zone.name, device_message=newest.message.hex())
    alarms.raise_all(session, [Raised(beacon.id, kind, evidence) for kind in kinds])


def _since_own_site(session: Session, beacon_id: int, site_id: int, at: datetime) -> timedelta | None:
    query = (
        select(m.BeaconSighting.at)
        .join(m.Zone, m.Zone.id == m.BeaconSighting.zone_id)
        .where(m.BeaconSighting.beacon_id == beacon_id, m.Zone.site_id == site_id, m.BeaconSighting.at <= at)
        .order_by(m.BeaconSighting.at.desc())
        .limit(1)
    )
    last = session.scalar(query)
    return None if last is None else at - last
