"""Beacons and agents: how they are, per site and zone; open alarms; when each zone could not see, on a time bar."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for

from checkin_api.domain.ids import Role
from checkin_api.fleet import agents, alarms
from checkin_api.fleet.agents import AgentLook, AgentState
from checkin_api.fleet.beacons import BeaconState
from checkin_api.fleet.looking import BeaconLook, look_at, look_at_all
from checkin_api.queries import fleet as places
from checkin_api.queries.coverage import OutageRow, outages
from checkin_api.queries.fleet import ZoneLook
from checkin_api.web.console import access
from checkin_api.web.console.access import page
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError

VIEWERS = (Role.HR, Role.AUDITOR, Role.INSTALLER)
# How far back the time bars go.
SPAN = timedelta(days=7)
# A beacon with less is changed soon.
LOW_BATTERY_PERCENT = 20
_BAR_WIDTH = 700

AGENT_STATE: dict[AgentState, tuple[str, str]] = {
    AgentState.WAITING: ("等待啟用", "Waiting to be enrolled"),
    AgentState.HEARING: ("正常", "Hearing"),
    AgentState.DEAF: ("聽不到", "Deaf"),
    AgentState.SILENT: ("沒有回報", "Silent"),
    AgentState.REVOKED: ("已撤銷", "Revoked"),
}


@dataclass(frozen=True, slots=True)
class Blind:
    """A piece of a time bar: from where, how wide, in a bar of ``_BAR_WIDTH``; and the outage."""

    at: float
    width: float
    outage: OutageRow


@dataclass(frozen=True, slots=True)
class ZonePart:
    """A zone with what hangs in it and when it could not see."""

    zone: ZoneLook
    beacons: Sequence[BeaconLook]
    agents: Sequence[AgentLook]
    blind: Sequence[Blind]

    @property
    def is_well(self) -> bool:
        """Whether nothing asks for somebody to go there."""
        in_service = [beacon for beacon in self.beacons if beacon.state is BeaconState.IN_SERVICE]
        return (
            bool(in_service)
            and not any(beacon.alarms for beacon in in_service)
            and all(agent.state is AgentState.HEARING for agent in self.agents)
            and not any(piece.outage.end is None for piece in self.blind)
        )


@blueprint.get("/fleet")
@page(*VIEWERS)
def fleet() -> Any:
    """All sites with their zones; those with something wrong first."""
    now = access.now()
    with access.database().read() as session:
        zones = places.zones(session)
        beacons = look_at_all(session, now)
        listed = [agent for agent in agents.look_at_all(session, now) if agent.state is not AgentState.REVOKED]
        lasted = outages(session, now - SPAN)
        open_alarms = alarms.list_alarms(session)
    parts = [_part(zone, beacons, listed, lasted, now=now) for zone in zones]
    sites: dict[str, list[ZonePart]] = {}
    for part in sorted(parts, key=lambda part: part.is_well):
        sites.setdefault(part.zone.site, []).append(part)
    return render_template(
        "console/fleet.html",
        sites=sites,
        parts=parts,
        alarms=open_alarms,
        since=now - SPAN,
        now=now,
        width=_BAR_WIDTH,
        low_battery=LOW_BATTERY_PERCENT,
        agent_words=AGENT_STATE,
    )


@blueprint.get("/fleet/beacons/<hwid>")
@page(*VIEWERS)
def fleet_beacon(hwid: str) -> Any:
    """One beacon, its alarms with their evidence."""
    with access.database().read() as session:
        found = look_at(session, access.now(), hwid.lower())
        rows = alarms.list_alarms(session, hwid=found.hwid, closed=True)
    return render_template("console/fleet_beacon.html", beacon=found, alarms=rows)


@blueprint.post("/fleet/alarms/<int(max=9223372036854775807):alarm_id>/close")
@page(Role.HR, Role.INSTALLER)
def fleet_close(alarm_id: int) -> Any:
    """Close an alarm, saying what was found; it is in the audit log."""
    note = request.form.get("note", "").strip()
    if not note:
        raise ProblemError(422, "validation_failed", "請寫明處理情形 / say what was found and done")
    with access.database().write() as session:
        alarms.close(session, access.now(), alarm_id, actor=access.viewer().actor, comment=note[:400])
    return redirect(url_for("console.fleet", done="closed"), 303)


def _part(
    zone: ZoneLook,
    beacons: Iterable[BeaconLook],
    listed: Iterable[AgentLook],
    lasted: Iterable[OutageRow],
    *,
    now: datetime,
) -> ZonePart:
    return ZonePart(
        zone,
        [beacon for beacon in beacons if beacon.zone == zone.code],
        [agent for agent in listed if agent.zone == zone.code],
        [_blind(outage, now) for outage in lasted if outage.zone_code in (None, zone.code)],
    )


def _blind(outage: OutageRow, now: datetime) -> Blind:
    begin = now - SPAN
    first, last = max(outage.begin, begin), min(outage.end or now, now)
    at = (first - begin) / SPAN * _BAR_WIDTH
    # An outage of minutes is to be seen, too.
    return Blind(round(at, 1), max(round((last - first) / SPAN * _BAR_WIDTH, 1), 2.0), outage)
