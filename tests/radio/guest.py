"""What runs in the virtual machine: the agent as its users start it, against a real bluetoothd; a verdict per test.

``python3 -m tests.radio.guest``; /out/job.json says where the API is. Each test is a coroutine ``test_…`` of this
module; they run in order in one boot, and build on each other's agent.
"""

import asyncio
import json
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from hardware.frames.device_message import encode
from hardware.frames.simple_beacon import SimpleBeacon, encode_advertisement
from tests.radio.antenna import Adapter
from tests.relay import Relay

OUT = Path("/out")
JOB: dict[str, Any] = json.loads((OUT / "job.json").read_text())
HWID, KEY = JOB["hwid"], bytes.fromhex(JOB["key"])
BADGE = bytes.fromhex(JOB["badge"])
BEACON_ADDRESS, BADGE_ADDRESS = "C0:FF:EE:00:00:01", "D0:00:00:00:00:07"
# An own beacon for the broadcaster.
OWN_HWID, OWN_KEY = "c0ffee00ff", bytes(range(1, 33))
STATE, RUNTIME, CONFIG = Path("/tmp/state"), Path("/tmp/run"), Path("/tmp/agent.toml")  # noqa: S108 (a machine of its own)
PATIENCE_S = 120.0


class Bench:
    """bluetoothd, the adapter, what is on the air, and the agent's process."""

    def __init__(self) -> None:
        self.adapter = Adapter()
        self._daemon: subprocess.Popen[bytes] | None = None
        self._air: asyncio.Task[None] | None = None
        self.agent: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self.start_bluetoothd()
        await self.adapter.plug()
        await self.power_on()
        self._air = asyncio.create_task(self._transmit())

    def start_bluetoothd(self) -> None:
        log = (OUT / "bluetoothd.log").open("ab")
        self._daemon = subprocess.Popen(["/usr/libexec/bluetooth/bluetoothd", "-n", "--experimental"], stderr=log)

    def kill_bluetoothd(self) -> None:
        assert self._daemon is not None
        self._daemon.kill()
        self._daemon.wait()

    async def power_on(self) -> None:
        await self.until(lambda: self._bluetoothctl("power", "on"), "the adapter's power")

    def power_off(self) -> None:
        self._bluetoothctl("power", "off")

    async def until(self, what: Callable[[], Any], name: str, seconds: float = PATIENCE_S) -> Any:
        """Wait for something to be so."""
        end = time.monotonic() + seconds
        while not (found := what()):
            if time.monotonic() > end:
                raise AssertionError(f"{name} did not come; the agent: {self.status()}")
            await asyncio.sleep(0.3)
        return found

    def status(self) -> dict[str, Any]:
        """How the agent says it is."""
        with suppress(OSError, ValueError):
            told: dict[str, Any] = json.loads((RUNTIME / "status.json").read_text())
            return told
        return {}

    def is_hearing(self) -> bool:
        told = self.status()
        return told.get("radio") == "hearing" and (told["heard_s"] or 0) < 3

    def start_agent(self) -> None:
        log = (OUT / "agent.log").open("ab")
        command = [sys.executable, "-m", "beacon_agent", "run", "--config", str(CONFIG), "--verbose"]
        self.agent = subprocess.Popen(command, stdout=log, stderr=log)

    async def stop(self) -> None:
        if self.agent is not None:
            self.agent.send_signal(signal.SIGTERM)
            # In a thread: who answers the kernel, which the agent waits for, runs here.
            await asyncio.to_thread(self.agent.wait, PATIENCE_S)
        # While somebody still answers the kernel; it would wait for the radio else.
        await self.adapter.unplug()
        self.kill_bluetoothd()

    async def command(self, *arguments: str) -> str:
        """What a command of the agent's prints."""
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "beacon_agent",
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(program.communicate(), PATIENCE_S)
        assert program.returncode == 0, err.decode()
        return out.decode()

    @staticmethod
    def _bluetoothctl(*words: str) -> bool:
        ran = subprocess.run(["bluetoothctl", *words], capture_output=True, timeout=30, check=False)
        return b"succeeded" in ran.stdout

    async def _transmit(self) -> None:
        """The zone's beacon and an officer's badge, as they send: about six times a second."""
        while True:
            await asyncio.sleep(0.15)
            antenna = self.adapter.antenna
            if antenna is not None:
                step = int(time.time()) // 15
                line = encode_advertisement(SimpleBeacon(HWID, encode(KEY, HWID, step)))
                antenna.hear(BEACON_ADDRESS, line, -61)
                antenna.hear(BADGE_ADDRESS, b"\x02\x01\x06\x1a\xff\x4c\x00" + BADGE, -58)


def _antenna(bench: Bench) -> Any:
    assert bench.adapter.antenna is not None
    return bench.adapter.antenna


async def _scanned(bench: Bench) -> dict[str, Any]:
    printed = await bench.command("scan", "--seconds", "6", "--format", "json")
    return {each["kind"]: each for each in map(json.loads, printed.splitlines())}


async def test_scan_hears_both_packets_again_and_again_on_a_lax_radio(bench: Bench) -> None:
    _antenna(bench).is_strict = False
    heard = await _scanned(bench)
    line = heard["line_simple_beacon"]
    assert (line["hwid"], line["rssi_dbm"]) == (HWID, -61), heard
    assert heard["ibeacon"]["rssi_dbm"] == -58, heard
    assert line["count"] >= 5, heard


async def test_scan_hears_an_unchanging_badge_again_and_again_on_a_strict_radio(bench: Bench) -> None:
    _antenna(bench).is_strict = True
    heard = await _scanned(bench)
    assert heard["ibeacon"]["count"] >= 5, heard


async def test_the_agent_enrols_listens_and_reports(bench: Bench) -> None:
    await bench.command("enrol", JOB["server"], JOB["code"], "--config", str(CONFIG))
    bench.start_agent()
    await bench.until(bench.is_hearing, "hearing")
    await bench.until(lambda: bench.status().get("sent", 0) >= 2, "two summaries sent")


async def test_a_bluetoothd_that_was_killed_is_missed_and_heard_again(bench: Bench) -> None:
    bench.kill_bluetoothd()
    await bench.until(lambda: not bench.is_hearing(), "silence")
    bench.start_bluetoothd()
    await bench.power_on()
    await bench.until(bench.is_hearing, "hearing")


async def test_an_adapter_that_was_switched_off_and_on_is_heard_again(bench: Bench) -> None:
    bench.power_off()
    await bench.until(lambda: not bench.is_hearing(), "silence")
    await bench.power_on()
    await bench.until(bench.is_hearing, "hearing")


async def test_an_adapter_that_was_unplugged_is_told_and_heard_when_it_is_back(bench: Bench) -> None:
    await bench.adapter.unplug()
    await bench.until(lambda: bench.status().get("radio") == "no_adapter", "no adapter")
    await bench.adapter.plug()
    await bench.power_on()
    await bench.until(bench.is_hearing, "hearing")


async def test_a_radio_that_is_deaf_is_reset_within_a_minute(bench: Bench) -> None:
    before = bench.status()["adapter_resets"]
    _antenna(bench).is_deaf = True
    began = time.monotonic()
    await bench.until(lambda: bench.status().get("adapter_resets", 0) > before, "a reset", 75)
    took_s = time.monotonic() - began
    _antenna(bench).is_deaf = False
    await bench.until(bench.is_hearing, "hearing")
    assert took_s < 60, took_s


async def test_the_pis_own_broadcast_is_heard_byte_for_byte_and_again_after_a_restart(bench: Bench) -> None:
    program = _start_broadcast()
    try:
        heard = await bench.adapter.observer()
        await _hear_both(heard)
        bench.kill_bluetoothd()
        bench.start_bluetoothd()
        await bench.power_on()
        while not heard.empty():
            heard.get_nowait()
        await _hear_both(heard)
    finally:
        program.terminate()
        program.wait()


def _start_broadcast() -> "subprocess.Popen[bytes]":
    identity = Path("/tmp/beacon.toml")  # noqa: S108 (a machine of its own)
    identity.write_text(f'[beacon]\nhwid = "{OWN_HWID}"\nkey = "{OWN_KEY.hex()}"\nmeasured_power_dbm = -59\n')
    identity.chmod(0o600)
    log = (OUT / "broadcast.log").open("ab")
    arguments = ["broadcast", "--identity", str(identity), "--state", "/tmp/step"]  # noqa: S108 (likewise)
    return subprocess.Popen([sys.executable, "-m", "beacon_agent", *arguments], stdout=log, stderr=log)


async def _hear_both(heard: "asyncio.Queue[tuple[bytes, bool]]") -> None:
    """LINE's frame with a right code, and the companion; neither can be connected to."""
    # BlueZ writes the flags itself, and as 04.
    companion = bytes.fromhex("0201041aff4c000215d0d2ce249efc11e582c41c6a7a17ef384c494e45c5")
    missing = {"line", "companion"}
    async with asyncio.timeout(PATIENCE_S):
        while missing:
            packet, is_connectable = await heard.get()
            assert not is_connectable, packet.hex()
            if packet == companion:
                missing.discard("companion")
            elif packet in _lines():
                missing.discard("line")
            else:
                raise AssertionError(f"neither: {packet.hex()}")


def _lines() -> set[bytes]:
    now = int(time.time()) // 15
    beacons = (SimpleBeacon(OWN_HWID, encode(OWN_KEY, OWN_HWID, step)) for step in range(now - 2, now + 2))
    return {encode_advertisement(beacon, flags=0x04) for beacon in beacons}


async def test_what_was_heard_has_arrived(bench: Bench) -> None:
    await bench.until(lambda: bench.status()["outbox"]["waiting"] == 0, "an empty outbox")
    assert bench.status()["outbox"]["dropped"] == 0
    printed = await bench.command("doctor", "--config", str(CONFIG), "--format", "json")
    assert all(each["passed"] for each in json.loads(printed)), printed


async def _verdict(bench: Bench, test: Callable[[Bench], Awaitable[None]]) -> dict[str, Any]:
    began = time.monotonic()
    said = ""
    try:
        async with asyncio.timeout(3 * PATIENCE_S):
            await test(bench)
    except Exception:  # noqa: BLE001 (the verdict of a test)
        said = traceback.format_exc()
    return {"seconds": round(time.monotonic() - began, 1), "said": said}


def _keep(verdicts: dict[str, Any]) -> None:
    (OUT / "verdicts.json").write_text(json.dumps(verdicts))


async def main() -> None:
    """Run every test, writing each verdict as it comes."""
    host, port = JOB["api"]
    # The agent takes an address without TLS only where it is its own machine's.
    relay = Relay(port, host=host, listen_on=8443)
    bench = Bench()
    await bench.start()
    verdicts: dict[str, Any] = {}
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            verdicts[name] = await _verdict(bench, test)
            print(name, verdicts[name]["seconds"], "s", verdicts[name]["said"][-300:], flush=True)
            _keep(verdicts)
    await bench.stop()
    relay.close()


if __name__ == "__main__":
    CONFIG.write_text(f'[agent]\nstate = "{STATE}"\nruntime = "{RUNTIME}"\nheartbeat_s = 2\n')
    asyncio.run(main())
