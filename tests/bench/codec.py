"""How fast ``hardware.frames`` reads what is on the air when no payload comes twice."""

import time
from collections.abc import Callable, Sequence
from random import Random
from uuid import UUID

from hardware.frames import FrameError, ibeacon, simple_beacon
from tests.bench.figures import Figure
from tests.bench.plan import Plan

_PAYLOADS = 20_000
_ROUNDS = 5


def measure(_plan: Plan) -> list[Figure]:
    """CPU time of one process; for comparing releases, as no goal is set for it."""
    random = Random(5)
    beacons = [
        simple_beacon.encode_advertisement(
            simple_beacon.SimpleBeacon(random.randbytes(5).hex(), random.randbytes(random.randint(1, 13)))
        )
        for _ in range(_PAYLOADS)
    ]
    companions = [_ibeacon(random) for _ in range(_PAYLOADS)]
    # A manufacturer's data of somebody else, after the flags: most of what a scanner hears.
    foreign = [
        b"\x02\x01\x06" + bytes((n + 1, 0xFF)) + random.randbytes(n) for n in random.choices(range(4, 26), k=_PAYLOADS)
    ]
    return [
        _figure("LINE Simple Beacon", simple_beacon.decode_advertisement, beacons),
        _figure("iBeacon", ibeacon.decode_advertisement, companions),
        _figure(
            "LINE Simple Beacon among others' advertisements, refused", simple_beacon.decode_advertisement, foreign
        ),
    ]


def _ibeacon(random: Random) -> bytes:
    beacon = ibeacon.IBeacon(UUID(bytes=random.randbytes(16)), random.randrange(65_536), random.randrange(65_536), -59)
    return ibeacon.encode_advertisement(beacon)


def _figure(name: str, decode: Callable[[bytes], object], payloads: Sequence[bytes]) -> Figure:
    return Figure(name=f"codec, {name}", values=[_per_s(decode, payloads) for _ in range(_ROUNDS)], unit="/s of CPU")


def _per_s(decode: Callable[[bytes], object], payloads: Sequence[bytes]) -> float:
    begin = time.process_time()
    for payload in payloads:
        try:
            decode(payload)
        except FrameError:
            pass
    return len(payloads) / (time.process_time() - begin)
