"""The agent whole, from the air to the database: its own API over a network that fails, a radio that fails."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from beacon_agent import enrolment, timebase, uploader
from beacon_agent.agent import Agent, DeafError, new_timebase, open_outbox
from beacon_agent.server import Server
from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import AlarmKind, Assurance, Proof
from checkin_api.fleet.agents import AgentState, look_at_all
from tests.agent_site import BADGE_PACKET, FOREIGN_HWID, IRK, Site, frame, site
from tests.air import Air
from tests.relay import Weather
from tests.replay import advertisement
from tests.unit.beacon_agent.test_identities import address_of


@pytest.fixture
def here(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(uploader, "_FIRST_RETRY_S", 0.05)
    monkeypatch.setattr(uploader, "_LONGEST_RETRY_S", 0.2)
    monkeypatch.setattr(uploader, "_JITTER_S", 0.05)
    with site(database, tmp_path) as here:
        yield here


@asynccontextmanager
async def running(here: Site, air: Air) -> AsyncIterator[Agent]:
    enrolled, key = enrolment.load(here.config.state)
    outbox = open_outbox(here.config)
    server = Server(enrolled, key, new_timebase(), now_s=timebase.uptime_s)
    agent = Agent(here.config, enrolled, server, outbox, backend=air.backend, reset=air.reset)
    task = asyncio.create_task(agent.run())
    try:
        yield agent
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await server.close()
        outbox.close()


async def until(what: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait for something to be so."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not come"
        await asyncio.sleep(0.05)
    return found


def rows(here: Site, table: Any, *where: Any) -> list[Any]:
    with here.database.read() as session:
        return list(session.scalars(select(table).where(*where)))


def sightings(here: Site) -> list[m.BeaconSighting]:
    return rows(here, m.BeaconSighting)


def test_a_beacon_a_badge_and_a_phone_come_from_the_air_to_the_database(here: Site):
    async def scenario() -> None:
        air = Air()
        air.transmitters["C0:FF:EE:00:00:01"] = lambda: _line(frame())
        air.send("12:34:56:78:9A:BC", apple=BADGE_PACKET, rssi_dbm=-55)
        air.send(address_of(IRK, 1234), rssi_dbm=-50)
        # Strangers, of whom nothing may be kept.
        air.send("40:11:22:33:44:55", apple=b"\x10\x05\x01\x02\x03", rssi_dbm=-40)
        async with running(here, air):
            [sighting] = await until(lambda: sightings(here))
            presences = await until(lambda: len(found := rows(here, m.Presence)) == 2 and found)
        assert (sighting.proof, sighting.told_by, sighting.rssi_dbm) == (Proof.VALID, "pi-1", -60.0)
        assert {(each.assurance, each.rssi_dbm) for each in presences} == {
            (Assurance.LOW, -55.0),
            (Assurance.LOW, -50.0),
        }

    asyncio.run(scenario())
    kept = (here.config.state / "outbox.db").read_bytes() + (here.config.state / "assignment.json").read_bytes()
    assert b"40:11" not in kept


def test_a_copy_of_a_foreign_beacon_is_told_as_an_alarm(here: Site):
    async def scenario() -> None:
        air = Air()
        air.send("C0:FF:EE:00:00:02", frame=b"\x02" + bytes.fromhex(FOREIGN_HWID) + b"\x7f\x01")
        async with running(here, air):
            await until(lambda: rows(here, m.BeaconAlarm))

    asyncio.run(scenario())
    assert {alarm.kind for alarm in rows(here, m.BeaconAlarm)} == {AlarmKind.FOREIGN_SITE}


def test_heartbeats_tell_how_it_is_and_so_does_the_status_file(here: Site):
    async def scenario() -> None:
        air = Air()
        air.transmitters["C0:FF:EE:00:00:01"] = lambda: _line(frame())
        async with running(here, air):
            await until(lambda: _state(here) is AgentState.HEARING)
            file = here.config.status_file
            told = json.loads(await until(lambda: file.exists() and file.read_text()))
            assert (told["agent"], told["zone"], told["trouble"]) == ("pi-1", "HQ-1F", "")
            assert abs(told["clock_offset_s"] or 0) < 5

    asyncio.run(scenario())


def test_a_week_without_network_is_made_up_for_in_order(here: Site, monkeypatch: pytest.MonkeyPatch):
    """It is kept while the network is down, and comes with the times at which it was heard."""

    async def scenario() -> None:
        air = Air()
        air.transmitters["C0:FF:EE:00:00:01"] = lambda: _line(frame())
        async with running(here, air) as agent:
            await until(lambda: sightings(here))
            monkeypatch.setattr(agent._ear.tracker, "every_s", 0.5)  # noqa: SLF001 (a summary every half second)
            here.relay.weather = Weather.DOWN
            here.relay.cut()
            before = len(sightings(here))
            await until(lambda: agent.status()["outbox"]["waiting"] >= 5)
            assert agent._uploader.trouble  # noqa: SLF001 (what status shows)
            waiting = agent.status()["outbox"]["waiting"]
            here.relay.weather = Weather.FINE
            await until(lambda: len(sightings(here)) >= before + waiting)
            await until(lambda: not agent._uploader.trouble)  # noqa: SLF001

    asyncio.run(scenario())
    told = [each.at for each in sorted(sightings(here), key=lambda each: each.id)]
    assert told == sorted(told)
    assert not rows(here, m.BeaconAlarm)


def test_a_revoked_agent_stops_sending_keeps_storing_and_says_so(here: Site, caplog: pytest.LogCaptureFixture):
    async def scenario() -> None:
        air = Air()
        air.transmitters["C0:FF:EE:00:00:01"] = lambda: _line(frame())
        async with running(here, air) as agent:
            await until(lambda: sightings(here))
            here.revoke()
            before = len(sightings(here))
            air.send("12:34:56:78:9A:BC", apple=BADGE_PACKET, rssi_dbm=-55)
            await until(lambda: agent.status()["outbox"]["waiting"] >= 1)
            await until(lambda: "agent_revoked" in agent._uploader.trouble)  # noqa: SLF001 (what status shows)
            assert len(sightings(here)) == before

    with caplog.at_level(logging.WARNING):
        asyncio.run(scenario())
    said = [record for record in caplog.records if "agent_revoked" in record.getMessage()]
    assert len(said) == 1


def test_a_scanner_that_dies_without_a_word_is_replaced(here: Site, monkeypatch: pytest.MonkeyPatch):
    _hurry(monkeypatch)

    async def scenario() -> None:
        air = Air()
        air.transmitters["C0:FF:EE:00:00:01"] = lambda: _line(frame())
        async with running(here, air) as agent:
            await until(lambda: agent.status()["radio"] == "hearing" and sightings(here))
            air.deafen()
            await until(lambda: air.scanners == 2)
            await until(lambda: agent.status()["heard_s"] < 0.5)
            assert agent.status()["scanner_restarts"] == 1

    asyncio.run(scenario())


def test_a_deaf_adapter_is_reset_and_told(here: Site, monkeypatch: pytest.MonkeyPatch):
    _hurry(monkeypatch)

    async def scenario() -> None:
        air = Air()
        air.transmitters["C0:FF:EE:00:00:01"] = lambda: _line(frame())
        async with running(here, air) as agent:
            await until(lambda: agent.status()["radio"] == "hearing" and sightings(here))
            air.deafen(for_good=True)
            await until(lambda: air.resets == 1)
            await until(lambda: agent.status()["heard_s"] < 0.5)
            assert agent.status()["adapter_resets"] == 1

    asyncio.run(scenario())


def test_an_adapter_that_is_gone_is_told_and_taken_up_when_it_is_back(here: Site, monkeypatch: pytest.MonkeyPatch):
    _hurry(monkeypatch)

    async def scenario() -> None:
        air = Air()
        air.transmitters["C0:FF:EE:00:00:01"] = lambda: _line(frame())
        async with running(here, air) as agent:
            await until(lambda: agent.status()["radio"] == "hearing" and sightings(here))
            air.unplug()
            await until(lambda: agent.status()["radio"] == "no_adapter")
            await until(lambda: _state(here) is AgentState.DEAF)
            air.plug()
            await until(lambda: agent.status()["radio"] == "hearing")

    asyncio.run(scenario())


def test_a_radio_that_nothing_helps_ends_the_process(here: Site, monkeypatch: pytest.MonkeyPatch):
    _hurry(monkeypatch)
    monkeypatch.setattr("beacon_agent.watchdog.EXIT_AFTER_S", 4.0)

    async def scenario() -> None:
        air = Air()
        air.transmitters["C0:FF:EE:00:00:01"] = lambda: _line(frame())

        async def no_help(adapter: str) -> None:
            del adapter

        air.reset = no_help  # type: ignore[method-assign]  # an adapter that a reset does not mend
        async with running(here, air) as agent:
            await until(lambda: sightings(here))
            air.deafen(for_good=True)
            await until(lambda: agent.status()["radio"] == "deaf")
            await asyncio.sleep(10)

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(scenario())
    assert caught.value.subgroup(DeafError) is not None


def test_it_listens_on_without_a_server_by_what_it_was_told_last(here: Site):
    async def scenario() -> None:
        air = Air()
        air.transmitters["C0:FF:EE:00:00:01"] = lambda: _line(frame())
        async with running(here, air):
            await until(lambda: sightings(here))
        here.relay.weather = Weather.DOWN
        here.relay.cut()
        async with running(here, air) as agent:
            await until(lambda: agent.status()["outbox"]["waiting"] >= 1)

    asyncio.run(scenario())


def test_a_machine_whose_clock_is_years_off_tells_right_times(here: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(timebase, "machine_unix_s", lambda: time.time() - 10 * 365 * 86_400)

    async def scenario() -> None:
        air = Air()
        air.transmitters["C0:FF:EE:00:00:01"] = lambda: _line(frame())
        async with running(here, air) as agent:
            [sighting] = await until(lambda: sightings(here))
            assert abs(sighting.at.timestamp() - time.time()) < 10
            assert sighting.proof is Proof.VALID
            assert agent.status()["clock_offset_s"] > 9 * 365 * 86_400

    asyncio.run(scenario())


def _line(content: bytes) -> Any:
    return advertisement(frame=content)


def _state(here: Site) -> AgentState:
    with here.database.read() as session:
        [look] = look_at_all(session, datetime.now(UTC))
    return look.state


def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds instead of minutes."""
    monkeypatch.setattr("beacon_agent.agent._TICK_S", 0.1)
    monkeypatch.setattr("beacon_agent.watchdog._STEPS_S", (1.0, 1.7, 2.5))
    monkeypatch.setattr("beacon_agent.watchdog.REPORT_AFTER_S", 3.2)
    monkeypatch.setattr("beacon_agent.watchdog._FIRST_RETRY_S", 0.2)
    monkeypatch.setattr("beacon_agent.watchdog._LONGEST_RETRY_S", 0.5)
