"""A loss of power at any moment: a hundred times SIGKILL while sightings flow and the network flaps."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from checkin_api import models as m
from checkin_api.db import Database
from tests.agent_site import Site, site
from tests.feeding import strength
from tests.relay import Weather

KILLS = 100
# More than one life is long enough for; the numbers of different lives are different.
_EACH = 1000


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_what_the_outbox_has_taken_arrives_exactly_once_in_effect(sqlite_url: str, tmp_path: Path):
    chance = random.Random(20261123)  # noqa: S311 (moments of a loss of power)
    database = Database(sqlite_url)
    taken: list[int] = []
    killed_while_sending = 0
    with site(database, tmp_path) as here:
        for number in range(KILLS):
            here.relay.weather = chance.choice(list(Weather))
            before = _arrived(here)
            taken += _feed_and_kill(here, first=number * _EACH, after_s=chance.uniform(0.0, 0.35))
            killed_while_sending += _arrived(here) != before
        here.relay.weather = Weather.FINE
        ran = _feed(here, first=KILLS * _EACH, count=1)
        rest, _ = ran.communicate(timeout=120)
        assert ran.returncode == 0
        taken += [int(line) for line in rest.split()]
        with database.read() as session:
            strengths = session.scalars(select(m.Presence.rssi_dbm).where(m.Presence.rssi_dbm.is_not(None)))
            arrived = Counter(round((each + 100) * 10_000) for each in strengths if each is not None)
    database.close()
    assert [number for number in taken if number not in arrived] == []
    assert [number for number, times in arrived.items() if times != 1] == []
    # What was put and never acknowledged may have arrived too: one for each kill at most.
    assert len(arrived) - len(set(taken)) <= KILLS
    # The test tries what it says: many were killed after something had got through.
    assert killed_while_sending >= KILLS // 10
    assert len(taken) > 5 * KILLS


def _arrived(here: Site) -> int:
    with here.database.read() as session:
        return len(list(session.scalars(select(m.AgentBatch.batch_id))))


def _feed(here: Site, *, first: int, count: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.feeding", str(here.config.state), str(here.device), str(first), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def _feed_and_kill(here: Site, *, first: int, after_s: float) -> list[int]:
    """The numbers that were acknowledged before the power went, some time after the first."""
    program = _feed(here, first=first, count=_EACH)
    assert program.stdout is not None
    begun = program.stdout.readline()
    time.sleep(after_s)
    program.send_signal(signal.SIGKILL)
    rest, _ = program.communicate(timeout=60)
    # A line that was cut off in the middle was not acknowledged to anybody.
    lines = (begun + rest).splitlines(keepends=True)
    return [int(line) for line in lines if line.endswith("\n")]


def test_the_strength_tells_the_number():
    assert len({strength(number) for number in range(20_000)}) == 20_000
