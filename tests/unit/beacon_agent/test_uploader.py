"""Sending, on a server that answers as a test says: retries, rests, what is given up, what times become."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stamina

from beacon_agent.outbox import Item, Outbox
from beacon_agent.server import Answer, ServerError
from beacon_agent.timebase import Timebase
from beacon_agent.uploader import Uploader

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
NOW_S = 100_000.0


class FakeServer:
    """Refuses as often as it is told, then takes."""

    def __init__(self, *refusals: ServerError) -> None:
        self.timebase = Timebase("boot-2")
        self.taken: list[Any] = []
        self._refusals = list(refusals)

    async def get(self, path: str, known: str = "") -> Answer:
        del path, known
        self.timebase.offset_s = NOON.timestamp() - NOW_S
        return Answer({}, "")

    async def post(self, path: str, told: Any) -> Answer:
        assert path == "/sightings"
        if self._refusals:
            raise self._refusals.pop(0)
        self.taken.append(told)
        return Answer({"new": True}, "")


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """With what an earlier start of the machine left: its clock was known, but for the one before."""
    for boot, offset_s in (("boot-0", None), ("boot-1", NOON.timestamp() - 3600 - 500.0)):
        earlier = Outbox(tmp_path / "outbox.db", boot)
        earlier.put([beacon(500.0)])
        if offset_s is not None:
            earlier.learn_offset(offset_s)
        earlier.close()
    outbox = Outbox(tmp_path / "outbox.db", "boot-2")
    yield outbox
    outbox.close()


def beacon(at_s: float) -> Item:
    body = {"hwid": "c0ffee0001", "rssi_dbm": -60.0, "messages": [(at_s - 10, "aa"), (at_s, "bb")], "at_s": at_s}
    return Item(kind="beacon", at_s=at_s, body=body)


def device(begin_s: float, end_s: float) -> Item:
    return Item(kind="device", at_s=end_s, body={"id": "d", "rssi_dbm": -50.0, "begin_s": begin_s, "at_s": end_s})


def send(outbox: Outbox, server: FakeServer) -> Uploader:
    """Until nothing waits, without waiting for it."""
    uploader = Uploader(server, outbox, now_s=lambda: NOW_S)  # type: ignore[arg-type]  # as far as it is used

    async def scenario() -> None:
        task = asyncio.create_task(uploader.run())
        async with asyncio.timeout(20):
            while outbox.depth(0.0).waiting:  # noqa: ASYNC110 (nobody tells when the disk is empty)
                await asyncio.sleep(0.01)
        task.cancel()

    with stamina.set_testing(True, attempts=100):
        asyncio.run(scenario())
    return uploader


def test_times_are_the_servers_whatever_start_of_the_machine_they_are_of(outbox: Outbox):
    server = FakeServer()
    outbox.put([beacon(NOW_S - 60), device(NOW_S - 300, NOW_S - 5)])
    send(outbox, server)
    [told] = server.taken
    assert datetime.fromisoformat(told["sent_at"]) == NOON
    heard = [datetime.fromisoformat(each["heard"][1]["at"]) for each in told["beacons"]]
    assert heard == [NOON - timedelta(hours=1), NOON - timedelta(seconds=60)]
    assert told["beacons"][0]["heard"][0]["device_message"] == "aa"
    [stay] = told["devices"]
    assert datetime.fromisoformat(stay["end"]) - datetime.fromisoformat(stay["begin"]) == timedelta(seconds=295)
    # Of the start whose clock nobody ever knew, only the number is told.
    assert told["undated"] == 1


def test_nothing_lies_in_the_future_or_too_long_ago(tmp_path: Path):
    for boot, offset_s in (("future", NOON.timestamp() + 1e6), ("long ago", NOON.timestamp() - 40 * 86_400)):
        earlier = Outbox(tmp_path / "outbox.db", boot)
        earlier.put([beacon(500.0)])
        earlier.learn_offset(offset_s)
        earlier.close()
    outbox = Outbox(tmp_path / "outbox.db", "boot-2")
    server = FakeServer()
    send(outbox, server)
    outbox.close()
    [told] = server.taken
    assert [each["heard"][1]["at"] for each in told["beacons"]] == [told["sent_at"]]
    assert told["undated"] == 1


def test_a_passing_refusal_is_waited_out_with_the_same_batch(outbox: Outbox, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    server = FakeServer(*[ServerError("away", permanent=False)] * 5)
    uploader = send(outbox, server)
    assert len(server.taken) == 1
    assert (uploader.trouble, uploader.sent) == ("", 2)
    levels = [record.levelname for record in caplog.records if record.name == "beacon_agent.uploader"]
    # One warning however long it lasts.
    assert levels == ["WARNING", "INFO"]


def test_a_batch_that_is_refused_for_good_is_counted_and_the_next_one_goes(outbox: Outbox):
    server = FakeServer(ServerError("wrong", permanent=True, code="validation_failed"))

    async def scenario() -> None:
        uploader = Uploader(server, outbox, now_s=lambda: NOW_S)  # type: ignore[arg-type]  # as far as it is used
        task = asyncio.create_task(uploader.run())
        await asyncio.sleep(0.1)
        outbox.put([beacon(NOW_S)])
        uploader.wake()
        async with asyncio.timeout(10):
            while not server.taken:  # noqa: ASYNC110 (the fake tells nobody)
                await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(scenario())
    assert outbox.depth(0.0).dropped == 2
    assert len(server.taken[0]["beacons"]) == 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ServerError("later", permanent=False, retry_after_s=17.0), 17.0),
        (ServerError("revoked", permanent=False, code="agent_revoked"), 600.0),
        (ServerError("unknown", permanent=False, code="agent_unknown"), 600.0),
        (ServerError("away", permanent=False), True),
        (ValueError("a fault of ours"), False),
    ],
)
def test_how_long_it_rests(outbox: Outbox, error: Exception, expected: float):
    uploader = Uploader(FakeServer(), outbox, now_s=lambda: NOW_S)  # type: ignore[arg-type]  # as far as it is used
    assert uploader._rest_s(error) == expected  # noqa: SLF001 (the judgement itself)
