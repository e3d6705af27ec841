"""From thousands of reports to one summary per identity and interval; no radio, no clock.

The strength of a signal jumps by 10 dB from packet to packet. Of the last five reports the median is taken, which lets
single jumps go, and then the exponential average with weight 0.3, which follows a walk within a few seconds. Somebody
is *near* from ``near_dbm`` on, and no longer when it has fallen 6 dB below: a body between badge and agent costs about
that much, and nobody should come and go by turning round.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

_MEDIAN_OF = 5
_WEIGHT = 0.3
_HYSTERESIS_DB = 6.0
# Phones go quiet for up to half a minute between bursts.
DEPARTED_AFTER_S = 60.0
# What a summary may hold; a beacon changes its message eight times in two minutes.
_MOST_MESSAGES = 50
_MOST_STRENGTHS = 101


@dataclass(frozen=True, slots=True, kw_only=True)
class BeaconSummary:
    """A beacon in one interval: each distinct device message with when it was heard first, and the median strength.

    Times are seconds of the agent's own clock.
    """

    hwid: str
    messages: tuple[tuple[float, bytes], ...]
    rssi_dbm: float | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSummary:
    """A badge or phone while it was near, in one interval."""

    id: str
    begin_s: float
    end_s: float
    rssi_dbm: float | None


Summary = BeaconSummary | DeviceSummary


class Strength:
    """Smooths one identity's signal."""

    __slots__ = ("_recent", "smoothed_dbm")

    def __init__(self) -> None:
        self._recent: deque[int] = deque(maxlen=_MEDIAN_OF)
        self.smoothed_dbm: float | None = None

    def add(self, rssi_dbm: int) -> float:
        """Take a report in; the smoothed strength."""
        self._recent.append(rssi_dbm)
        middle = sorted(self._recent)[len(self._recent) // 2]
        before = self.smoothed_dbm
        self.smoothed_dbm = float(middle) if before is None else before + _WEIGHT * (middle - before)
        return self.smoothed_dbm


@dataclass(slots=True)
class _Beacon:
    """What was heard of a beacon since it was last summed up."""

    last_s: float
    told_s: float | None = None
    messages: dict[bytes, float] = field(default_factory=dict)
    strengths: list[int] = field(default_factory=list)
    count: int = 0


@dataclass(slots=True)
class _Device:
    """A badge or phone that is around; ``begin_s`` is None while it is not near."""

    last_s: float
    strength: Strength = field(default_factory=Strength)
    begin_s: float | None = None
    near_s: float = 0.0
    told_s: float | None = None


class Tracker:
    """Takes reports of known beacons and devices, gives summaries when they are due.

    One is due at once for whoever has just come, and then every interval.
    """

    def __init__(self, *, every_s: float = 120.0, near_dbm: float = -75.0) -> None:
        self.every_s, self.near_dbm = every_s, near_dbm
        self._beacons: dict[str, _Beacon] = {}
        self._devices: dict[str, _Device] = {}

    def __len__(self) -> int:
        return len(self._beacons) + len(self._devices)

    def hear_beacon(self, hwid: str, message: bytes, rssi_dbm: int | None, at_s: float) -> None:
        """A report of a beacon's frame."""
        beacon = self._beacons.get(hwid)
        if beacon is None:
            beacon = self._beacons[hwid] = _Beacon(at_s)
        beacon.last_s = at_s
        beacon.count += 1
        if message not in beacon.messages and len(beacon.messages) < _MOST_MESSAGES:
            beacon.messages[message] = at_s
        if rssi_dbm is not None:
            if len(beacon.strengths) < _MOST_STRENGTHS:
                beacon.strengths.append(rssi_dbm)
            else:
                beacon.strengths[beacon.count % _MOST_STRENGTHS] = rssi_dbm

    def hear_device(self, id_: str, rssi_dbm: int | None, at_s: float) -> None:
        """A report of a badge or phone; one whose strength was not measured tells only that it is there."""
        device = self._devices.get(id_)
        if device is None:
            device = self._devices[id_] = _Device(at_s)
        device.last_s = at_s
        if rssi_dbm is None:
            return
        smoothed = device.strength.add(rssi_dbm)
        if device.begin_s is None:
            if smoothed >= self.near_dbm:
                device.begin_s = device.near_s = at_s
        elif smoothed >= self.near_dbm - _HYSTERESIS_DB:
            device.near_s = at_s

    def due(self, now_s: float) -> list[Summary]:
        """The summaries that are due now, in the order of their first report; who has left is forgotten."""
        return [*self._due_beacons(now_s), *self._due_devices(now_s)]

    def _due_beacons(self, now_s: float) -> Iterator[BeaconSummary]:
        for hwid, beacon in list(self._beacons.items()):
            if beacon.messages and (beacon.told_s is None or now_s - beacon.told_s >= self.every_s):
                yield BeaconSummary(
                    hwid=hwid,
                    messages=tuple((at_s, message) for message, at_s in beacon.messages.items()),
                    rssi_dbm=float(median(beacon.strengths)) if beacon.strengths else None,
                    count=beacon.count,
                )
                self._beacons[hwid] = _Beacon(beacon.last_s, told_s=now_s)
            elif now_s - beacon.last_s >= max(DEPARTED_AFTER_S, self.every_s):
                del self._beacons[hwid]

    def _due_devices(self, now_s: float) -> Iterator[DeviceSummary]:
        for id_, device in list(self._devices.items()):
            gone = now_s - device.last_s >= DEPARTED_AFTER_S
            left = device.begin_s is not None and (gone or device.near_s < device.last_s)
            is_due = device.told_s is None or now_s - device.told_s >= self.every_s
            # Near since the last summary, or again: what lies between is one stay.
            if device.begin_s is not None and (is_due or left) and device.near_s > (device.told_s or -1.0):
                yield DeviceSummary(
                    id=id_, begin_s=device.begin_s, end_s=device.near_s, rssi_dbm=device.strength.smoothed_dbm
                )
                device.told_s = now_s
            if left:
                device.begin_s = device.told_s = None
            if gone:
                del self._devices[id_]
