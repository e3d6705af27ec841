"""From the stored event to the visible presence and the sent reply, at a steady rate; every event causes a reply."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any, LiteralString, Self
from urllib.parse import urlsplit

from tests import webhooks
from tests.bench import sides
from tests.bench.department import OFFICERS
from tests.bench.figures import Figure, Goal, percentile
from tests.bench.machine import OthersCpu
from tests.bench.plan import Plan, say
from tests.bench.stores import Store, postgres_store, rows, sqlite_store

EVENTS_PER_S = 200
# As many times the length of an ingest run.
_LONGER = 5
_CONNECTIONS = 8
# Enough that each of the threads that send replies has loaded what it needs.
_WARM_UP = 20
# One event in five is the tap of an officer who came in this many events before.
TAPS_ONE_IN = 5
TAP_AFTER = 2 * EVENTS_PER_S
_LOOK_EVERY_S = 0.05
_DRAIN_WITHIN_S = 30.0
_QUIET_LOOKS = 10
# Five seconds of events: whatever becomes visible later than that is missing from the figure, and is counted.
_NEWEST: LiteralString = (
    "select e.id, e.received_at from presence p join inbox_event e on e.id = p.inbox_event_id"
    " order by e.id desc limit 1000"
)
_GOAL = Goal("at most", 1)


def sqlite(plan: Plan) -> list[Figure]:
    """On SQLite."""
    with sqlite_store(plan.folder) as store:
        return _measure(store, plan)


def postgresql(plan: Plan) -> list[Figure]:
    """On PostgreSQL."""
    with postgres_store(plan.folder) as store:
        return _measure(store, plan)


@dataclass(slots=True)
class _Watcher:
    """Looks at the database again and again, as a reader of presences does, and notes when each one is first there."""

    store: Store
    url: str
    since: datetime
    seen: dict[int, float] = field(default_factory=dict)

    @contextmanager
    def watching(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=self._watch, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _watch(self, stop: threading.Event) -> None:
        with self.store.reading(self.url) as ask:
            while not stop.wait(_LOOK_EVERY_S):
                found = ask(_NEWEST)
                now = datetime.now(UTC)
                for event_id, received_at in found:
                    at = _aware(received_at)
                    if at >= self.since and event_id not in self.seen:
                        self.seen[event_id] = (now - at).total_seconds()


def _measure(store: Store, plan: Plan) -> list[Figure]:
    with (
        sides.answerer(plan.folder) as line_api_url,
        sides.running_checkin(store, plan.folder, line_api_url) as (url, database_url),
        _Sender(url) as sender,
    ):
        # The decider's first replies wait for the SDK to load; that is start-up, not what is measured.
        for officer in range(1, _WARM_UP + 1):
            sender.send(_arrival(store, OFFICERS - officer))
        _drain(store, database_url)
        watcher = _Watcher(store, database_url, since=datetime.now(UTC))
        with watcher.watching(), OthersCpu() as others:
            sent, took = _send(sender, store, plan.seconds * _LONGER)
            _drain(store, database_url)
        replied = _reply_delays(store, database_url, watcher.since)
    say(
        f"{store.name} chain: {sent} events in {took:.1f} s ({sent / took:.0f}/s), {len(watcher.seen)} presences, "
        f"{len(replied)} replies, others took {others.cores:.2f} cores"
    )
    lost = Figure(
        name=f"chain, {store.name}, events without a sent reply",
        values=[sent - len(replied)],
        unit="events",
        goal=Goal("at most", 0),
        ours=f"of {sent:,}",
    )
    return [*_figures(store.name, sent / took, list(watcher.seen.values()), replied), lost]


class _Sender:
    """Posts webhooks over a few connections that stay open, without waiting for the answers."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._mine = threading.local()
        self._pool = ThreadPoolExecutor(_CONNECTIONS)
        self._answers: list[Future[None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._pool.shutdown()
        for answer in self._answers:
            answer.result()

    def send(self, event: dict[str, Any]) -> None:
        self._answers.append(self._pool.submit(self._post, webhooks.body(event)))

    def _post(self, body: bytes) -> None:
        if not hasattr(self._mine, "connection"):
            self._mine.connection = HTTPConnection(self._address.netloc, timeout=10)
        headers = {"Content-Type": "application/json", "X-Line-Signature": webhooks.sign(body)}
        self._mine.connection.request("POST", self._address.path, body, headers)
        answer = self._mine.connection.getresponse()
        answer.read()
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"a webhook was answered {answer.status}")


def _send(sender: _Sender, store: Store, seconds: int) -> tuple[int, float]:
    """Let phones act at a steady rate, whether or not the product keeps up."""
    begin, total = time.monotonic(), EVENTS_PER_S * seconds
    for number in range(total):
        time.sleep(max(0.0, begin + number / EVENTS_PER_S - time.monotonic()))
        if number % TAPS_ONE_IN or number < TAP_AFTER:
            sender.send(_arrival(store, number))
        else:
            # That one was an arrival: only every fifth is a tap.
            sender.send(webhooks.tap(datetime.now(UTC), webhooks.user(number - TAP_AFTER + 1)))
    return total, time.monotonic() - begin


def _arrival(store: Store, officer: int) -> dict[str, Any]:
    return webhooks.beacon(datetime.now(UTC), webhooks.user(officer), store.hwids[officer % len(store.hwids)])


def _drain(store: Store, url: str) -> None:
    """Wait until the last event is decided and the last reply is sent or given up."""
    end = time.monotonic() + _DRAIN_WITHIN_S
    quiet = 0
    # More than one look, as webhooks may still be on their way.
    while time.monotonic() < end and quiet < _QUIET_LOOKS:
        time.sleep(0.1)
        quiet = 0 if rows(store, url, sides.WAITING)[0][0] else quiet + 1


def _reply_delays(store: Store, url: str, since: datetime) -> list[float]:
    """Until the reply is known to be sent, in seconds."""
    replies = rows(
        store,
        url,
        "select e.received_at, r.finished_at, r.state from reply r join inbox_event e on e.id = r.inbox_event_id",
    )
    measured = [(_aware(received), finished, state) for received, finished, state in replies]
    measured = [row for row in measured if row[0] >= since]
    unsent = [state for _, _, state in measured if state != "sent"]
    if unsent:
        say(f"{len(unsent)} replies were not sent: {sorted(set(unsent))}")
    return [(_aware(finished) - received).total_seconds() for received, finished, state in measured if state == "sent"]


def _aware(value: datetime | str) -> datetime:
    """SQLite keeps an instant as text without a zone, in UTC."""
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


def _figures(store: str, rate: float, presences: list[float], replies: list[float]) -> list[Figure]:
    name = f"chain, {store}"
    figures = [Figure(name=f"{name}, events sent", values=[rate], unit="/s")]
    for what, delays in (("visible presence", presences), ("sent reply", replies)):
        figures += [
            Figure(name=f"{name}, to the {what}, p50", values=[percentile(delays, 0.5)], unit="s"),
            Figure(name=f"{name}, to the {what}, p99", values=[percentile(delays, 0.99)], unit="s", goal=_GOAL),
        ]
    return figures
