"""The codec against the published vectors, against every damage to them, and against arbitrary bytes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardware.frames
from hardware.frames import FrameError, hwid_bytes, ibeacon, parse_hwid, simple_beacon
from hardware.frames.advertising import AdStructure, join, split
from hardware.frames.ibeacon import IBeacon
from hardware.frames.simple_beacon import SimpleBeacon

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(hardware.frames.__file__).parent / "vectors.json").read_text()
)
DECODERS: list[Callable[[bytes], object]] = [simple_beacon.decode_advertisement, ibeacon.decode_advertisement]


def of_simple(vector: dict[str, Any]) -> SimpleBeacon:
    return SimpleBeacon(vector["hwid"], bytes.fromhex(vector["device_message"]))


def of_ibeacon(vector: dict[str, Any]) -> IBeacon:
    return IBeacon(UUID(vector["uuid"]), vector["major"], vector["minor"], vector["measured_power_dbm"])


CASES = [
    *((simple_beacon, of_simple(vector), vector) for vector in VECTORS["simple_beacon"]),
    *((ibeacon, of_ibeacon(vector), vector) for vector in VECTORS["ibeacon"]),
]
ADVERTISEMENTS = [bytes.fromhex(vector["advertisement"]) for _, _, vector in CASES]


@pytest.mark.parametrize(("codec", "value", "vector"), CASES)
def test_every_vector_reads_and_writes(codec: Any, value: Any, vector: dict[str, Any]):
    advertisement = bytes.fromhex(vector["advertisement"])
    assert codec.decode_advertisement(advertisement) == value
    assert codec.encode_advertisement(value, flags=vector["flags"]) == advertisement
    assert codec.decode_advertisement(advertisement.ljust(31, b"\0")) == value


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["why"])
def test_every_refused_vector_is_refused(vector: dict[str, Any]):
    with pytest.raises(FrameError):
        simple_beacon.decode_advertisement(bytes.fromhex(vector["advertisement"]))


def test_wire_constants():
    assert simple_beacon.encode_advertisement(SimpleBeacon("fd5ea0ad1e", b"\0")) == bytes.fromhex(
        "020106 03036ffe 0b166ffe 02 fd5ea0ad1e 7f 00"
    )
    assert ibeacon.encode_advertisement(ibeacon.line_companion()) == bytes.fromhex(
        "020106 1aff 4c000215 d0d2ce249efc11e582c41c6a7a17ef38 4c49 4e45 c5"
    )


@pytest.mark.parametrize("decode", DECODERS)
def test_every_truncation_and_bit_flip_is_read_or_refused(decode: Callable[[bytes], object]):
    damaged = 0
    for advertisement in ADVERTISEMENTS:
        cut = [advertisement[:length] for length in range(len(advertisement))]
        flipped = [
            bytes(byte ^ (1 << bit) if at == position else byte for at, byte in enumerate(advertisement))
            for position in range(len(advertisement))
            for bit in range(8)
        ]
        for data in cut + flipped:
            try:
                decode(data)
            except FrameError:
                damaged += 1
    assert damaged > 500


@pytest.mark.parametrize("decode", [*DECODERS, simple_beacon.decode_frame, ibeacon.decode_manufacturer_data, split])
@given(data=st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(decode: Callable[[bytes], object], data: bytes):
    try:
        decode(data)
    except FrameError as error:
        assert str(error) == f"{error.where}: expected {error.expected}, got {error.got}"  # noqa: PT017 (accepted is fine too)


HWID = "fd5ea0ad1e"
HWIDS = st.binary(min_size=5, max_size=5).map(bytes.hex)
BYTE = st.integers(1, 255)


@given(st.builds(SimpleBeacon, HWIDS, st.binary(min_size=1, max_size=13)), BYTE)
def test_simple_beacon_survives_the_air(beacon: SimpleBeacon, flags: int):
    assert simple_beacon.decode_advertisement(simple_beacon.encode_advertisement(beacon, flags=flags)) == beacon


@given(st.builds(IBeacon, st.uuids(), st.integers(0, 65535), st.integers(0, 65535), st.integers(-128, 127)), BYTE)
def test_ibeacon_survives_the_air(beacon: IBeacon, flags: int):
    assert ibeacon.decode_advertisement(ibeacon.encode_advertisement(beacon, flags=flags)) == beacon


@given(st.lists(st.builds(AdStructure, st.integers(0, 255), st.binary(max_size=5)), max_size=4))
def test_structures_survive_the_air(structures: list[AdStructure]):
    assert split(join(structures)) == structures


FRAME = b"\x02" + bytes(5) + b"\x7f"
ERRORS: dict[str, Callable[[], object]] = {
    "frame type at byte 0: expected 0x02, got 0x03": lambda: simple_beacon.decode_frame(b"\x03" + FRAME[1:] + b"\0"),
    "measured TxPower at byte 6: expected 0x7f, got 0xc5": lambda: simple_beacon.decode_frame(FRAME[:6] + b"\xc5\0"),
    "frame: expected at least 8 bytes, got 7": lambda: simple_beacon.decode_frame(FRAME),
    "device message: expected at most 13 bytes, got 14": lambda: simple_beacon.decode_frame(FRAME + bytes(14)),
    "device message: expected 1 to 13 bytes, got 0": lambda: simple_beacon.encode_frame(SimpleBeacon(HWID, b"")),
    "device message: expected 1 to 13 bytes, got 14": lambda: simple_beacon.encode_frame(SimpleBeacon(HWID, bytes(14))),
    "flags: expected 1..255, got 0": lambda: simple_beacon.encode_advertisement(SimpleBeacon(HWID, b"\0"), flags=0),
    "flags: expected 0..255, got 256": lambda: ibeacon.encode_advertisement(ibeacon.line_companion(), flags=256),
    "iBeacon: expected major and minor 0..65535, power -128..127, got 19529, 20037, 128": (
        lambda: ibeacon.encode_manufacturer_data(ibeacon.line_companion(128))
    ),
    "iBeacon prefix at byte 0: expected 4c000215, got 4c001005": (
        lambda: ibeacon.decode_manufacturer_data(b"\x4c\0\x10\x05" + bytes(21))
    ),
    "AD length at byte 0: expected at most 3, got 5": lambda: split(b"\x05\x09ab"),
    "padding at byte 0: expected zeros, got 0001": lambda: split(b"\x00\x01"),
    "advertisement: expected at most 31 bytes, got 32": lambda: split(bytes(32)),
    "AD type: expected 0..255, got 256": lambda: join([AdStructure(256, b"")]),
    "AD data: expected at most 31 bytes, got 32": lambda: join([AdStructure(1, bytes(32))]),
    "advertisement: expected at most 31 bytes, got 34": lambda: join([AdStructure(1, bytes(15))] * 2),
}


@pytest.mark.parametrize(("message", "make"), ERRORS.items(), ids=ERRORS)
def test_errors_say_where_what_was_expected_and_what_was_seen(message: str, make: Callable[[], object]):
    with pytest.raises(FrameError) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["D41D8CD98F", "d41d8cd98f"])
def test_hardware_id_is_read_in_either_case(text: str):
    assert parse_hwid(text) == "d41d8cd98f"
    assert hwid_bytes(text) == b"\xd4\x1d\x8c\xd9\x8f"


@pytest.mark.parametrize(
    "text", ["", "d41d8cd98", "d41d8cd98ff", "d41d8cd98g", " d41d8cd98f", "d41d8cd98f\n", "１234567890"]
)
def test_what_is_not_a_hardware_id_is_refused(text: str):
    with pytest.raises(FrameError, match="hardware ID: expected 10 hex digits"):
        parse_hwid(text)
