"""The clone radar: what a sighting on site, or a person's way between sites, says against a beacon."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from checkin_api.domain.ids import AlarmKind, Proof

# Two transmitters at LINE's 152.5 ms (LINE Beacon device specification) are heard every 76 ms in the middle;
# one alone is no faster than 100 ms, the usual interval of an iBeacon.
SHORTEST_INTERVAL_MS = 80
# The same place for a radio: a building and its yard.
SAME_PLACE_KM = 2.0
# No officer is faster than the high-speed train. Source: THSRC, top operating speed 300 km/h.
FASTEST_KM_H = 300.0
# An empty battery: LINE's level 2 is 10 %.
LOW_BATTERY_LEVEL = 2
# Two sites within this time: nobody takes a beacon down, drives and mounts it again.
MOVED_WITHIN = timedelta(hours=1)

_EARTH_RADIUS_KM = 6371.0
_PROOF_ALARMS = {
    Proof.STALE: AlarmKind.STALE_CODE,
    Proof.REPLAYED: AlarmKind.REPLAYED_CODE,
    Proof.FORGED: AlarmKind.FORGED_CODE,
    Proof.UNKNOWN_KEY: AlarmKind.UNKNOWN_KEY,
}


@dataclass(frozen=True, slots=True)
class Place:
    """A site, and where it is if anybody wrote that down; degrees."""

    id: int
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class Told:
    """What one device message said when it was heard on site."""

    at: datetime
    proof: Proof
    step: int | None


def alarm_of(proof: Proof | None) -> AlarmKind | None:
    """The alarm that a phone's message of this kind raises, if any."""
    return _PROOF_ALARMS.get(proof) if proof is not None else None


def alarms_of_sighting(
    told: Sequence[Told], *, is_own_site: bool, heard_at_own_site: timedelta | None, interval_ms: float | None
) -> Iterator[AlarmKind]:
    """What somebody who listened on site found.

    Args:
        told: The device messages heard, in the order of time, each distinct one once.
        is_own_site: Whether it was at the site where the beacon is registered.
        heard_at_own_site: How long before the beacon was last heard there by somebody on site; None if never.
        interval_ms: The median time between two packets, if it was measured.
    """
    yield from dict.fromkeys(kind for kind in (alarm_of(each.proof) for each in told) if kind is not None)
    if not is_own_site:
        # Whoever has the beacon of another site within reach has it, or a copy of it.
        yield AlarmKind.FOREIGN_SITE
        if heard_at_own_site is not None and heard_at_own_site <= MOVED_WITHIN:
            yield AlarmKind.TWO_SITES
    if _goes_back(told) or (interval_ms is not None and interval_ms < SHORTEST_INTERVAL_MS):
        yield AlarmKind.TWO_TRANSMITTERS


def is_impossible(here: Place, there: Place, apart: timedelta) -> bool:
    """Whether nobody can have been at both sites with only this time in between."""
    distance_km = distance(here, there)
    if distance_km is None or distance_km <= SAME_PLACE_KM:
        return False
    hours = abs(apart).total_seconds() / 3600
    return distance_km > FASTEST_KM_H * hours + SAME_PLACE_KM


def distance(here: Place, there: Place) -> float | None:
    """Kilometres between two sites as the crow flies; None where one's position is not known, 0 for the same site.

    Source: the haversine formula on a sphere; its error is under 0.6 %.
    """
    if here.id == there.id:
        return 0.0
    if here.latitude is None or here.longitude is None or there.latitude is None or there.longitude is None:
        return None
    north, south = math.radians(here.latitude), math.radians(there.latitude)
    half_chord = (
        math.sin((north - south) / 2) ** 2
        + math.cos(north) * math.cos(south) * math.sin(math.radians(here.longitude - there.longitude) / 2) ** 2
    )
    return 2 * _EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half_chord)))


def _goes_back(told: Sequence[Told]) -> bool:
    """Whether steps heard in one place one after the other go back: one beacon never does that, two take turns."""
    steps = [each.step for each in told if each.step is not None]
    return any(later < earlier for earlier, later in pairwise(steps))
