"""A radio that replays advertisements, in the place where bleak takes a backend."""

import signal
from collections.abc import Iterable
from typing import Any, ClassVar

from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner

LINE_UUID = "0000fe6f-0000-1000-8000-00805f9b34fb"
FRAME = bytes.fromhex("02fd5ea0ad1e7f00")
COMPANION = bytes.fromhex("0215d0d2ce249efc11e582c41c6a7a17ef384c494e45c5")


def advertisement(*, frame: bytes | None = None, apple: bytes | None = None, rssi_dbm: int = -60) -> AdvertisementData:
    return AdvertisementData(
        local_name=None,
        manufacturer_data={} if apple is None else {0x004C: apple},
        service_data={} if frame is None else {LINE_UUID: frame},
        service_uuids=[] if frame is None else [LINE_UUID],
        tx_power=None,
        rssi=rssi_dbm,
        platform_data=(),
    )


class ReplayBackend(BaseBleakScanner):
    """Hears its advertisements at the moment it is started."""

    advertisements: ClassVar[Iterable[AdvertisementData]] = ()
    start_error: ClassVar[Exception | None] = None
    stop_error: ClassVar[Exception | None] = None
    passive_error: ClassVar[Exception | None] = None
    # What each scanner was made with, in order.
    asked: ClassVar[list[dict[str, Any]]]
    was_stopped: ClassVar[bool]

    def __init__(self, callback: Any, service_uuids: Any, scanning_mode: str, **options: Any) -> None:
        super().__init__(callback, service_uuids)
        self._is_passive = scanning_mode == "passive"
        type(self).asked.append({"service_uuids": service_uuids, "scanning_mode": scanning_mode, **options})
        type(self).was_stopped = False

    async def start(self) -> None:
        if self.start_error:
            raise self.start_error
        if self._is_passive and self.passive_error:
            raise self.passive_error
        for number, heard in enumerate(self.advertisements):
            # Another address each time, as BlueZ sends.
            self.call_detection_callbacks(BLEDevice(f"C0:FF:EE:00:00:{number:02X}", None, None), heard)

    async def stop(self) -> None:
        type(self).was_stopped = True
        if self.stop_error:
            raise self.stop_error


def replaying(
    *advertisements: AdvertisementData,
    start_error: Exception | None = None,
    stop_error: Exception | None = None,
    passive_error: Exception | None = None,
) -> type[ReplayBackend]:
    members: dict[str, Any] = {
        "advertisements": advertisements,
        "start_error": start_error,
        "stop_error": stop_error,
        "passive_error": passive_error,
        "asked": [],
    }
    return type("Replaying", (ReplayBackend,), members)


class InterruptedBackend(ReplayBackend):
    """Hears one beacon, and then somebody presses Ctrl-C."""

    advertisements = (advertisement(frame=FRAME),)
    asked: ClassVar[list[dict[str, Any]]] = []

    async def start(self) -> None:
        await super().start()
        if not self._is_passive:
            signal.raise_signal(signal.SIGINT)
