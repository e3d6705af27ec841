"""The Pi as a beacon, over a real D-Bus to a stand-in for bluetoothd: what it registers, and that it comes back."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

import beacon_agent.broadcaster
from beacon_agent.broadcaster import Broadcaster
from beacon_agent.identity_file import BeaconIdentity
from beacon_agent.step_file import StepFile
from hardware.frames import device_message, ibeacon, simple_beacon
from hardware.frames.device_message import Flags
from tests.integration.bluez import Bluetoothd, message_bus

HWID, KEY = "c0ffee0001", bytes(range(32))
IDENTITY = BeaconIdentity(hwid=HWID, key=KEY, measured_power_dbm=-63)
STEP = 119_341_440


class Hurry:
    """A clock that is a tenth of a second before the next step whenever it is asked: a step lasts that long."""

    def __init__(self) -> None:
        self.step = STEP

    def __call__(self) -> float:
        return self.step * 15 + 14.95


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 (another program makes it true)
            await asyncio.sleep(0.01)


def frames(bluetoothd: Bluetoothd) -> list[bytes]:
    return [each["ServiceData"]["fe6f"] for each in bluetoothd.heard if each["ServiceData"]]


def steps(bluetoothd: Bluetoothd) -> list[int]:
    found = []
    for frame in frames(bluetoothd):
        beacon = simple_beacon.decode_frame(frame)
        fields = device_message.parse(beacon.device_message)
        step = device_message.full_step(fields.low_step, STEP)
        assert beacon.hwid == HWID
        assert device_message.is_authentic(beacon.device_message, KEY, HWID, step)
        found.append(step)
    return found


pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beacon_agent.broadcaster, "_REST_S", 0.05)


async def test_both_packets_are_on_the_air_and_the_code_rolls(tmp_path: Path):
    clock = Hurry()
    async with message_bus(tmp_path) as address, Bluetoothd(address) as bluetoothd:
        running = asyncio.create_task(Broadcaster(IDENTITY, StepFile(tmp_path / "step"), clock=clock).run(address))
        await until(lambda: len(frames(bluetoothd)) == 1)
        companion = bluetoothd.heard[0]
        assert companion["ManufacturerData"] == {
            0x004C: ibeacon.encode_manufacturer_data(ibeacon.line_companion(-63))[2:]
        }
        assert (companion["Type"], companion["ServiceUUIDs"]) == ("broadcast", [])
        line = bluetoothd.heard[1]
        assert (line["Type"], line["ServiceUUIDs"], line["ManufacturerData"]) == ("broadcast", ["fe6f"], {})
        clock.step += 1
        await until(lambda: STEP + 1 in steps(bluetoothd))
        # The frame before is gone, the companion stays: two in all.
        assert len(bluetoothd.on_air) <= 2
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert steps(bluetoothd) == sorted(steps(bluetoothd))


async def test_a_bluetoothd_that_was_restarted_has_the_beacon_back(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    async with message_bus(tmp_path) as address:
        async with Bluetoothd(address) as bluetoothd:
            running = asyncio.create_task(
                Broadcaster(IDENTITY, StepFile(tmp_path / "step"), clock=Hurry()).run(address)
            )
            await until(lambda: bool(frames(bluetoothd)))
        await asyncio.sleep(0.3)
        async with Bluetoothd(address) as again:
            await until(lambda: bool(frames(again)))
            assert {bool(each["ManufacturerData"]) for each in again.heard} == {True, False}
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    # Told once, not at every try.
    assert caplog.text.count("trying again") == 1


async def test_after_a_loss_of_power_with_a_clock_that_is_behind_it_goes_on_from_what_was_reserved(tmp_path: Path):
    (tmp_path / "step").write_text(f"{STEP + 40}\n")
    async with message_bus(tmp_path) as address, Bluetoothd(address) as bluetoothd:
        running = asyncio.create_task(Broadcaster(IDENTITY, StepFile(tmp_path / "step"), clock=Hurry()).run(address))
        await until(lambda: bool(frames(bluetoothd)))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert steps(bluetoothd)[0] == STEP + 40
    message = device_message.parse(simple_beacon.decode_frame(frames(bluetoothd)[0]).device_message)
    assert message.flags == Flags.RESUMED
