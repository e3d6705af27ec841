"""The Bluetooth adapter itself, through BlueZ on the system's D-Bus: off and on, and what it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from dbus_fast import BusType, DBusError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from beacon_agent.errors import RadioError, RadioFault

# Source: BlueZ, doc/org.bluez.Adapter.rst.
_BLUEZ, _ADAPTER = "org.bluez", "org.bluez.Adapter1"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_ANSWER_WITHIN_S = 10
_FAULTS = {
    "org.freedesktop.DBus.Error.ServiceUnknown": RadioFault.NO_BLUEZ,
    "org.freedesktop.DBus.Error.UnknownObject": RadioFault.NO_ADAPTER,
    "org.freedesktop.DBus.Error.UnknownMethod": RadioFault.NO_ADAPTER,
    "org.freedesktop.DBus.Error.AccessDenied": RadioFault.DENIED,
}
# The controller needs a moment between off and on.
_OFF_FOR_S = 1.0


async def power_cycle(adapter: str, bus_address: str | None = None) -> None:
    """Switch an adapter off and on again; one that is off is switched on.

    Raises:
        RadioError: it is not there, or does not obey.
    """
    async with _bus(bus_address) as bus:
        await _set_power(bus, adapter, on=False)
        await asyncio.sleep(_OFF_FOR_S)
        await _set_power(bus, adapter, on=True)


async def describe(adapter: str, bus_address: str | None = None) -> dict[str, Any]:
    """An adapter's properties, such as ``Address``, ``Powered``, ``Discovering``.

    Raises:
        RadioError: it is not there.
    """
    async with _bus(bus_address) as bus:
        [properties] = await _call(bus, adapter, "GetAll", "s", [_ADAPTER])
    return {name: variant.value for name, variant in properties.items()}


@asynccontextmanager
async def _bus(address: str | None) -> AsyncIterator[MessageBus]:
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            bus = await MessageBus(bus_address=address, bus_type=BusType.SYSTEM).connect()
    except (OSError, EOFError, ValueError, TimeoutError, DBusError) as exc:
        raise RadioError(RadioFault.NO_DBUS, " ".join(str(exc).split())) from exc
    try:
        yield bus
    finally:
        bus.disconnect()


async def _set_power(bus: MessageBus, adapter: str, *, on: bool) -> None:
    await _call(bus, adapter, "Set", "ssv", [_ADAPTER, "Powered", Variant("b", on)])


async def _call(bus: MessageBus, adapter: str, member: str, signature: str, body: list[Any]) -> list[Any]:
    path = f"/org/bluez/{adapter}"
    asked = Message(destination=_BLUEZ, path=path, interface=_PROPERTIES, member=member, signature=signature, body=body)
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            answer = await bus.call(asked)
    except (OSError, EOFError, TimeoutError) as exc:
        raise RadioError(RadioFault.NO_DBUS, type(exc).__name__) from exc
    if answer.message_type is MessageType.ERROR:
        raise RadioError(_FAULTS.get(answer.error_name or "", RadioFault.OTHER), str(answer.error_name))
    return answer.body
