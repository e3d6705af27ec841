"""The one place that talks to the radio: bleak's advertisements in, sightings out, its errors translated."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime

from bleak import BleakScanner
from bleak.args.bluez import BlueZScannerArgs
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakError,
)

from beacon_agent.errors import RadioError, RadioFault
from beacon_agent.sightings import Sighting, sightings

# A radio in bleak's terms; a test gives one that replays.
Backend = type[BaseBleakScanner]

# BlueZ 5.82 reports a beacon whose data do not change only once otherwise (measured 2026: 0 of 18 in 3 s).
_BLUEZ: BlueZScannerArgs = {"filters": {"DuplicateData": True}}
# What BlueZ answers where the radio gave no measurement (bleak 3.1, bluezdbus/scanner.py), and what HCI does
# (Bluetooth Core Specification, Vol 4 Part E 7.7.65.2).
_NOT_MEASURED = frozenset((-127, 127))
# Source: habluetooth 7.1, START_TIMEOUT; a start that works takes under 3 s.
_START_TIMEOUT_S = 15

_UNAVAILABLE = {
    BleakBluetoothNotAvailableReason.NO_BLUETOOTH: RadioFault.NO_ADAPTER,
    BleakBluetoothNotAvailableReason.NO_BLE_CENTRAL_ROLE: RadioFault.NO_CENTRAL_ROLE,
    BleakBluetoothNotAvailableReason.POWERED_OFF: RadioFault.POWERED_OFF,
    BleakBluetoothNotAvailableReason.DENIED_BY_USER: RadioFault.DENIED,
    BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM: RadioFault.DENIED,
    BleakBluetoothNotAvailableReason.DENIED_BY_UNKNOWN: RadioFault.DENIED,
}
# Source: D-Bus Specification, "Standard D-Bus errors", and BlueZ, doc/org.bluez.Adapter.rst.
_DBUS_ERRORS = {
    "org.freedesktop.DBus.Error.ServiceUnknown": RadioFault.NO_BLUEZ,
    "org.freedesktop.DBus.Error.NameHasNoOwner": RadioFault.NO_BLUEZ,
    "org.freedesktop.DBus.Error.AccessDenied": RadioFault.DENIED,
    "org.bluez.Error.NotReady": RadioFault.POWERED_OFF,
}
_SPAWN_FAILED = "org.freedesktop.DBus.Error.Spawn."


@asynccontextmanager
async def listening(
    hear: Callable[[Sighting], None],
    *,
    now: Callable[[], datetime],
    backend: Backend | None = None,
) -> AsyncIterator[None]:
    """Call ``hear`` with every sighting while the context lasts.

    Args:
        hear: called from the event loop.
        now: the time, aware.
        backend: another radio than the machine's.

    Raises:
        RadioError: the radio cannot be used; or it was lost meanwhile, told at the end of the context.
    """

    def on_advertisement(_device: BLEDevice, advertisement: AdvertisementData) -> None:
        rssi_dbm = None if advertisement.rssi in _NOT_MEASURED else advertisement.rssi
        service_data, manufacturer_data = advertisement.service_data, advertisement.manufacturer_data
        for sighting in sightings(service_data, manufacturer_data, rssi_dbm=rssi_dbm, heard_at=now()):
            hear(sighting)

    with _translated():
        scanner = BleakScanner(on_advertisement, scanning_mode="active", bluez=_BLUEZ, backend=backend)
        async with asyncio.timeout(_START_TIMEOUT_S):
            await scanner.start()
    try:
        yield
    finally:
        try:
            await scanner.stop()
        except (BleakError, OSError, EOFError) as exc:
            # A radio that vanishes stays silent without an error; only stopping it tells.
            raise RadioError(RadioFault.LOST, _one_line(exc)) from exc


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except BleakBluetoothNotAvailableError as exc:
        raise RadioError(_UNAVAILABLE.get(exc.reason, RadioFault.OTHER)) from exc
    except BleakDBusError as exc:
        fault = _dbus_fault(exc.dbus_error)
        raise RadioError(fault, _one_line(exc) if fault is RadioFault.OTHER else "") from exc
    except TimeoutError as exc:
        raise RadioError(RadioFault.OTHER, f"no answer in {_START_TIMEOUT_S} s") from exc
    except PermissionError as exc:
        raise RadioError(RadioFault.DENIED) from exc
    # ValueError: DBUS_SYSTEM_BUS_ADDRESS is set to something that is no address.
    except (OSError, EOFError, ValueError) as exc:
        raise RadioError(RadioFault.NO_DBUS, _one_line(exc)) from exc
    except BleakError as exc:
        raise RadioError(RadioFault.OTHER, _one_line(exc)) from exc


def _dbus_fault(name: str) -> RadioFault:
    if name.startswith(_SPAWN_FAILED):
        return RadioFault.NO_BLUEZ
    return _DBUS_ERRORS.get(name, RadioFault.OTHER)


def _one_line(exc: Exception) -> str:
    return " ".join(str(exc).split()) or type(exc).__name__
