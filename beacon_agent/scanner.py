"""The one place that talks to the radio: bleak's advertisements in, reports out, its errors translated."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import NamedTuple

from bleak import BleakScanner
from bleak.args.bluez import BlueZScannerArgs, OrPattern
from bleak.assigned_numbers import AdvertisementDataType
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakError,
)

from beacon_agent.errors import RadioError, RadioFault
from hardware.frames import ibeacon

logger = logging.getLogger(__name__)

# A radio in bleak's terms; a test gives one that replays.
Backend = type[BaseBleakScanner]

# BlueZ 5.82 reports a beacon whose data do not change only once otherwise (measured 2026: 0 of 18 in 3 s).
_ACTIVE: BlueZScannerArgs = {"filters": {"DuplicateData": True}}
# Beside an active scan a passive one makes the kernel ask the radio for repeated packets too, which a strict radio
# drops otherwise (measured 2026: all 30 of 30 packets). What it is to look for matters little then; the forms of a
# pattern for service data differ: BlueZ 5.66 compares from the UUID on, 5.82 only what follows it.
_PASSIVE: BlueZScannerArgs = {
    "or_patterns": [
        OrPattern(0, AdvertisementDataType.SERVICE_DATA_UUID16, b"\x6f\xfe\x02"),
        OrPattern(0, AdvertisementDataType.SERVICE_DATA_UUID16, b"\x02"),
        OrPattern(0, AdvertisementDataType.MANUFACTURER_SPECIFIC_DATA, ibeacon.PREFIX),
    ]
}
# What BlueZ answers where the radio gave no measurement (bleak 3.1, bluezdbus/scanner.py), and what HCI does
# (Bluetooth Core Specification, Vol 4 Part E 7.7.65.2).
_NOT_MEASURED = frozenset((-127, 127))
# Source: habluetooth 7.1, START_TIMEOUT; a start that works takes under 3 s.
_START_TIMEOUT_S = 15
# A scanner whose bluetoothd is gone may wait for an answer that never comes.
_STOP_TIMEOUT_S = 5

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


class Report(NamedTuple):
    """What the Bluetooth stack passes on of one address; ``rssi_dbm`` is None where the radio did not measure it.

    BlueZ keeps the data of an address together, and reports it all at any change of it.
    """

    address: str
    service_data: Mapping[str, bytes]
    manufacturer_data: Mapping[int, bytes]
    rssi_dbm: int | None


@asynccontextmanager
async def listening(
    hear: Callable[[Report], None], *, adapter: str | None = None, backend: Backend | None = None
) -> AsyncIterator[None]:
    """Call ``hear`` with every report while the context lasts.

    Args:
        hear: called from the event loop.
        adapter: such as ``hci0``; BlueZ's first if None.
        backend: another radio than the machine's.

    Raises:
        RadioError: the radio cannot be used; or it was lost meanwhile, told at the end of the context.
    """

    def on_advertisement(device: BLEDevice, heard: AdvertisementData) -> None:
        rssi_dbm = None if heard.rssi in _NOT_MEASURED else heard.rssi
        hear(Report(device.address, heard.service_data, heard.manufacturer_data, rssi_dbm))

    named: BlueZScannerArgs = {"adapter": adapter} if adapter else {}
    # First: the kernel asks the radio for repeated packets only when a scan begins while there is a passive one.
    beside = await _listen_beside({**_PASSIVE, **named}, backend)
    try:
        with _translated():
            scanner = BleakScanner(
                on_advertisement, scanning_mode="active", bluez={**_ACTIVE, **named}, backend=backend
            )
            async with asyncio.timeout(_START_TIMEOUT_S):
                await scanner.start()
        try:
            yield
        except BaseException:
            # Why the context ends is more than how: a cancellation must not be lost over a radio that is stuck.
            with suppress(RadioError):
                await _stop(scanner)
            raise
        await _stop(scanner)
    finally:
        if beside is not None:
            # Whatever ails it ails the other one too, which tells.
            with suppress(RadioError):
                await _stop(beside)


async def _stop(scanner: BleakScanner) -> None:
    try:
        async with asyncio.timeout(_STOP_TIMEOUT_S):
            await scanner.stop()
    except (BleakError, OSError, EOFError, TimeoutError) as exc:
        # A radio that vanishes stays silent without an error; only stopping it tells.
        raise RadioError(RadioFault.LOST, _one_line(exc)) from exc


async def _listen_beside(bluez: BlueZScannerArgs, backend: Backend | None) -> BleakScanner | None:
    """A passive scanner beside the active one, where bluetoothd offers it (``--experimental``).

    Its reports are not needed: bleak calls back by adapter, not by scanner, and would tell everything twice.
    """
    try:
        scanner = BleakScanner(scanning_mode="passive", bluez=bluez, backend=backend)
        async with asyncio.timeout(_START_TIMEOUT_S):
            await scanner.start()
    except (BleakError, OSError, EOFError, ValueError, TimeoutError) as exc:
        logger.debug("no passive scan beside the active one: %s", _one_line(exc))
        return None
    return scanner


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
        # bleak has no error of its own for an adapter that was named and is not there (3.1, bluezdbus/manager.py).
        is_missing = str(exc).startswith("adapter ") and str(exc).endswith(" not found")
        raise RadioError(RadioFault.NO_ADAPTER if is_missing else RadioFault.OTHER, _one_line(exc)) from exc


def _dbus_fault(name: str) -> RadioFault:
    if name.startswith(_SPAWN_FAILED):
        return RadioFault.NO_BLUEZ
    return _DBUS_ERRORS.get(name, RadioFault.OTHER)


def _one_line(exc: Exception) -> str:
    return " ".join(str(exc).split()) or type(exc).__name__
