"""Where a phone is, as its system tells a page: near the place of its zone, or some kilometres from all of them."""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from tests.line_platform.phones import Phone, Zone
from tests.line_platform.reception import LocationPermission

# A degree of latitude. Source: WGS 84, mean.
_METRES_PER_DEGREE = 111_320
# What phones report in the open and beside a building. Source: usage; no phone promises it.
_ACCURACY_M = (8.0, 22.0)
# "Approximate" location. Source: Android documentation, ACCESS_COARSE_LOCATION: within about 3 square kilometres.
_COARSE_ACCURACY_M = (1500.0, 2500.0)
_AWAY_M = 4000.0
# A reading stands for some seconds, as a phone's does.
_READING_S = 5.0


class NoPosition(IntEnum):
    """Why there is none; the codes of GeolocationPositionError. Source: W3C Geolocation."""

    PERMISSION_DENIED = 1
    POSITION_UNAVAILABLE = 2


@dataclass(frozen=True, slots=True)
class Position:
    """One reading: degrees, and the radius in metres within which the phone believes itself to be."""

    latitude: float
    longitude: float
    accuracy_m: float

    def as_json(self) -> dict[str, Any]:
        """Return the reading as `coords` of a GeolocationPosition has it."""
        return {"latitude": self.latitude, "longitude": self.longitude, "accuracy": self.accuracy_m}


def locate(phone: Phone, zones: Iterable[Zone], now: float) -> Position | NoPosition:
    """Return what the phone knows of its place; the same for the same phone within some seconds.

    A zone without coordinates, or a platform without any, leaves the position unavailable: none is made up.
    """
    settings = phone.settings
    if settings.location_permission is LocationPermission.OFF:
        return NoPosition.PERMISSION_DENIED
    if not settings.location_services:
        return NoPosition.POSITION_UNAVAILABLE
    places = {zone.code: zone.place for zone in zones if zone.place is not None}
    true = places.get(phone.zone) if phone.zone else _away(list(places.values()), _chances(phone.user_id)[0])
    if true is None:
        return NoPosition.POSITION_UNAVAILABLE
    turn, spread, share = _chances(f"{phone.user_id} {now // _READING_S}")
    least, most = _ACCURACY_M if settings.precise_location else _COARSE_ACCURACY_M
    accuracy = least + (most - least) * spread
    # Off, but within its accuracy, as a phone is most of the time.
    latitude, longitude = _moved(true, accuracy * (0.2 + 0.6 * share), turn)
    return Position(round(latitude, 6), round(longitude, 6), round(accuracy, 1))


def _away(places: list[tuple[float, float]], turn: float) -> tuple[float, float] | None:
    """Return a place at least `_AWAY_M` from every other, in a direction of the phone's own; None if there are none."""
    # On a sphere one would come back to where one was; no department is that large.
    for steps in range(1, 100):
        there = _moved(places[0], _AWAY_M * steps, turn) if places else None
        if there and all(_distance(there, place) >= _AWAY_M * 0.99 for place in places):
            return there
    return None


def _moved(place: tuple[float, float], metres: float, turn: float) -> tuple[float, float]:
    angle = 2 * math.pi * turn
    north, east = metres * math.cos(angle), metres * math.sin(angle)
    latitude = place[0] + north / _METRES_PER_DEGREE
    return latitude, place[1] + east / (_METRES_PER_DEGREE * math.cos(math.radians(place[0])))


def _distance(here: tuple[float, float], there: tuple[float, float]) -> float:
    north = (there[0] - here[0]) * _METRES_PER_DEGREE
    east = (there[1] - here[1]) * _METRES_PER_DEGREE * math.cos(math.radians(here[0]))
    return math.hypot(north, east)


def _chances(seed: str) -> list[float]:
    """Return three numbers from 0 to 1 that are the same for the same seed."""
    digest = hashlib.sha256(seed.encode()).digest()
    return [int.from_bytes(digest[i : i + 4]) / 2**32 for i in range(0, 12, 4)]
