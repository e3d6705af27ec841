"""Rolling and secure device messages against their vectors, every damage to them, and arbitrary bytes."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardware.frames
from hardware.frames import FrameError, device_message, line_beacon, simple_beacon
from hardware.frames.battery import percent
from hardware.frames.device_message import Flags
from hardware.frames.line_beacon import Keys, LineBeacon, SecureMessage
from hardware.frames.simple_beacon import SimpleBeacon

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(hardware.frames.__file__).parent / "vectors.json").read_text()
)
ROLLING = VECTORS["device_message"]
SECURE = VECTORS["secure_message"]
KEY = bytes(range(32))
HWID = "c0ffee0001"
KEYS = Keys(bytes(4), bytes(8))


def keys(vector: dict[str, Any]) -> Keys:
    return Keys(bytes.fromhex(vector["vendor_key"]), bytes.fromhex(vector["lot_key"]))


@pytest.mark.parametrize("vector", ROLLING, ids=lambda vector: vector["why"])
def test_every_rolling_message_is_made_and_read(vector: dict[str, Any]):
    key, hwid, step, message = bytes.fromhex(vector["key"]), vector["hwid"], vector["step"], vector["message"]
    made = device_message.encode(key, hwid, step, battery=vector["battery"], flags=Flags(vector["flags"]))
    assert made.hex() == message
    fields = device_message.parse(made)
    assert (fields.flags, fields.battery, fields.low_step) == (vector["flags"], vector["battery"], step % 2**24)
    assert device_message.is_authentic(made, key, hwid, step)
    advertisement = bytes.fromhex(vector["advertisement"])
    assert simple_beacon.decode_advertisement(advertisement) == SimpleBeacon(hwid, made)


def test_a_rolling_message_on_the_wire():
    # Version 1, flags 1, battery 7 (60 %), step 0x071d0281; then the HMAC over hwid, step, version and flags, battery.
    made = device_message.encode(KEY, HWID, 0x0102_0304_0506_0708, battery=7, flags=Flags.RESUMED)
    assert made[:5] == bytes.fromhex("11 07 060708")
    covered = bytes.fromhex("c0ffee0001 0102030405060708 11 07")
    assert made[5:] == hmac.new(KEY, covered, hashlib.sha256).digest()[:8]


def judged(message: bytes, key: bytes, hwid: str, step: int) -> bool | None:
    """Whether it is authentic; None if it is refused before that."""
    try:
        fields = device_message.parse(message)
        return device_message.is_authentic(message, key, hwid, device_message.full_step(fields.low_step, step))
    except FrameError:
        return None


@pytest.mark.parametrize("vector", ROLLING, ids=lambda vector: vector["why"])
def test_no_bit_of_a_rolling_message_can_be_flipped_and_none_cut_off(vector: dict[str, Any]):
    key, hwid, step = bytes.fromhex(vector["key"]), vector["hwid"], vector["step"]
    message = bytes.fromhex(vector["message"])
    assert judged(message, key, hwid, step) is True
    refused = 0
    for bit in range(8 * len(message)):
        flipped = (int.from_bytes(message, "big") ^ 1 << bit).to_bytes(len(message), "big")
        verdict = judged(flipped, key, hwid, step)
        assert not verdict
        refused += verdict is None
    # Version, reserved flags and reserved battery levels are seen before any code is made.
    assert refused > 4
    for length in range(len(message)):
        assert judged(message[:length], key, hwid, step) is None
    assert judged(message + b"\0", key, hwid, step) is None


@pytest.mark.parametrize("vector", ROLLING, ids=lambda vector: vector["why"])
def test_a_rolling_message_is_of_one_key_one_beacon_and_one_step(vector: dict[str, Any]):
    key, hwid, step = bytes.fromhex(vector["key"]), vector["hwid"], vector["step"]
    message = bytes.fromhex(vector["message"])
    assert not device_message.is_authentic(message, bytes(32), hwid, step)
    assert not device_message.is_authentic(message, key, "0000000000", step)
    for other in (step + 1, step - 1, step + 2**24, step - 2**24):
        if 0 <= other <= device_message.LARGEST_STEP:
            assert not device_message.is_authentic(message, key, hwid, other)


@given(st.binary(max_size=16), st.integers(0, 2**40))
def test_any_bytes_are_forged_or_refused(message: bytes, step: int):
    assert not judged(message, KEY, HWID, step)


@given(step=st.integers(0, 2**64 - 1), battery=st.integers(0, 11), flags=st.sampled_from([Flags(0), Flags.RESUMED]))
def test_a_rolling_message_survives_the_air(step: int, battery: int, flags: Flags):
    message = device_message.encode(KEY, HWID, step, battery=battery, flags=flags)
    fields = device_message.parse(message)
    assert (fields.battery, fields.flags) == (battery, flags)
    assert device_message.is_authentic(message, KEY, HWID, step)


@given(expected=st.integers(0, 2**40), off=st.integers(-(2**23), 2**23 - 1))
def test_the_full_step_is_found_within_four_years_of_the_expected_one(expected: int, off: int):
    step = expected + off
    if step >= 0:
        assert device_message.full_step(step % 2**24, expected) == step


def test_a_step_before_zero_is_none():
    assert device_message.full_step(2**24 - 1, 0) == 2**24 - 1


@pytest.mark.parametrize("vector", SECURE, ids=lambda vector: f"timestamp {vector['timestamp']}")
def test_lines_own_samples_of_the_secure_message(vector: dict[str, Any]):
    timestamp, expected = vector["timestamp"], bytes.fromhex(vector["message"])
    made = line_beacon.encode(keys(vector), vector["hwid"], timestamp, battery=vector["battery"])
    assert made == expected
    fields = line_beacon.parse(expected)
    assert fields == SecureMessage(expected[:4], timestamp % 2**16, vector["battery"])
    assert line_beacon.is_authentic(fields, keys(vector), vector["hwid"], timestamp)
    assert not line_beacon.is_authentic(fields, keys(vector), vector["hwid"], timestamp - 1 if timestamp else 1)
    assert not line_beacon.is_authentic(fields, keys(vector), "0000000000", timestamp)


@pytest.mark.parametrize("vector", SECURE, ids=lambda vector: f"timestamp {vector['timestamp']}")
def test_no_bit_of_a_secure_message_can_be_flipped_and_none_cut_off(vector: dict[str, Any]):
    message = bytes.fromhex(vector["message"])
    for bit in range(8 * len(message)):
        flipped = (int.from_bytes(message, "big") ^ 1 << bit).to_bytes(len(message), "big")
        try:
            fields = line_beacon.parse(flipped)
        except FrameError:
            continue
        assert not line_beacon.is_authentic(fields, keys(vector), vector["hwid"], vector["timestamp"])
    for length in range(len(message)):
        with pytest.raises(FrameError):
            line_beacon.parse(message[:length])


def test_the_frame_of_a_certified_line_beacon():
    frame = bytes.fromhex("02 01deadbeef c5 037cf6f1000001")
    beacon = line_beacon.decode_frame(frame)
    assert beacon == LineBeacon("01deadbeef", -59, SecureMessage(bytes.fromhex("037cf6f1"), 0, 1))
    assert beacon.as_json() == {
        "kind": "line_beacon",
        "hwid": "01deadbeef",
        "measured_power_dbm": -59,
        "device_message": "037cf6f1000001",
        "battery": 1,
    }


@given(st.binary(max_size=20))
def test_any_frame_is_read_or_refused(frame: bytes):
    try:
        line_beacon.decode_frame(frame)
    except FrameError as error:
        assert error.expected  # noqa: PT017 (accepted is fine too)


def test_a_battery_level_is_said_in_percent():
    assert [percent(level) for level in (0, 1, 2, 11)] == [None, 0, 10, 100]


ROLLED = bytes.fromhex(ROLLING[0]["message"])
REFUSED = {
    "device message: expected 13 bytes, got 12": lambda: device_message.parse(ROLLED[:-1]),
    "version at byte 0: expected 1, got 2": lambda: device_message.parse(b"\x20" + ROLLED[1:]),
    "flags at byte 0: expected only 0x1, got 0x2": lambda: device_message.parse(b"\x12" + ROLLED[1:]),
    "battery at byte 1: expected 0..11, got 12": lambda: device_message.parse(b"\x10\x0c" + ROLLED[2:]),
    "key: expected 32 bytes, got 31": lambda: device_message.encode(KEY[1:], HWID, 1),
    "step: expected 0..2^64-1, got -1": lambda: device_message.encode(KEY, HWID, -1),
    "step: expected 0..2^64-1, got 18446744073709551616": lambda: device_message.is_authentic(ROLLED, KEY, HWID, 2**64),
    "flags: expected only 0x1, got 0x8": lambda: device_message.encode(KEY, HWID, 1, flags=Flags(8)),
    "battery: expected 0..11, got 255": lambda: line_beacon.encode(KEYS, HWID, 1, battery=255),
    "battery at byte 6: expected 0..11, got 16": lambda: line_beacon.parse(bytes(6) + b"\x10"),
    "secure message: expected 7 bytes, got 8": lambda: line_beacon.parse(bytes(8)),
    "timestamp: expected 0..2^64-1, got 18446744073709551616": lambda: line_beacon.encode(KEYS, HWID, 2**64),
    "vendor and lot key: expected 4 and 8 bytes, got 5 and 8": (
        lambda: line_beacon.encode(Keys(bytes(5), bytes(8)), HWID, 1)
    ),
    "frame: expected 14 bytes, got 13": lambda: line_beacon.decode_frame(bytes(13)),
    "frame type at byte 0: expected 0x02, got 0x03": lambda: line_beacon.decode_frame(b"\x03" + bytes(13)),
}


@pytest.mark.parametrize(("message", "make"), REFUSED.items(), ids=REFUSED)
def test_errors_say_where_what_was_expected_and_what_was_seen(message: str, make: Any):
    with pytest.raises(FrameError) as caught:
        make()
    assert str(caught.value) == message


def test_an_error_never_repeats_a_key():
    with pytest.raises(FrameError) as caught:
        device_message.encode(b"secret" * 5, HWID, 1)
    assert "secret" not in str(caught.value)
