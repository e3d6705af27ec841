"""Webhook ingest, one event a request: the product against the usual way, on the same kind of database."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.bench import load, sides
from tests.bench.figures import Figure, Goal, middle, ratios
from tests.bench.limits import durable_commits_per_s
from tests.bench.load import Load
from tests.bench.machine import OthersCpu
from tests.bench.plan import Plan, say
from tests.bench.stores import Store, postgres_store, rows, sqlite_store

WARM_UP_S = 2
# Until the decider is idle again after the warm-up.
_SETTLE_WITHIN_S = 20.0

Side = Callable[[], AbstractContextManager[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Run:
    """One side for some seconds; ``missing`` are events answered 200 that are not in the database."""

    load: Load
    missing: int
    decided: int
    others_cores: float


def sqlite(plan: Plan) -> list[Figure]:
    """On SQLite, with the share of its raw durable commits."""
    with sqlite_store(plan.folder) as store:
        return _main(store, plan)


def postgresql(plan: Plan) -> list[Figure]:
    """On PostgreSQL."""
    with postgres_store(plan.folder) as store:
        return _main(store, plan)


def slow_sqlite(plan: Plan) -> list[Figure]:
    """On SQLite where a flush takes 5 ms more."""
    with sqlite_store(plan.folder) as store:
        return _slow(store, plan, more=sides.slow_flush(plan.folder))


def slow_postgresql(plan: Plan) -> list[Figure]:
    """On a PostgreSQL whose flushes take 5 ms more."""
    with postgres_store(plan.folder, sides.slow_flush(plan.folder)) as store:
        return _slow(store, plan, more={})


def _main(store: Store, plan: Plan) -> list[Figure]:
    name = f"ingest, {store.name}"
    limits: list[float] = []
    with sides.answerer(plan.folder) as line_api_url:
        mine, theirs = [], []
        for _ in range(plan.pairs):
            before = durable_commits_per_s(store) if store.name == "SQLite" else 0.0
            mine.append(_run(store, plan, lambda: sides.ours(store, plan.folder, line_api_url=line_api_url), "ours"))
            if before:
                limits.append((before + durable_commits_per_s(store)) / 2)
            theirs.append(
                _run(store, plan, lambda: sides.usual(store, plan.folder, worker_class=sides.GTHREAD), "peer")
            )
    figures = _rates(f"{name}, requests/s against gthread", mine, theirs, Goal("at least", 3))
    figures.append(_tail(f"{name}, p99", mine, theirs))
    if limits:
        rates = [run.load.per_s for run in mine]
        figures.append(
            Figure(
                name=f"{name}, share of raw durable commits",
                values=ratios(rates, limits),
                goal=Goal("at least", 0.4),
                ours=middle(rates, "/s"),
                peer=middle(limits, "/s"),
            )
        )
    return [*figures, *_truths(name, mine, theirs)]


def _slow(store: Store, plan: Plan, *, more: dict[str, str]) -> list[Figure]:
    """``more`` is what slows the sides themselves down; PostgreSQL flushes in its own processes."""
    name = f"ingest, {store.name}, flush +5 ms"
    with sides.answerer(plan.folder) as line_api_url:
        mine, theirs = [], []
        for _ in range(plan.pairs):
            mine.append(
                _run(store, plan, lambda: sides.ours(store, plan.folder, line_api_url=line_api_url, more=more), "ours")
            )
            theirs.append(
                _run(store, plan, lambda: sides.usual(store, plan.folder, worker_class=sides.SYNC, more=more), "peer")
            )
    return [
        *_rates(f"{name}, requests/s against sync", mine, theirs, Goal("at least", 5)),
        *_truths(name, mine, theirs),
    ]


def _run(store: Store, plan: Plan, side: Side, label: str) -> Run:
    """A fresh database, a warm-up, then the load."""
    warm, prepared = plan.folder / "warm", plan.folder / "prepared"
    load.prepare(warm, store.hwids, seconds=WARM_UP_S + 0.5, seed=1)
    load.prepare(prepared, store.hwids, seconds=plan.seconds + 0.5, seed=2)
    with side() as (url, database_url):
        warming = load.send(url, warm, seconds=WARM_UP_S)
        _settle(store, database_url, label)
        decided_before = _decided(store, database_url, label)
        with OthersCpu() as others:
            measured = load.send(url, prepared, seconds=plan.seconds)
        decided = _decided(store, database_url, label) - decided_before
        stored = _count(store, database_url, label)
    run = Run(measured, max(0, warming.answered + measured.answered - stored), decided, others.cores)
    _tell(store, label, run)
    return run


def _count(store: Store, url: str, label: str) -> int:
    query = "select count(*) from inbox_event" if label == "ours" else "select count(*) from stored_event"
    return int(rows(store, url, query)[0][0])


def _decided(store: Store, url: str, label: str) -> int:
    if label != "ours":
        return 0
    return int(rows(store, url, "select count(*) from inbox_event where state <> 'stored'")[0][0])


def _settle(store: Store, url: str, label: str) -> None:
    """Start the load with nothing left to decide and nothing left to send; the peer does neither."""
    end = time.monotonic() + _SETTLE_WITHIN_S
    waiting: tuple[str, ...] = ("inbox_event", "reply") if label == "ours" else ()
    while waiting and time.monotonic() < end:
        left = rows(
            store,
            url,
            "select (select count(*) from inbox_event where state = 'stored')"
            " + (select count(*) from reply where state = 'pending')",
        )
        if not left[0][0]:
            return
        time.sleep(0.2)


def _tell(store: Store, label: str, run: Run) -> None:
    decided = f"{run.decided / run.load.seconds:,.0f} decided/s meanwhile, " if label == "ours" else ""
    say(
        f"{store.name} {label}: {run.load.per_s:,.0f} requests/s, p50 {run.load.p50_ms:.1f} ms, "
        f"p99 {run.load.p99_ms:.1f} ms, {run.load.refused} refused, {run.load.broken} broken, {decided}"
        f"others took {run.others_cores:.2f} cores"
    )


def _rates(name: str, mine: list[Run], theirs: list[Run], goal: Goal) -> list[Figure]:
    fast, slow = [run.load.per_s for run in mine], [run.load.per_s for run in theirs]
    return [Figure(name=name, values=ratios(fast, slow), goal=goal, ours=middle(fast, "/s"), peer=middle(slow, "/s"))]


def _tail(name: str, mine: list[Run], theirs: list[Run]) -> Figure:
    short, long = [run.load.p99_ms for run in mine], [run.load.p99_ms for run in theirs]
    return Figure(
        name=name,
        values=ratios(short, long),
        goal=Goal("at most", 0.5),
        ours=middle(short, " ms"),
        peer=middle(long, " ms"),
    )


def _truths(name: str, mine: list[Run], theirs: list[Run]) -> list[Figure]:
    """What makes the ratios worth something: nothing lost, and how quiet the machine was."""
    answered = sum(run.load.answered for run in mine)
    refused = sum(run.load.refused + run.load.broken for run in (*mine, *theirs))
    return [
        Figure(
            name=f"{name}, answered and not in the database",
            values=[float(sum(run.missing for run in mine))],
            unit="events",
            goal=Goal("at most", 0),
            ours=f"of {answered:,}",
        ),
        Figure(name=f"{name}, refused or broken, both sides", values=[float(refused)], unit="requests"),
        Figure(name=f"{name}, CPU others took", values=[run.others_cores for run in (*mine, *theirs)], unit="cores"),
    ]
