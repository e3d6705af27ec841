"""How fast ``hardware.frames`` reads and writes the frame of a LINE Simple Beacon when none comes twice."""

import time
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from hardware.frames.simple_beacon import SimpleBeacon, decode_advertisement, encode_advertisement
from tests.bench.figures import Figure
from tests.bench.plan import Plan

_FRAMES = 20_000
_ROUNDS = 5


def measure(_plan: Plan) -> list[Figure]:
    """CPU time of one process; for comparing releases, as no goal is set for it."""
    random = Random(5)  # noqa: S311 (frames, not secrets)
    beacons = [SimpleBeacon(random.randbytes(5).hex(), random.randbytes(13)) for _ in range(_FRAMES)]
    frames = [encode_advertisement(beacon) for beacon in beacons]
    return [_figure("encode", encode_advertisement, beacons), _figure("decode", decode_advertisement, frames)]


def _figure(name: str, convert: Callable[[Any], object], given: Iterable[Any]) -> Figure:
    values = [_per_s(convert, list(given)) for _ in range(_ROUNDS)]
    return Figure(name=f"LINE Simple Beacon frame, {name}", values=values, unit="/s of CPU")


def _per_s(convert: Callable[[Any], object], given: list[Any]) -> float:
    begin = time.process_time()
    for each in given:
        convert(each)
    return len(given) / (time.process_time() - begin)
