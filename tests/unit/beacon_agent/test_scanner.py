"""The scanner on a radio that replays advertisements, and on one that fails in each known way."""

import asyncio
from datetime import UTC, datetime

import pytest
from bleak.backends.bluezdbus.scanner import BleakScannerBlueZDBus
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakError,
)

from beacon_agent.errors import RadioError, RadioFault
from beacon_agent.scanner import listening
from beacon_agent.sightings import Sighting
from hardware.frames.simple_beacon import SimpleBeacon
from tests.replay import COMPANION, FRAME, ReplayBackend, advertisement, replaying

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def hear(backend: type[ReplayBackend]) -> list[Sighting]:
    heard: list[Sighting] = []

    async def listen() -> None:
        async with asyncio.timeout(5), listening(heard.append, now=lambda: NOON, backend=backend):
            pass

    asyncio.run(listen())
    return heard


def fault_of(backend: type[ReplayBackend]) -> RadioFault:
    with pytest.raises(RadioError) as caught:
        hear(backend)
    assert "\n" not in str(caught.value)
    return caught.value.fault


def test_replayed_advertisements_become_sightings():
    heard = hear(replaying(advertisement(frame=FRAME, rssi_dbm=-61), advertisement(), advertisement(apple=COMPANION)))
    assert heard[0] == Sighting(SimpleBeacon("fd5ea0ad1e", b"\0"), -61, NOON)
    assert len(heard) == 2


@pytest.mark.parametrize("rssi_dbm", [-127, 127])
def test_strength_that_the_radio_did_not_measure_is_none(rssi_dbm: int):
    (seen,) = hear(replaying(advertisement(frame=FRAME, rssi_dbm=rssi_dbm)))
    assert seen.rssi_dbm is None


def test_scan_is_active_and_asks_bluez_for_repeated_advertisements():
    backend = replaying()
    hear(backend)
    assert backend.asked["scanning_mode"] == "active"
    assert backend.asked["service_uuids"] is None
    real = BleakScannerBlueZDBus(None, None, "active", bluez=backend.asked["bluez"])
    assert real._filters["DuplicateData"].value is True  # noqa: SLF001 (what bleak sends to BlueZ)


def test_scanner_is_stopped_when_listening_ends():
    backend = replaying()
    hear(backend)
    assert backend.was_stopped


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        ("NO_BLUETOOTH", RadioFault.NO_ADAPTER),
        ("NO_BLE_CENTRAL_ROLE", RadioFault.NO_CENTRAL_ROLE),
        ("POWERED_OFF", RadioFault.POWERED_OFF),
        ("DENIED_BY_SYSTEM", RadioFault.DENIED),
        ("UNKNOWN", RadioFault.OTHER),
    ],
)
def test_unavailable_bluetooth_says_why(reason: str, fault: RadioFault):
    error = BleakBluetoothNotAvailableError("not available", BleakBluetoothNotAvailableReason[reason])
    assert fault_of(replaying(start_error=error)) is fault


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (BleakDBusError("org.freedesktop.DBus.Error.ServiceUnknown", ["no org.bluez"]), RadioFault.NO_BLUEZ),
        (BleakDBusError("org.freedesktop.DBus.Error.Spawn.ChildExited", ["exited"]), RadioFault.NO_BLUEZ),
        (BleakDBusError("org.freedesktop.DBus.Error.AccessDenied", ["denied"]), RadioFault.DENIED),
        (BleakDBusError("org.bluez.Error.NotReady", ["not ready"]), RadioFault.POWERED_OFF),
        (BleakDBusError("org.bluez.Error.Failed", ["two\nlines"]), RadioFault.OTHER),
        (FileNotFoundError(2, "no socket"), RadioFault.NO_DBUS),
        (ConnectionRefusedError(111, "refused"), RadioFault.NO_DBUS),
        (EOFError(), RadioFault.NO_DBUS),
        (ValueError("address did not contain a transport"), RadioFault.NO_DBUS),
        (PermissionError(13, "denied"), RadioFault.DENIED),
        (TimeoutError(), RadioFault.OTHER),
        (BleakError("unsupported platform"), RadioFault.OTHER),
    ],
)
def test_failure_to_start_says_what_to_do(error: Exception, fault: RadioFault):
    assert fault_of(replaying(start_error=error)) is fault


@pytest.mark.parametrize(
    "error",
    [BleakDBusError("org.bluez.Error.Failed", ["No discovery started"]), OSError(9, "Bad file descriptor")],
)
def test_radio_lost_while_listening_is_told_at_the_end(error: Exception):
    assert fault_of(replaying(stop_error=error)) is RadioFault.LOST
