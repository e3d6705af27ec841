"""A stand-in for bluetoothd on a real D-Bus of its own: it reads what is registered, and can go away and come back."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>"""


class Bluetoothd:
    """``LEAdvertisingManager1`` of hci0: ``on_air`` is what is registered now, ``heard`` all that ever was."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.on_air: dict[str, dict[str, Any]] = {}
        self.heard: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        self._bus = await MessageBus(bus_address=self._address).connect()
        self._tasks: set[asyncio.Task[None]] = set()
        self._bus.add_message_handler(self._handle)
        await self._bus.request_name("org.bluez")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._bus.disconnect()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _handle(self, message: Message) -> bool:
        if message.message_type is not MessageType.METHOD_CALL or message.path != "/org/bluez/hci0":
            return False
        task = asyncio.ensure_future(self._answer(message))
        self._tasks.add(task)
        return True

    async def _answer(self, message: Message) -> None:
        path = message.body[0]
        if message.member == "UnregisterAdvertisement":
            known = self.on_air.pop(path, None) is not None
            answer = (
                Message.new_method_return(message)
                if known
                else Message.new_error(message, "org.bluez.Error.DoesNotExist", "Does Not Exist")
            )
        else:
            read = await self._properties(message.sender, path)
            self.on_air[path] = read
            self.heard.append(read)
            answer = Message.new_method_return(message)
        await self._bus.send(answer)

    async def _properties(self, owner: str | None, path: str) -> dict[str, Any]:
        asked = Message(
            destination=owner,
            path=path,
            interface="org.freedesktop.DBus.Properties",
            member="GetAll",
            signature="s",
            body=["org.bluez.LEAdvertisement1"],
        )
        answer = await self._bus.call(asked)
        assert answer is not None
        return {name: _plain(value) for name, value in answer.body[0].items()}


@asynccontextmanager
async def message_bus(folder: Path) -> AsyncIterator[str]:
    """A D-Bus daemon; its address."""
    config, socket = folder / "bus.conf", folder / "bus"
    config.write_text(_CONFIG.format(socket=socket))
    daemon = await asyncio.create_subprocess_exec(
        "dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile", stderr=subprocess.DEVNULL
    )
    async with asyncio.timeout(10):
        while not socket.exists():  # noqa: ASYNC110 (a program tells by making the file)
            await asyncio.sleep(0.01)
    try:
        yield f"unix:path={socket}"
    finally:
        daemon.terminate()
        await daemon.wait()


def _plain(value: Any) -> Any:
    if isinstance(value, Variant):
        return _plain(value.value)
    return {key: _plain(each) for key, each in value.items()} if isinstance(value, dict) else value
