"""What agents send in: beacons judged like any sighting, officers' badges and phones turned into presences."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.ids import Assurance, SightingSource, new_id
from checkin_api.domain.punching import CORROBORATES_WITHIN
from checkin_api.errors import NotFoundError
from checkin_api.fleet import sightings
from checkin_api.fleet.sightings import HeardMessage, Sighting
from checkin_api.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class BeaconSummary:
    """One beacon as an agent heard it in one interval; every distinct message once."""

    hwid: str
    heard: Sequence[HeardMessage]
    rssi_dbm: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSummary:
    """One officer's badge or phone as an agent heard it near, by its public ID, in one interval."""

    device: UUID
    begin: datetime
    end: datetime
    rssi_dbm: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What an agent sends at once; one that comes again under the same ID changes nothing."""

    id: UUID
    beacons: Sequence[BeaconSummary]
    devices: Sequence[DeviceSummary]


def take_batch(session: Session, vault: Vault, now: datetime, agent: m.Agent, batch: Batch) -> bool:
    """Take over what an agent heard; False if this batch was taken before. The caller commits.

    What concerns beacons or devices that are no longer known is left out: the agent's list is older than ours.
    """
    # Held until the end, so that the same batch sent twice at a time waits here and is then known.
    session.get_one(m.Agent, agent.id, with_for_update=True)
    if session.get(m.AgentBatch, (agent.id, batch.id)) is not None:
        return False
    session.add(
        m.AgentBatch(agent_id=agent.id, batch_id=batch.id, at=now, items=len(batch.beacons) + len(batch.devices))
    )
    zone = session.get_one(m.Zone, agent.zone_id)
    # In one order, so that two agents of a zone never wait for each other.
    for summary in sorted(batch.beacons, key=lambda each: each.hwid):
        _take_beacon(session, vault, now, agent, zone, summary)
    _take_devices(session, now, agent, batch.devices)
    session.flush()
    return True


def _take_beacon(  # noqa: PLR0913, PLR0917 (who heard what where)
    session: Session, vault: Vault, now: datetime, agent: m.Agent, zone: m.Zone, summary: BeaconSummary
) -> None:
    try:
        sightings.take(
            session,
            vault,
            now,
            Sighting(
                hwid=summary.hwid,
                zone=zone.code,
                source=SightingSource.AGENT,
                told_by=agent.name,
                heard=summary.heard,
                rssi_dbm=summary.rssi_dbm,
            ),
        )
    except NotFoundError:
        return


def _take_devices(session: Session, now: datetime, agent: m.Agent, summaries: Sequence[DeviceSummary]) -> None:
    query = select(m.OfficerDevice).where(
        m.OfficerDevice.public_id.in_({each.device for each in summaries}), m.OfficerDevice.retired_at.is_(None)
    )
    known = {device.public_id: device for device in session.scalars(query)}
    for summary in summaries:
        device = known.get(summary.device)
        if device is None or summary.begin < device.consented_at:
            continue
        session.add(
            m.Presence(
                id=new_id(),
                officer_id=device.officer_id,
                zone_id=agent.zone_id,
                at=summary.end,
                received_at=now,
                assurance=Assurance.LOW,
                agent_id=agent.id,
                device_id=device.id,
                rssi_dbm=summary.rssi_dbm,
            )
        )
        _corroborate(session, device.officer_id, agent.zone_id, summary.begin, summary.end)


def _corroborate(session: Session, officer_id: int, zone_id: int, begin: datetime, end: datetime) -> None:
    """Raise what the officer's phone told shortly before; punches keep what was known when they were made."""
    p = m.Presence
    around = p.at.between(begin - CORROBORATES_WITHIN, end + CORROBORATES_WITHIN)
    session.execute(
        update(p)
        .where(
            p.officer_id == officer_id,
            p.zone_id == zone_id,
            around,
            p.agent_id.is_(None),
            p.assurance == Assurance.MEDIUM,
        )
        .values(assurance=Assurance.HIGH)
        .execution_options(synchronize_session=False)
    )
