"""The scanner on a radio that replays advertisements, and on one that fails in each known way."""

import asyncio

import pytest
from bleak.backends.bluezdbus.scanner import BleakScannerBlueZDBus
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakError,
)

from beacon_agent.errors import RadioError, RadioFault
from beacon_agent.scanner import Report, listening
from tests.replay import COMPANION, FRAME, LINE_UUID, ReplayBackend, advertisement, replaying


def hear(backend: type[ReplayBackend]) -> list[Report]:
    heard: list[Report] = []

    async def listen() -> None:
        async with asyncio.timeout(5), listening(heard.append, adapter="hci1", backend=backend):
            pass

    asyncio.run(listen())
    return heard


def fault_of(backend: type[ReplayBackend]) -> RadioFault:
    with pytest.raises(RadioError) as caught:
        hear(backend)
    assert "\n" not in str(caught.value)
    return caught.value.fault


def test_advertisements_become_reports():
    heard = hear(replaying(advertisement(frame=FRAME, rssi_dbm=-61), advertisement(apple=COMPANION)))
    assert heard[0] == Report("C0:FF:EE:00:00:00", {LINE_UUID: FRAME}, {}, -61)
    assert heard[1] == Report("C0:FF:EE:00:00:01", {}, {0x004C: COMPANION}, -60)
    # The passive scan beside the active one hears them too; they are told once.
    assert len(heard) == 2


@pytest.mark.parametrize("rssi_dbm", [-127, 127])
def test_strength_that_the_radio_did_not_measure_is_none(rssi_dbm: int):
    (seen,) = hear(replaying(advertisement(frame=FRAME, rssi_dbm=rssi_dbm)))
    assert seen.rssi_dbm is None


def test_scan_is_active_and_asks_bluez_for_repeated_advertisements():
    backend = replaying()
    hear(backend)
    active = backend.asked[1]
    assert (active["scanning_mode"], active["service_uuids"], active["bluez"]["adapter"]) == ("active", None, "hci1")
    real = BleakScannerBlueZDBus(None, None, "active", bluez=active["bluez"])
    assert real._filters["DuplicateData"].value is True  # noqa: SLF001 (what bleak sends to BlueZ)


def test_a_passive_scan_runs_beside_it_with_the_patterns_of_both_bluez():
    backend = replaying()
    hear(backend)
    # Before it: the kernel looks at that when the active one begins.
    [passive, _] = backend.asked
    assert (passive["scanning_mode"], passive["bluez"]["adapter"]) == ("passive", "hci1")
    patterns = {(int(kind), bytes(content)) for _, kind, content in passive["bluez"]["or_patterns"]}
    assert patterns == {(0x16, b"\x6f\xfe\x02"), (0x16, b"\x02"), (0xFF, b"\x4c\x00\x02\x15")}
    BleakScannerBlueZDBus(None, None, "passive", bluez=passive["bluez"])


def test_a_bluetoothd_without_passive_scans_is_listened_to_all_the_same():
    backend = replaying(advertisement(frame=FRAME), passive_error=BleakError("passive scanning needs --experimental"))
    assert len(hear(backend)) == 1


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
        (BleakError("adapter 'hci1' not found"), RadioFault.NO_ADAPTER),
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


def test_a_radio_that_is_stuck_keeps_nobody_from_ending():
    """A cancellation while listening ends it, whatever the radio says to being stopped."""
    backend = replaying(stop_error=BleakDBusError("org.bluez.Error.Failed", ["No discovery started"]))

    async def listen() -> None:
        async with listening(lambda _: None, backend=backend):
            await asyncio.sleep(60)

    async def scenario() -> None:
        task = asyncio.create_task(listen())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
