"""From the stored event to the visible presence and the sent reply, at a steady rate, with the stand-in platform."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, LiteralString

from tests import webhooks
from tests.bench import sides
from tests.bench.department import OFFICERS
from tests.bench.figures import Figure, Goal, percentile
from tests.bench.machine import OthersCpu
from tests.bench.plan import Plan, say
from tests.bench.stores import Store, postgres_store, rows, sqlite_store
from tests.line_platform import LinePlatform, PlatformConfig

EVENTS_PER_S = 200
FOR_S = 20
# One event in five is the tap of an officer who came in this many events before.
TAPS_ONE_IN = 5
TAP_AFTER = 2 * EVENTS_PER_S
_LOOK_EVERY_S = 0.02
_DRAIN_WITHIN_S = 30.0
# Five seconds of events: whatever becomes visible later than that is missing from the figure, and is counted.
_NEWEST: LiteralString = (
    "select e.id, e.received_at from presence p join inbox_event e on e.id = p.inbox_event_id"
    " order by e.id desc limit 1000"
)
_GOAL = Goal("at most", 1)
_TAP = "checkin=punch&direction=in"


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
                    if event_id not in self.seen:
                        self.seen[event_id] = (now - _aware(received_at)).total_seconds()


def _measure(store: Store, plan: Plan) -> list[Figure]:
    with LinePlatform(PlatformConfig(channel_secret=webhooks.SECRET)) as platform:
        for number in range(OFFICERS):
            platform.add_phone(f"phone {number}", webhooks.user(number))
        with sides.ours(store, plan.folder, line_api_url=platform.url) as (url, database_url):
            platform.set_webhook_url(url)
            # The decider's first reply waits for the SDK to load; that is start-up, not what is measured.
            _walk(platform, store, OFFICERS - 1)
            _drain(store, database_url)
            watcher = _Watcher(store, database_url)
            with watcher.watching(), OthersCpu() as others:
                sent, took = _send(platform, store)
                _drain(store, database_url)
            replied = _reply_delays(store, database_url)
    say(
        f"{store.name} chain: {sent} events in {took:.1f} s ({sent / took:.0f}/s), {len(watcher.seen)} presences, "
        f"{len(replied)} replies, others took {others.cores:.2f} cores"
    )
    return _figures(store.name, sent / took, list(watcher.seen.values()), replied)


def _send(platform: LinePlatform, store: Store) -> tuple[int, float]:
    """Let phones act at a steady rate, whether or not the product keeps up."""
    begin, total = time.monotonic(), EVENTS_PER_S * FOR_S
    for number in range(total):
        time.sleep(max(0.0, begin + number / EVENTS_PER_S - time.monotonic()))
        if number % TAPS_ONE_IN or number < TAP_AFTER:
            _walk(platform, store, number)
        else:
            # That one was an arrival: only every fifth is a tap.
            platform.tap(webhooks.user(number - TAP_AFTER + 1), _TAP)
    return total, time.monotonic() - begin


def _walk(platform: LinePlatform, store: Store, officer: int) -> None:
    platform.hear(webhooks.user(officer), store.hwids[officer % len(store.hwids)], "00")


def _drain(store: Store, url: str) -> None:
    """Wait until the last event is decided and the last reply is sent or given up."""
    end = time.monotonic() + _DRAIN_WITHIN_S
    quiet = 0
    while time.monotonic() < end and quiet < 3:
        left = rows(
            store,
            url,
            "select (select count(*) from inbox_event where state = 'stored')"
            " + (select count(*) from reply where state = 'pending') + (select case when count(*) = 0 then 1 else 0 end from inbox_event)",
        )
        quiet = 0 if left[0][0] else quiet + 1
        time.sleep(0.1)


def _reply_delays(store: Store, url: str) -> list[float]:
    replies: list[Any] = rows(
        store,
        url,
        "select e.received_at, r.finished_at, r.state from reply r join inbox_event e on e.id = r.inbox_event_id"
        " order by r.id",
    )
    unsent = [row for row in replies if row[2] != "sent"]
    if unsent:
        say(f"{len(unsent)} replies were not sent: {sorted({row[2] for row in unsent})}")
    # The first is of the officer who warmed the decider up.
    return [
        (_aware(finished) - _aware(received)).total_seconds()
        for received, finished, state in replies[1:]
        if state == "sent"
    ]


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
