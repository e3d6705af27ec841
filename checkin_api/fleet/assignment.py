"""What an agent is told to listen for: where it stands, the department's beacons, officers' badges and phones."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.fleet import devices
from checkin_api.vault import Vault

# How often an agent sums up what it hears: a code stands for 15 s, and an alarm should not wait for long.
SUMMARY_EVERY_S = 120
# Nearer than this somebody is in the zone: what a badge on a lanyard, a few metres off, is heard with through a body.
NEAR_DBM = -75


def place(session: Session, agent_id: int) -> dict[str, Any]:
    """Where an agent stands, and how it sums up."""
    name, zone, zone_name, site = session.execute(
        select(m.Agent.name, m.Zone.code, m.Zone.name, m.Site.code)
        .join(m.Zone, m.Zone.id == m.Agent.zone_id)
        .join(m.Site, m.Site.id == m.Zone.site_id)
        .where(m.Agent.id == agent_id)
    ).one()
    return {
        "agent": name,
        "zone": zone,
        "zone_name": zone_name,
        "site": site,
        "summary_every_s": SUMMARY_EVERY_S,
        "near_dbm": NEAR_DBM,
    }


def beacons(session: Session, now: datetime, agent_id: int) -> dict[str, list[str]]:
    """The hardware IDs that should be heard where the agent stands, and all others of the department's."""
    zone_id = session.scalars(select(m.Agent.zone_id).where(m.Agent.id == agent_id)).one()
    in_service = or_(m.Beacon.retired_at.is_(None), m.Beacon.retired_at > now)
    rows = session.execute(select(m.Beacon.hwid, m.Beacon.zone_id).where(in_service).order_by(m.Beacon.hwid)).all()
    return {
        "here": [hwid for hwid, zone in rows if zone == zone_id],
        "elsewhere": [hwid for hwid, zone in rows if zone != zone_id],
    }


def identities(session: Session, vault: Vault) -> dict[str, list[dict[str, Any]]]:
    """Badges and phones by their public IDs."""
    known = devices.identities(session, vault)
    return {
        "badges": [
            {"id": str(public_id), "uuid": str(badge.uuid), "major": badge.major, "minor": badge.minor}
            for public_id, badge in known.badges
        ],
        "phones": [{"id": str(public_id), "irk": irk.hex()} for public_id, irk in known.phones],
    }


def identities_version(session: Session) -> str:
    """Changes with every device that is enrolled or retired, and costs far less than the list itself."""
    d = m.OfficerDevice
    newest, devices_, retired = session.execute(select(func.max(d.id), func.count(), func.count(d.retired_at))).one()
    return f"{newest}-{devices_}-{retired}"
