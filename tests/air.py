"""A radio whose air the test writes, in the place where bleak takes a backend; it can fail as real ones do."""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakDBusError

from tests.replay import advertisement


class Air:
    """What is on the air, and how the adapter is: give ``backend`` to the agent.

    ``transmitters`` are asked for their packet at every beat; whoever is deaf hears none of them, without an error, as
    after an adapter was switched off and on. ``is_there`` tells whether there is an adapter at all.
    """

    def __init__(self, every_s: float = 0.05) -> None:
        self.transmitters: dict[str, Callable[[], AdvertisementData]] = {}
        self.is_there = True
        self.resets = self.scanners = 0
        self.every_s = every_s
        self.deaf: set[Any] = set()
        self.running: set[Any] = set()
        self.stays_deaf = False

    def send(self, address: str, **packet: Any) -> None:
        """Let somebody transmit from an address from now on."""
        self.transmitters[address] = lambda: advertisement(**packet)

    def deafen(self, *, for_good: bool = False) -> None:
        """Kill all running scanners without telling them; new ones too if it is for good."""
        self.deaf |= self.running
        self.stays_deaf = for_good

    def unplug(self) -> None:
        """Take the adapter away."""
        self.is_there = False
        self.deafen()

    def plug(self) -> None:
        """Put it back."""
        self.is_there = True

    async def reset(self, adapter: str) -> None:
        """Switch it off and on: what the agent does as a last resort."""
        del adapter
        self.resets += 1
        self.stays_deaf = False

    @property
    def backend(self) -> type[BaseBleakScanner]:
        """bleak's backend on this air."""
        return type("Backend", (_Backend,), {"air": self})


class _Backend(BaseBleakScanner):
    """One scanner; the passive one that runs beside the active one hears nothing of its own."""

    air: ClassVar[Air]

    def __init__(self, callback: Any, service_uuids: Any, scanning_mode: str, **options: Any) -> None:
        super().__init__(callback, service_uuids)
        self._is_passive = scanning_mode == "passive"
        self._task: asyncio.Task[None] | None = None
        del options

    async def start(self) -> None:
        if not self.air.is_there:
            raise BleakBluetoothNotAvailableError("no adapter", BleakBluetoothNotAvailableReason.NO_BLUETOOTH)
        if self._is_passive:
            return
        self.air.scanners += 1
        self.air.running.add(self)
        if self.air.stays_deaf:
            self.air.deaf.add(self)
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        if self._task is None:
            return
        self._task.cancel()
        self.air.running.discard(self)
        if self in self.air.deaf:
            raise BleakDBusError("org.bluez.Error.Failed", ["No discovery started"])

    async def _listen(self) -> None:
        while True:
            await asyncio.sleep(self.air.every_s)
            if self in self.air.deaf:
                continue
            for address, packet in list(self.air.transmitters.items()):
                self.call_detection_callbacks(BLEDevice(address, None, None), packet())
