"""Every byte of every advertisement is explained once, and what is broken is told where it breaks."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import hardware.frames
from hardware.frames import FrameError, advertising, ibeacon, simple_beacon
from hardware.frames.ibeacon import IBeacon
from hardware.frames.line_beacon import LineBeacon
from hardware.frames.simple_beacon import SimpleBeacon
from hardware.provisioning.explain import Explanation, explain
from hardware.provisioning.words import FIELDS

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(hardware.frames.__file__).parent / "vectors.json").read_text()
)
ADVERTISEMENTS = [
    bytes.fromhex(vector["advertisement"]) for kind in ("simple_beacon", "ibeacon") for vector in VECTORS[kind]
]
PUBLISHED = bytes.fromhex("02010603036ffe0b166ffe02fd5ea0ad1e7f00")


def fields(explanation: Explanation) -> list[tuple[int, str, str]]:
    return [(row.offset, row.octets.hex(), row.field) for row in explanation.rows]


def assert_every_byte_is_explained_once(octets: bytes) -> Explanation:
    explanation = explain(octets)
    assert b"".join(row.octets for row in explanation.rows) == octets
    at = 0
    for row in explanation.rows:
        assert row.offset == at
        assert row.field in FIELDS
        assert all(text.isprintable() and text for text in row.meaning)
        at += len(row.octets)
    return explanation


def damaged(octets: bytes) -> list[bytes]:
    cut = [octets[:size] for size in range(len(octets))]
    flipped = [
        octets[:at] + bytes((octets[at] ^ bit,)) + octets[at + 1 :] for at in range(len(octets)) for bit in (1, 0x80)
    ]
    return cut + flipped


def test_published_advertisement_field_by_field():
    assert fields(explain(PUBLISHED)) == [
        (0, "02", "ad_length"),
        (1, "01", "ad_type"),
        (2, "06", "flags"),
        (3, "03", "ad_length"),
        (4, "03", "ad_type"),
        (5, "6ffe", "uuid16"),
        (7, "0b", "ad_length"),
        (8, "16", "ad_type"),
        (9, "6ffe", "uuid16"),
        (11, "02", "frame_type"),
        (12, "fd5ea0ad1e", "hwid"),
        (17, "7f", "measured_tx_power"),
        (18, "00", "device_message"),
    ]


def test_companion_packet_field_by_field():
    explanation = explain(bytes.fromhex("0201061aff4c000215d0d2ce249efc11e582c41c6a7a17ef384c494e45c5"))
    assert fields(explanation)[5:] == [
        (5, "4c00", "company"),
        (7, "02", "ibeacon_type"),
        (8, "15", "ibeacon_length"),
        (9, "d0d2ce249efc11e582c41c6a7a17ef38", "proximity_uuid"),
        (25, "4c49", "major"),
        (27, "4e45", "minor"),
        (29, "c5", "measured_power"),
    ]
    assert "LINE" in explanation.rows[8].meaning.en
    assert explanation.rows[-1].meaning.en == "-59 dBm"


@pytest.mark.parametrize("octets", ADVERTISEMENTS, ids=bytes.hex)
def test_every_vector_is_explained_without_a_problem(octets: bytes):
    for padded in (octets, octets.ljust(31, b"\0")):
        explanation = assert_every_byte_is_explained_once(padded)
        assert (explanation.packet, explanation.problem) == ("advertisement", None)
        assert explanation.beacon is not None


@pytest.mark.parametrize("octets", ADVERTISEMENTS, ids=bytes.hex)
def test_every_damage_to_every_vector_is_explained(octets: bytes):
    for broken in damaged(octets):
        assert_every_byte_is_explained_once(broken)


@pytest.mark.parametrize("vector", VECTORS["simple_beacon"], ids=lambda vector: vector["hwid"])
def test_bare_frame_is_explained_as_such(vector: dict[str, Any]):
    beacon = SimpleBeacon(vector["hwid"], bytes.fromhex(vector["device_message"]))
    explanation = assert_every_byte_is_explained_once(simple_beacon.encode_frame(beacon))
    assert (explanation.packet, explanation.beacon, explanation.problem) == ("frame", beacon, None)


@pytest.mark.parametrize(
    ("octets", "packet"),
    [
        ("0201deadbeef7f00", "frame"),
        # Also an advertisement that can be split: flags, four bytes, and padding.
        ("0201de0311227f00", "frame"),
        ("0201deadbeefc5037cf6f1000001", "frame"),
        ("02fd5ea0ad1e7f", "frame"),
        ("02", "frame"),
        ("0201", "advertisement"),
        ("020106", "advertisement"),
        ("0201060303", "advertisement"),
        ("020a0c0303", "frame"),
        ("020a0c", "advertisement"),
        ("03036ffe", "advertisement"),
    ],
)
def test_what_begins_with_02_may_be_either(octets: str, packet: str):
    assert explain(bytes.fromhex(octets)).packet == packet


@pytest.mark.parametrize(
    ("octets", "offset", "field"),
    [
        ("02010603036ffe0a166ffe02fd5ea0ad1e7f", 18, "device_message"),
        ("02010603036ffe0b166ffe03fd5ea0ad1e7f00", 11, "frame_type"),
        ("02010603036ffe0b166ffe02fd5ea0ad1ec500", 17, "measured_tx_power"),
        ("02010603036ffe18166ffe02fd5ea0ad1e7f00", 7, "ad_length"),
        ("02010603036ffe03166ffe", 11, "frame_type"),
        ("02010603036ffe06166ffe02fd5e", 12, "hwid"),
        ("02010603036ffe09166ffe02fd5ea0ad1e", 17, "measured_tx_power"),
        ("0201060203 6f".replace(" ", ""), 5, "uuid16"),
        ("02010602166f", 5, "uuid16"),
        ("0201060116", 5, None),
        ("02010602ff4c", 5, "company"),
        ("02010606ff4c00021500", 8, "ibeacon_length"),
        ("0201060000ff", 3, "padding"),
        ("02010603036ffe18166ffe02fd5ea0ad1e7f" + 14 * "00", 18, "device_message"),
        ("02010603036ffe17166ffe0232af519e887f0032006900faffff000199ff8800", 32, "total_length"),
    ],
)
def test_problem_stands_where_the_packet_breaks(octets: str, offset: int, field: str | None):
    problem = assert_every_byte_is_explained_once(bytes.fromhex(octets)).problem
    assert (problem and (problem.offset, problem.field)) == (field and (offset, field))


def test_certified_line_beacon_is_told_apart_and_is_no_problem():
    explanation = explain(bytes.fromhex("02010603036ffe11166ffe0201deadbeefc5037cf6f1000001"))
    assert explanation.problem is None
    assert isinstance(explanation.beacon, LineBeacon)
    fields = [row.field for row in explanation.rows[-3:]]
    assert fields == ["authentication_code", "masked_timestamp", "battery"]


def test_flags_of_0_are_pointed_out():
    assert "must not" in explain(bytes.fromhex("020100")).rows[-1].meaning.en


def test_name_with_control_characters_cannot_reach_the_terminal():
    explanation = assert_every_byte_is_explained_once(bytes.fromhex("06091b5b316dff"))
    assert explanation.rows[-1].meaning.en == "�[1m�"


def test_printable_device_message_is_also_shown_as_text():
    row = explain(simple_beacon.encode_frame(SimpleBeacon("fd5ea0ad1e", b"gate-1"))).rows[-1]
    assert row.meaning.en == "6 bytes: 676174652d31 'gate-1'"


@given(octets=st.binary(max_size=64))
@example(octets=b"")
def test_arbitrary_bytes_are_explained(octets: bytes):
    explanation = assert_every_byte_is_explained_once(octets)
    if explanation.packet == "advertisement":
        assert_agrees_with_the_codec(explanation, octets)


def assert_agrees_with_the_codec(explanation: Explanation, octets: bytes) -> None:
    try:
        advertising.split(octets)
    except FrameError:
        assert explanation.problem
        assert explanation.beacon is None


@given(hwid=st.binary(min_size=5, max_size=5), message=st.binary(min_size=1, max_size=13), flags=st.integers(1, 255))
def test_every_beacon_is_recognised_in_both_forms(hwid: bytes, message: bytes, flags: int):
    beacon = SimpleBeacon(hwid.hex(), message)
    whole = explain(simple_beacon.encode_advertisement(beacon, flags=flags))
    bare = explain(simple_beacon.encode_frame(beacon))
    assert (whole.packet, whole.beacon, whole.problem) == ("advertisement", beacon, None)
    assert (bare.packet, bare.beacon, bare.problem) == ("frame", beacon, None)


@given(uuid=st.uuids(), major=st.integers(0, 65535), minor=st.integers(0, 65535), power=st.integers(-128, 127))
def test_every_ibeacon_is_recognised(uuid, major: int, minor: int, power: int):
    beacon = IBeacon(uuid, major, minor, power)
    explanation = assert_every_byte_is_explained_once(ibeacon.encode_advertisement(beacon))
    assert (explanation.packet, explanation.beacon, explanation.problem) == ("advertisement", beacon, None)


ROLLING = bytes.fromhex("02010603036ffe17166ffe02c0ffee00017f11071d018116eaba9040c36d98")


def test_our_rolling_message_is_explained_field_by_field():
    rows = {row.field: row for row in explain(ROLLING).rows}
    assert rows["rolling_version"].meaning.en == "rolling, version 1, resumed after a loss of power"
    assert rows["battery"].meaning.en == "60 %"
    assert rows["time_step"].meaning.en == "1900929 (low 24 bits of the step, 15 s each)"
    assert rows["authentication_code"].octets.hex() == "16eaba9040c36d98"
    assert "device_message" not in rows


@pytest.mark.parametrize("changed", [18, 19])
def test_another_message_of_the_same_length_stays_whole(changed: int):
    static = bytearray(ROLLING)
    static[changed] = 0xFF
    rows = {row.field: row for row in explain(bytes(static)).rows}
    assert rows["device_message"].octets == bytes(static[18:])


def test_a_certified_line_beacon_is_named():
    frame = bytes.fromhex("0201deadbeefc5037cf6f1000001")
    for packet in (frame, bytes.fromhex("02010603036ffe11166ffe") + frame):
        beacon = explain(packet).beacon
        assert isinstance(beacon, LineBeacon)
        assert (beacon.hwid, beacon.measured_power_dbm) == ("01deadbeef", -59)
