"""SIGKILL at random moments under load: what was answered 200 is there, and nothing has an effect twice."""

import http.client
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from checkin_api.db import Database
from checkin_api.domain.ids import EventState
from checkin_api.models import InboxEvent, Presence, Punch
from tests import builders, webhooks
from tests.serving import Serving, environment

# Each takes ten seconds; `CHECKIN_TEST_KILLS=50` for more.
KILLS = int(os.environ.get("CHECKIN_TEST_KILLS", "16"))
CLIENTS = 8
# Between a client's requests, so that some hundred events a second are under way and not a backlog of minutes.
PAUSE = 0.02
# Many, so that one officer's day stays as short as a real one and deciding keeps up with this load.
OFFICERS = 1000
HWID = "c0ffee0001"
SEED = 20261123


class Senders:
    """Clients that post as LINE does: an event that was not answered 200 is sent again, marked as redelivered."""

    def __init__(self) -> None:
        self.answered: set[str] = set()
        self.sent: dict[str, str] = {}
        self._again: list[list[dict[str, Any]]] = []
        self._lock = threading.Lock()
        self._number = 0

    def run(self, port: int, stop: threading.Event) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._client, args=(port, stop)) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        return threads

    def _client(self, port: int, stop: threading.Event) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        while not stop.is_set() and self.post(connection):
            time.sleep(PAUSE)
        connection.close()

    def post(self, connection: http.client.HTTPConnection) -> bool:
        """Send the next events, and tell whether they were answered 200."""
        events = self._next()
        body = webhooks.body(*events)
        try:
            connection.request("POST", "/line/webhook", body, {"X-Line-Signature": webhooks.sign(body)})
            response = connection.getresponse()
            response.read()
            answered = response.status == 200
        except (OSError, http.client.HTTPException):
            answered = False
        with self._lock:
            if answered:
                self.answered.update(event["webhookEventId"] for event in events)
            else:
                self._again.append([e | {"deliveryContext": {"isRedelivery": True}} for e in events])
        return answered

    def _next(self) -> list[dict[str, Any]]:
        with self._lock:
            if self._again and random.random() < 0.5:  # noqa: S311 (which one comes first does not matter)
                return self._again.pop()
            self._number += 1
            officer = webhooks.user(self._number % OFFICERS)
            # Taps a minute apart never count as one, and each finds the presence of its own moment.
            at = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(minutes=self._number // OFFICERS)
            events = [webhooks.beacon(at, officer, HWID), webhooks.tap(at + timedelta(seconds=1), officer)]
            self.sent.update({event["webhookEventId"]: event["type"] for event in events})
            return events


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kills_lose_nothing_and_apply_nothing_twice(database: Database, tmp_path: Path):
    url = database.url.render_as_string(hide_password=False)
    with database.write() as session:
        zone = builders.zone(session)
        builders.beacon(session, zone, hwid=HWID)
        for number in range(OFFICERS):
            builders.line_account(session, builders.officer(session), webhooks.user(number))
    chance = random.Random(SEED)  # noqa: S311 (the moments of death, the same in every run)
    senders = Senders()
    killed_while_deciding = 0
    for number in range(KILLS):
        serving = Serving(url, log=tmp_path / "log", workers=1 if database.is_sqlite else 2)
        stop = threading.Event()
        with serving:
            before = _decided(database)
            threads = senders.run(serving.port, stop)
            # The decider takes a second or two to start: every other kill falls into that, the rest into deciding.
            if number % 2:
                _wait_until_deciding(database, before)
            time.sleep(chance.uniform(0.05, 0.5))
            serving.kill()
            stop.set()
            for thread in threads:
                thread.join()
        killed_while_deciding += _decided(database) > before
    assert killed_while_deciding >= KILLS // 2, "too few kills fell into deciding to prove anything"
    assert len(senders.answered) > KILLS * CLIENTS, "too little load to prove anything"
    with Serving(url, log=tmp_path / "log"):
        _wait_until_decided(database)
    _check(database, senders)
    said = f"{len(senders.answered)} events answered 200 over {KILLS} kills, {killed_while_deciding} while deciding"
    print(f"{said}; none missing, none twice")


def test_a_decider_that_begins_after_its_parent_died_ends_at_once(sqlite_url: str):
    with subprocess.Popen(["true"]) as gone:
        pass
    decider = [sys.executable, "-m", "checkin_api.decider", str(gone.pid)]
    subprocess.run(decider, env=environment(sqlite_url), check=True, timeout=50)


def _decided(database: Database) -> int:
    with database.read() as session:
        query = select(func.count()).select_from(InboxEvent).where(InboxEvent.state == EventState.DECIDED)
        return session.scalar(query) or 0


def _wait_until_deciding(database: Database, before: int) -> None:
    end = time.monotonic() + 30
    while _decided(database) == before:
        assert time.monotonic() < end, "nothing is decided"
        time.sleep(0.05)


def _wait_until_decided(database: Database) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with database.read() as session:
            waiting = session.scalar(
                select(func.count()).select_from(InboxEvent).where(InboxEvent.state == EventState.STORED)
            )
        if not waiting:
            return
        time.sleep(0.1)
    raise AssertionError("events are left undecided")


def _check(database: Database, senders: Senders) -> None:
    with database.read() as session:
        stored = {event.id: event for event in session.scalars(select(InboxEvent))}
        presences = Counter(session.scalars(select(Presence.inbox_event_id)))
        punches = Counter(session.scalars(select(Punch.request_id)))
    ids = [event.webhook_event_id for event in stored.values()]
    assert len(ids) == len(set(ids))
    assert senders.answered <= set(ids), "an event that was answered 200 is missing"
    assert {event.state for event in stored.values()} == {EventState.DECIDED}
    by_kind = Counter(senders.sent[event.webhook_event_id or ""] for event in stored.values())
    assert presences.total() == len(presences) == by_kind["beacon"]
    assert punches.total() == len(punches) == by_kind["postback"]
