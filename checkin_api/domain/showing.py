"""Positions that officers show where no beacon is heard: how near to a site they must be."""

from collections.abc import Sequence
from dataclasses import dataclass

from checkin_api.domain.ids import Reason
from checkin_api.domain.radar import Place, distance

# A phone that knows no more than its cell tower proves nothing. Measured positions in the open are good to some 10 m,
# in houses to some 50 m. Source: W3C Geolocation, "accuracy", a radius of 95 % confidence.
WORST_ACCURACY_M = 200
# As much of a vague position's radius is taken in the officer's favour.
ACCURACY_COUNTS_M = 100
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Position:
    """Where a phone believes itself to be, in degrees, good to ``accuracy_m`` metres."""

    latitude: float
    longitude: float
    accuracy_m: float


@dataclass(frozen=True, slots=True)
class Area:
    """A zone that takes positions within ``radius_m`` of its site."""

    zone_code: str
    site: Place
    radius_m: int


@dataclass(frozen=True, slots=True)
class Near:
    """The area that a position is in; the position itself is not kept."""

    zone_code: str
    distance_m: int
    accuracy_m: int


def judge_position(position: Position, areas: Sequence[Area]) -> Near | Reason:
    """The nearest area that the position lies in, or why it lies in none."""
    if position.accuracy_m > WORST_ACCURACY_M:
        return Reason.POSITION_VAGUE
    here = Place(NOWHERE, position.latitude, position.longitude)
    found = []
    for area in areas:
        apart_km = distance(here, area.site)
        if apart_km is not None and apart_km * 1000 <= area.radius_m + min(position.accuracy_m, ACCURACY_COUNTS_M):
            found.append(Near(area.zone_code, round(apart_km * 1000), round(position.accuracy_m)))
    return min(found, key=lambda near: (near.distance_m, near.zone_code), default=Reason.NOT_NEAR)
