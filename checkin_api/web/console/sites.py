"""How each site is: its zones with what hangs in them, when they could not see, and the one word for all of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from sqlalchemy.orm import Session

from checkin_api.domain.plan import Spot
from checkin_api.fleet import agents
from checkin_api.fleet.agents import AgentLook, AgentState
from checkin_api.fleet.beacons import BeaconState
from checkin_api.fleet.looking import BeaconLook, look_at_all
from checkin_api.queries import fleet as places
from checkin_api.queries.coverage import OutageRow, outages
from checkin_api.queries.fleet import SiteLook, ZoneLook

_Row = TypeVar("_Row")

# How far back the time bars go, and how long they are drawn.
SPAN = timedelta(days=7)
BAR_WIDTH = 700
# A beacon with less is changed soon.
LOW_BATTERY_PERCENT = 20


class SiteState(StrEnum):
    """How a site is, the most urgent first."""

    BLIND = "blind"
    TROUBLE = "trouble"
    NEVER = "never"
    WELL = "well"


STATE: Mapping[SiteState, tuple[str, str]] = MappingProxyType(
    {
        SiteState.BLIND: ("現在看不到", "Blind now"),
        SiteState.TROUBLE: ("失聲、電池低或有警報", "Silent, low or alarmed"),
        SiteState.NEVER: ("從未聽到", "Never heard"),
        SiteState.WELL: ("正常", "All well"),
    }
)
_URGENCY = list(SiteState)


@dataclass(frozen=True, slots=True)
class Blind:
    """A piece of a time bar: from where, how wide, in a bar of ``BAR_WIDTH``; and the outage."""

    at: float
    width: float
    outage: OutageRow


@dataclass(frozen=True, slots=True)
class ZonePart:
    """A zone with what hangs in it and when it could not see; ``lasting`` are the outages of this moment."""

    zone: ZoneLook
    beacons: Sequence[BeaconLook]
    agents: Sequence[AgentLook]
    blind: Sequence[Blind]
    lasting: Sequence[OutageRow]

    @property
    def is_blind(self) -> bool:
        """Whether it cannot see now."""
        return bool(self.lasting)

    @property
    def in_service(self) -> list[BeaconLook]:
        """The beacons that count."""
        return [beacon for beacon in self.beacons if beacon.state is BeaconState.IN_SERVICE]

    @property
    def is_well(self) -> bool:
        """Whether nothing asks for somebody to go there."""
        return (
            bool(self.in_service)
            and not any(beacon.alarms or is_low(beacon) for beacon in self.in_service)
            and all(agent.state is AgentState.HEARING for agent in self.agents)
            and not self.is_blind
        )


@dataclass(frozen=True, slots=True)
class SitePart:
    """A site with its zones."""

    site: SiteLook
    zones: Sequence[ZonePart]

    @property
    def state(self) -> SiteState:
        """The most urgent that is true of it; where nothing was ever heard there is no trouble yet."""
        if any(part.is_blind for part in self.zones):
            return SiteState.BLIND
        if self.heard_at is None:
            return SiteState.NEVER
        return SiteState.WELL if all(part.is_well for part in self.zones) else SiteState.TROUBLE

    @property
    def heard_at(self) -> datetime | None:
        """When anything of it was heard last, be it retired since."""
        beacons = [beacon for part in self.zones for beacon in part.beacons]
        heard = [
            *(beacon.phone_at for beacon in beacons),
            *(beacon.sighting.at for beacon in beacons if beacon.sighting),
            *(agent.heartbeat_at for part in self.zones for agent in part.agents),
        ]
        return max((at for at in heard if at is not None), default=None)

    @property
    def spot(self) -> Spot:
        """The same as it is drawn on a plan."""
        return Spot(self.site.code, self.site.name, self.site.latitude, self.site.longitude)


def is_low(beacon: BeaconLook) -> bool:
    """Whether its battery is to be changed soon."""
    return beacon.battery_percent is not None and beacon.battery_percent < LOW_BATTERY_PERCENT


def site_parts(session: Session, now: datetime, *, code: str | None = None) -> list[SitePart]:
    """All sites, or the one with this code; the most urgent first, then by code."""
    zones = _by(places.zones(session), "site_code")
    beacons = _by(look_at_all(session, now, site=code), "zone")
    listed = _by((agent for agent in agents.look_at_all(session, now) if agent.state is not AgentState.REVOKED), "zone")
    lasted = outages(session, now - SPAN)
    found = [
        SitePart(
            site,
            sorted(
                (_part(zone, beacons, listed, lasted, now=now) for zone in zones.get(site.code, [])),
                key=lambda part: part.is_well,
            ),
        )
        for site in places.sites(session)
        if code in (None, site.code)
    ]
    return sorted(found, key=lambda part: _URGENCY.index(part.state))


def _part(
    zone: ZoneLook,
    beacons: Mapping[str, Sequence[BeaconLook]],
    listed: Mapping[str, Sequence[AgentLook]],
    lasted: Iterable[OutageRow],
    *,
    now: datetime,
) -> ZonePart:
    own = [outage for outage in lasted if outage.zone_code in (None, zone.code) and outage.begin <= now]
    return ZonePart(
        zone,
        beacons.get(zone.code, ()),
        listed.get(zone.code, ()),
        [_blind(outage, now) for outage in own],
        [outage for outage in own if outage.end is None or outage.end > now],
    )


def _by(rows: Iterable[_Row], name: str) -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = {}
    for row in rows:
        found.setdefault(getattr(row, name), []).append(row)
    return found


def _blind(outage: OutageRow, now: datetime) -> Blind:
    begin = now - SPAN
    first, last = max(outage.begin, begin), min(outage.end or now, now)
    at = (first - begin) / SPAN * BAR_WIDTH
    # An outage of minutes is to be seen, too.
    return Blind(round(at, 1), max(round((last - first) / SPAN * BAR_WIDTH, 1), 2.0), outage)
