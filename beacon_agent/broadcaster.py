"""The Pi as a LINE beacon, through BlueZ's advertising manager: LINE's frame and the iBeacon companion.

Most adapters send one advertisement at a time, and the kernel lets several take turns of whole seconds. LINE's frame
has three of four: a phone with LINE in front hears it within a second or so, while the companion need only be noticed
once to wake an iPhone. An adapter that cannot advertise while it scans says so when it is asked, and that is passed on.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from itertools import count

from dbus_fast import BusType, DBusError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.constants import PropertyAccess
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from beacon_agent.identity_file import BeaconIdentity
from beacon_agent.step_file import Step, StepFile
from hardware.frames import device_message, ibeacon, simple_beacon
from hardware.frames.device_message import NO_FLAGS, STEP_S, Flags
from hardware.frames.simple_beacon import SimpleBeacon

logger = logging.getLogger(__name__)

# Source: BlueZ, doc/org.bluez.LEAdvertisingManager.rst.
_BLUEZ, _MANAGER = "org.bluez", "org.bluez.LEAdvertisingManager1"
_FE6F = "fe6f"
_ANSWER_WITHIN_S = 10
# Turns, in seconds.
_LINE_TURN_S, _COMPANION_TURN_S = 3, 1
# What BlueZ answers where the adapter itself will not.
_REFUSED = frozenset({"org.bluez.Error.Failed", "org.bluez.Error.NotPermitted", "org.bluez.Error.NotSupported"})
_ADVICE = (
    "此介面不能（邊掃描邊）廣播：換一個介面，或不要與監聽站共用"
    " / this adapter cannot advertise, or not while it scans: use another one for it"
)
# After an error: as long as bluetoothd takes to come back.
_REST_S = 5


class Advertisement(ServiceInterface):
    """One advertisement as BlueZ reads it. BlueZ adds the flags and the list of UUIDs itself."""

    def __init__(self, *, service_data: bytes | None = None, apple: bytes | None = None) -> None:
        super().__init__("org.bluez.LEAdvertisement1")
        self._service_data, self._apple = service_data, apple

    @dbus_property(access=PropertyAccess.READ)
    def Type(self) -> "s":  # type: ignore[name-defined]  # noqa: F821, N802 (D-Bus names and types)
        """Not connectable."""
        return "broadcast"

    @dbus_property(access=PropertyAccess.READ)
    def ServiceUUIDs(self) -> "as":  # type: ignore[valid-type]  # noqa: F722, N802
        """LINE's UUID, beside the service data only."""
        return [] if self._service_data is None else [_FE6F]

    @dbus_property(access=PropertyAccess.READ)
    def ServiceData(self) -> "a{sv}":  # type: ignore[valid-type]  # noqa: F722, N802
        """LINE's frame."""
        return {} if self._service_data is None else {_FE6F: Variant("ay", self._service_data)}

    @dbus_property(access=PropertyAccess.READ)
    def ManufacturerData(self) -> "a{qv}":  # type: ignore[valid-type]  # noqa: F722, N802
        """The iBeacon companion, without the company's number."""
        return {} if self._apple is None else {ibeacon.APPLE_COMPANY: Variant("ay", self._apple)}

    @dbus_property(access=PropertyAccess.READ)
    def Duration(self) -> "q":  # type: ignore[name-defined]  # noqa: F821, N802
        """How long its turn is, in seconds."""
        return _COMPANION_TURN_S if self._service_data is None else _LINE_TURN_S

    @dbus_method()
    def Release(self) -> None:  # noqa: N802
        """BlueZ has dropped it; it is registered again with the next step."""


class Broadcaster:
    """Sends as one beacon until it is cancelled.

    Each step is registered anew: so a bluetoothd that was restarted has the beacon back within 15 s.
    """

    def __init__(
        self,
        identity: BeaconIdentity,
        steps: StepFile,
        *,
        adapter: str = "hci0",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._identity, self._steps, self._clock = identity, steps, clock
        self._manager_path = f"/org/bluez/{adapter}"
        self._numbers = count(1)
        self._line_path: str | None = None

    async def run(self, bus_address: str | None = None) -> None:
        """Send; a failure is logged once and tried again.

        Args:
            bus_address: The system's bus if None.

        Raises:
            AgentError: the step's file says that the clock is wrong.
        """
        failed = False
        while True:
            try:
                await self._send(bus_address)
            except (DBusError, OSError, EOFError, TimeoutError) as exc:
                if not failed:
                    logger.warning("not sending (%s); trying again", _words(exc))
                failed = True
                await asyncio.sleep(_REST_S)

    async def _send(self, bus_address: str | None) -> None:
        bus = await MessageBus(bus_address=bus_address, bus_type=BusType.SYSTEM).connect()
        self._line_path = None
        try:
            companion = ibeacon.encode_manufacturer_data(ibeacon.line_companion(self._identity.measured_power_dbm))
            await self._register(bus, Advertisement(apple=companion[2:]))
            logger.info("sending as beacon %s", self._identity.hwid)
            while True:
                step = self._steps.now(self._clock())
                await self._replace(bus, Advertisement(service_data=self._frame(step)))
                await asyncio.sleep(STEP_S - self._clock() % STEP_S)
        finally:
            # BlueZ drops what a connection has registered when that ends.
            bus.disconnect()

    def _frame(self, step: Step) -> bytes:
        flags = Flags.RESUMED if step.is_guess else NO_FLAGS
        message = device_message.encode(self._identity.key, self._identity.hwid, step.number, flags=flags)
        return simple_beacon.encode_frame(SimpleBeacon(self._identity.hwid, message))

    async def _replace(self, bus: MessageBus, advertisement: Advertisement) -> None:
        """Register LINE's frame in the place of the one before."""
        if self._line_path is not None:
            await self._call(bus, "UnregisterAdvertisement", "o", [self._line_path])
            bus.unexport(self._line_path)
        self._line_path = await self._register(bus, advertisement)

    async def _register(self, bus: MessageBus, advertisement: Advertisement) -> str:
        path = f"/org/checkin/advertisement{next(self._numbers)}"
        bus.export(path, advertisement)
        await self._call(bus, "RegisterAdvertisement", "oa{sv}", [path, {}])
        return path

    async def _call(self, bus: MessageBus, member: str, signature: str, body: list[object]) -> None:
        asked = Message(
            destination=_BLUEZ,
            path=self._manager_path,
            interface=_MANAGER,
            member=member,
            signature=signature,
            body=body,
        )
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            answer = await bus.call(asked)
        if answer.message_type is MessageType.ERROR:
            raise DBusError(answer.error_name or "", str(answer.body[0]) if answer.body else str(answer.error_name))


def _words(exc: Exception) -> str:
    said = " ".join(str(exc).split()) or type(exc).__name__
    return f"{said}; {_ADVICE}" if isinstance(exc, DBusError) and exc.type in _REFUSED else said
