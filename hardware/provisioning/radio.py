"""The kit's one place that talks to the radio: what bleak hears as packets, its errors in words."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from bleak import BleakScanner
from bleak.args.bluez import BlueZScannerArgs
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import BleakBluetoothNotAvailableError, BleakError

from hardware.frames import ibeacon, simple_beacon
from hardware.provisioning.errors import KitError

# A radio in bleak's terms; a test gives one that replays.
Backend = type[BaseBleakScanner]

# BlueZ 5.82 reports a beacon whose data do not change only once otherwise.
_BLUEZ: BlueZScannerArgs = {"filters": {"DuplicateData": True}}
_START_TIMEOUT_S = 15
# What BlueZ and HCI answer where the radio gave no measurement.
_NOT_MEASURED = frozenset((-127, 127))


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One report of the Bluetooth stack: LINE's frame, an iBeacon packet, or both where it keeps them together."""

    at: datetime
    rssi_dbm: int | None
    frame: bytes | None
    apple: bytes | None


@asynccontextmanager
async def listening(hear: Callable[[Packet], None], backend: Backend | None = None) -> AsyncIterator[None]:
    """Call ``hear`` with every packet of a beacon while the context lasts.

    Raises:
        KitError: the radio cannot be used, or was lost meanwhile.
    """

    def on_advertisement(_device: BLEDevice, heard: AdvertisementData) -> None:
        frame = heard.service_data.get(simple_beacon.UUID_TEXT)
        apple = heard.manufacturer_data.get(ibeacon.APPLE_COMPANY)
        if frame is not None or apple is not None:
            rssi_dbm = None if heard.rssi in _NOT_MEASURED else heard.rssi
            hear(Packet(at=datetime.now(UTC), rssi_dbm=rssi_dbm, frame=frame, apple=apple))

    try:
        scanner = BleakScanner(on_advertisement, scanning_mode="active", bluez=_BLUEZ, backend=backend)
        async with asyncio.timeout(_START_TIMEOUT_S):
            await scanner.start()
    except BleakBluetoothNotAvailableError as exc:
        raise KitError(
            "藍牙不能用：插上或打開藍牙介面，bluetoothctl power on 後再執行一次"
            " / no Bluetooth: plug in or switch on an adapter (bluetoothctl power on), then run it again"
        ) from exc
    except (BleakError, OSError, EOFError, ValueError) as exc:
        raise _unusable(exc) from exc
    try:
        yield
    finally:
        try:
            await scanner.stop()
        except (BleakError, OSError, EOFError) as exc:
            # A radio that vanishes stays silent without an error; only stopping it tells.
            raise _unusable(exc) from exc


def _unusable(exc: Exception) -> KitError:
    said = " ".join(str(exc).split()) or type(exc).__name__
    return KitError(
        f"無法掃描（{said}）：systemctl status bluetooth / cannot scan ({said}): see systemctl status bluetooth"
    )
