"""Advertisement data into sightings, and the table of what was heard; no radio, no clock."""

from collections.abc import Hashable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hardware.frames import FrameError, ibeacon, simple_beacon
from hardware.frames.ibeacon import IBeacon
from hardware.frames.simple_beacon import SimpleBeacon

# Anyone can send made-up beacons by the thousand; no site has so many real ones.
_MOST_BEACONS = 1000


@dataclass(frozen=True, slots=True)
class UnreadableFrame:
    """A frame of 0xFE6F that is no LINE Simple Beacon: a beacon built wrongly, or a certified LINE Beacon."""

    frame: bytes
    reason: str

    def as_json(self) -> dict[str, Any]:
        """The frame as programs read it."""
        return {"kind": "unreadable", "frame": self.frame.hex(), "reason": self.reason}


Beacon = SimpleBeacon | IBeacon | UnreadableFrame


@dataclass(frozen=True, slots=True)
class Sighting:
    """One report of one beacon; ``rssi_dbm`` is None where the radio did not measure it."""

    beacon: Beacon
    rssi_dbm: int | None
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of one beacon: its newest sighting and the number of them."""

    latest: Sighting
    count: int


def sightings(
    service_data: Mapping[str, bytes],
    manufacturer_data: Mapping[int, bytes],
    *,
    rssi_dbm: int | None,
    heard_at: datetime,
) -> tuple[Sighting, ...]:
    """The beacons in an advertisement's data: none, one, or both packets of one device.

    A device that sends its LINE frame and its iBeacon packet in turn from one address is reported with both, since
    BlueZ keeps the data of an address together.
    """
    beacons: list[Beacon] = []
    if (frame := service_data.get(simple_beacon.UUID_TEXT)) is not None:
        beacons.append(_line_beacon(frame))
    if (content := manufacturer_data.get(ibeacon.APPLE_COMPANY)) is not None:
        # Every Apple device sends manufacturer data; few of them are iBeacons.
        with suppress(FrameError):
            beacons.append(ibeacon.decode_manufacturer_data(ibeacon.APPLE_COMPANY.to_bytes(2, "little") + content))
    return tuple(Sighting(beacon, rssi_dbm, heard_at) for beacon in beacons)


def _line_beacon(frame: bytes) -> SimpleBeacon | UnreadableFrame:
    try:
        return simple_beacon.decode_frame(frame)
    except FrameError as exc:
        return UnreadableFrame(frame, str(exc))


class SightingTable:
    """The beacons heard, one entry each."""

    def __init__(self, most_beacons: int = _MOST_BEACONS) -> None:
        self._heard: dict[Hashable, Heard] = {}
        self._most_beacons = most_beacons

    def record(self, sighting: Sighting) -> None:
        """Count the sighting; when the table is full, the beacon not heard for longest makes room."""
        identity = _identity(sighting.beacon)
        before = self._heard.pop(identity, None)
        if len(self._heard) >= self._most_beacons:
            del self._heard[next(iter(self._heard))]
        self._heard[identity] = Heard(sighting, before.count + 1 if before else 1)

    def __iter__(self) -> Iterator[Heard]:
        """LINE beacons first, then iBeacons, then unreadable frames; the strongest first in each."""
        return iter(sorted(self._heard.values(), key=_rank))

    def __len__(self) -> int:
        return len(self._heard)


def _identity(beacon: Beacon) -> Hashable:
    """Who a beacon is: never its address, for a Pi that sends two packets changes its own at every turn."""
    match beacon:
        case SimpleBeacon(hwid):
            # Its device message may change while it is heard.
            return (SimpleBeacon, hwid)
        case IBeacon(uuid, major, minor):
            return (IBeacon, uuid, major, minor)
        case UnreadableFrame():
            return beacon


def _rank(heard: Heard) -> tuple[int, int]:
    kinds = (SimpleBeacon, IBeacon, UnreadableFrame)
    rssi = heard.latest.rssi_dbm
    # An unknown strength goes behind all that a radio can report.
    return kinds.index(type(heard.latest.beacon)), -(-1000 if rssi is None else rssi)
