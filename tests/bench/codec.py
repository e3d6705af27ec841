"""How fast advertisements are read and device messages judged when none comes twice, against the libraries at hand."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from bluetooth_data_tools import parse_advertisement_data_bytes
from home_assistant_bluetooth import BluetoothServiceInfo
from ibeacon_ble import iBeaconParser

from checkin_api.domain.ids import Proof
from checkin_api.domain.proof import BeaconClock, Key, judge, set_right
from hardware.frames import device_message, ibeacon
from hardware.frames.ibeacon import LINE_UUID, IBeacon
from hardware.frames.simple_beacon import UUID_TEXT, SimpleBeacon, decode_advertisement, encode_advertisement
from tests.bench.figures import Figure, Goal, middle, ratios
from tests.bench.plan import Plan

_FRAMES = 20_000
_ROUNDS = 15
_BEACONS = 10_000
_AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def measure(_plan: Plan) -> list[Figure]:
    """CPU time of one process, both sides in turn."""
    random = Random(5)  # noqa: S311 (frames, not secrets)
    beacons = [SimpleBeacon(random.randbytes(5).hex(), random.randbytes(13)) for _ in range(_FRAMES)]
    frames = [encode_advertisement(beacon) for beacon in beacons]
    return [
        _encoding(beacons),
        _against_bluetooth_data_tools(frames),
        *_against_ibeacon_ble(frames, random),
        *_judging(random),
    ]


def _encoding(beacons: Sequence[SimpleBeacon]) -> Figure:
    values = [_per_s(encode_advertisement, beacons) for _ in range(_ROUNDS)]
    return Figure(name="LINE Simple Beacon frame, encode", values=values, unit="/s of CPU")


def _against_bluetooth_data_tools(frames: Sequence[bytes]) -> Figure:
    # It remembers what it has read; that would measure its memory and not its reading.
    forget = parse_advertisement_data_bytes.cache_clear
    ours, peers = _in_turn((decode_advertisement, frames), (_hwid_and_message, frames), before=forget)
    return _ratio("hwid and device message (peer: bluetooth-data-tools)", ours, peers, 1.5)


def _hwid_and_message(advertisement: bytes) -> tuple[str, bytes]:
    _, _, service_data, _, _ = parse_advertisement_data_bytes(advertisement)
    frame = service_data[UUID_TEXT]
    return frame[1:6].hex(), frame[7:]


def _against_ibeacon_ble(frames: Sequence[bytes], random: Random) -> Iterable[Figure]:
    """Its input is split already, which ours does itself: the comparison is in its favour."""
    packets = [IBeacon(LINE_UUID, random.getrandbits(16), random.getrandbits(16), -59) for _ in range(_FRAMES)]
    parser = iBeaconParser()
    asyncio.run(parser.async_setup())
    given = [_service_info(packet, random) for packet in packets]
    ours, peers = _in_turn((decode_advertisement, frames), (parser.parse, given))
    yield _ratio("hwid and device message (peer: ibeacon-ble, of an iBeacon)", ours, peers, 5)
    advertisements = [ibeacon.encode_advertisement(packet) for packet in packets]
    ours, peers = _in_turn((ibeacon.decode_advertisement, advertisements), (parser.parse, given))
    yield _ratio("iBeacon, both (peer: ibeacon-ble)", ours, peers, None)


def _service_info(packet: IBeacon, random: Random) -> BluetoothServiceInfo:
    return BluetoothServiceInfo(
        name="",
        address=":".join(f"{octet:02X}" for octet in random.randbytes(6)),
        rssi=-60,
        manufacturer_data={ibeacon.APPLE_COMPANY: ibeacon.encode_manufacturer_data(packet)[2:]},
        service_data={},
        service_uuids=[],
        source="bench",
    )


def _judging(random: Random) -> Iterable[Figure]:
    """Each message of another beacon; all keys registered, as the decider has them in its hands."""
    few, many = (_fleet(random, size) for size in (100, _BEACONS))
    ours, fewer = _in_turn((_judge, many), (_judge, few))
    yield Figure(
        name=f"judging a device message, {_BEACONS:,} beacons",
        values=ours,
        unit="/s of CPU",
        goal=Goal("at least", 20_000),
    )
    yield _ratio(f"the same, {_BEACONS:,} beacons against 100 (constant time: 1)", ours, fewer, None)


_Judged = tuple[bytes, str, datetime, list[Key], BeaconClock]


def _fleet(random: Random, size: int) -> list[_Judged]:
    clock = set_right(_AT - timedelta(hours=1))
    keys = {random.randbytes(5).hex(): random.randbytes(32) for _ in range(size)}
    step = int(_AT.timestamp()) // device_message.STEP_S
    heard = random.choices(list(keys), k=_FRAMES)
    return [
        (device_message.encode(keys[hwid], hwid, step), hwid, _AT, [Key(secret=keys[hwid])], clock) for hwid in heard
    ]


def _judge(heard: _Judged) -> None:
    message, hwid, at, keys, clock = heard
    judged = judge(message, hwid, at, keys=keys, clock=clock)
    if judged.proof is not Proof.VALID:
        raise AssertionError(judged)


def _ratio(name: str, ours: Sequence[float], peers: Sequence[float], goal: float | None) -> Figure:
    return Figure(
        name=name,
        values=ratios(ours, peers),
        goal=None if goal is None else Goal("at least", goal),
        ours=middle(ours, "/s"),
        peer=middle(peers, "/s"),
    )


_Side = tuple[Callable[[Any], object], Sequence[Any]]


def _in_turn(ours: _Side, peer: _Side, *, before: Callable[[], None] = lambda: None) -> tuple[list[float], list[float]]:
    rates: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS):
        before()
        for side, into in zip((ours, peer), rates, strict=True):
            into.append(_per_s(*side))
    return rates


def _per_s(convert: Callable[[Any], object], given: Sequence[Any]) -> float:
    begin = time.process_time()
    for each in given:
        convert(each)
    return len(given) / (time.process_time() - begin)
