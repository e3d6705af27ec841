"""Advertisement data become sightings, and the table keeps one entry for each beacon."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_agent.sightings import Beacon, Heard, Sighting, SightingTable, UnreadableFrame, sightings
from hardware.frames.ibeacon import IBeacon
from hardware.frames.simple_beacon import SimpleBeacon
from tests.replay import COMPANION, FRAME, LINE_UUID

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
LINE_BEACON = SimpleBeacon("fd5ea0ad1e", b"\0")
WAKE_UP = IBeacon(UUID("d0d2ce24-9efc-11e5-82c4-1c6a7a17ef38"), 0x4C49, 0x4E45, -59)


@pytest.mark.parametrize(
    ("service_data", "manufacturer_data", "beacons"),
    [
        ({LINE_UUID: FRAME}, {}, [LINE_BEACON]),
        ({}, {0x004C: COMPANION}, [WAKE_UP]),
        ({LINE_UUID: FRAME}, {0x004C: COMPANION}, [LINE_BEACON, WAKE_UP]),
        ({}, {}, []),
        ({"0000feaa-0000-1000-8000-00805f9b34fb": FRAME}, {0x0059: COMPANION}, []),
        ({}, {0x004C: bytes.fromhex("1005031c8a0c52")}, []),
        ({}, {0x004C: b""}, []),
    ],
)
def test_each_packet_of_a_device_is_a_sighting(service_data, manufacturer_data, beacons):
    seen = sightings(service_data, manufacturer_data, rssi_dbm=-60, heard_at=NOON)
    assert seen == tuple(Sighting(beacon, -60, NOON) for beacon in beacons)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("02fd5ea0ad1e7f", "frame: expected at least 8 bytes, got 7"),
        ("03fd5ea0ad1e7f00", "frame type at byte 0: expected 0x02, got 0x03"),
        ("0201deadbeefc5037cf6f1000001", "measured TxPower at byte 6: expected 0x7f, got 0xc5"),
    ],
)
def test_line_frame_that_is_no_simple_beacon_is_shown_with_its_reason(frame: str, reason: str):
    octets = bytes.fromhex(frame)
    (seen,) = sightings({LINE_UUID: octets}, {}, rssi_dbm=-60, heard_at=NOON)
    assert seen.beacon == UnreadableFrame(octets, reason)


@given(frame=st.binary(max_size=31), apple=st.binary(max_size=31))
def test_whatever_is_on_the_air_is_a_sighting_or_nothing(frame: bytes, apple: bytes):
    table = SightingTable()
    for seen in sightings({LINE_UUID: frame}, {0x004C: apple}, rssi_dbm=-60, heard_at=NOON):
        table.record(seen)
    assert 1 <= len(table) <= 2


def test_beacon_with_a_changing_device_message_is_one_entry_with_the_newest():
    table = SightingTable()
    later = NOON + timedelta(seconds=15)
    table.record(Sighting(SimpleBeacon("fd5ea0ad1e", b"\1"), -70, NOON))
    table.record(Sighting(SimpleBeacon("fd5ea0ad1e", b"\2"), -60, later))
    assert list(table) == [Heard(Sighting(SimpleBeacon("fd5ea0ad1e", b"\2"), -60, later), count=2)]


def test_ibeacon_whose_power_changes_is_one_entry():
    table = SightingTable()
    table.record(Sighting(WAKE_UP, -70, NOON))
    table.record(Sighting(WAKE_UP._replace(measured_power_dbm=-40), -70, NOON))
    assert [heard.count for heard in table] == [2]


def test_line_beacons_come_first_and_the_strongest_first():
    far, near, unmeasured = (SimpleBeacon(f"c0ffee000{number}", b"\0") for number in range(3))
    odd = UnreadableFrame(b"\3", "frame type")
    table = SightingTable()
    heard: list[tuple[Beacon, int | None]] = [
        (odd, -30),
        (WAKE_UP, -20),
        (unmeasured, None),
        (far, -95),
        (near, -45),
    ]
    for beacon, rssi_dbm in heard:
        table.record(Sighting(beacon, rssi_dbm, NOON))
    assert [heard.latest.beacon for heard in table] == [near, far, unmeasured, WAKE_UP, odd]


def test_full_table_forgets_the_beacon_not_heard_for_longest():
    first, second, third = (SimpleBeacon(f"c0ffee000{number}", b"\0") for number in range(3))
    table = SightingTable(most_beacons=2)
    for beacon in (first, second, first, third):
        table.record(Sighting(beacon, -60, NOON))
    assert {heard.latest.beacon: heard.count for heard in table} == {first: 2, third: 1}
