"""Webhook ingest, one event a request: the product against the usual way, on the same kind of database."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench import load, sides
from tests.bench.figures import Figure, Goal, middle, ratios
from tests.bench.limits import durable_commits_per_s
from tests.bench.load import Load
from tests.bench.machine import OthersCpu
from tests.bench.plan import Plan, say
from tests.bench.sides import Side
from tests.bench.stores import Store, postgres_store, rows, sqlite_store

WARM_UP_S = 2
# Until the decider is idle again after the warm-up.
_SETTLE_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Run:
    """One side for some seconds: of the ``answered`` events ``stored`` are in the database, ``undecided`` wait."""

    load: Load
    answered: int
    stored: int
    undecided: int
    others_cores: float


def sqlite(plan: Plan) -> list[Figure]:
    """On SQLite, with the share of its raw durable commits."""
    limits: list[float] = []
    with sqlite_store(plan.folder) as store:
        return _against_gthread(store, plan, lambda: limits.append(durable_commits_per_s(store)), limits)


def postgresql(plan: Plan) -> list[Figure]:
    """On PostgreSQL."""
    with postgres_store(plan.folder) as store:
        return _against_gthread(store, plan, lambda: None, [])


def slow_sqlite(plan: Plan) -> list[Figure]:
    """On SQLite where a flush takes 5 ms more: SQLite flushes in the servers' own processes."""
    with sqlite_store(plan.folder) as store:
        return _against_sync(store, plan, sides.slow_flush(plan.folder))


def slow_postgresql(plan: Plan) -> list[Figure]:
    """On a PostgreSQL whose flushes take 5 ms more."""
    with postgres_store(plan.folder, sides.slow_flush(plan.folder)) as store:
        return _against_sync(store, plan, {})


def _against_gthread(store: Store, plan: Plan, before_each: Callable[[], None], limits: list[float]) -> list[Figure]:
    name = f"ingest, {store.name}"
    with sides.answerer(plan.folder) as line_api_url:
        ours = sides.ours(store, plan.folder, line_api_url)
        mine, theirs = _in_turn(store, plan, (ours, sides.usual(store, plan.folder, sides.GTHREAD)), before_each)
    figures = [_rate(f"{name}, requests/s against gthread", mine, theirs, Goal("at least", 3))]
    figures.append(_tail(f"{name}, p99 against gthread", mine, theirs))
    if limits:
        figures.append(_share(f"{name}, share of raw durable commits", mine, limits))
    return [*figures, *_truths(name, mine, theirs)]


def _against_sync(store: Store, plan: Plan, environment: sides.Environment) -> list[Figure]:
    name = f"ingest, {store.name}, flush +5 ms"
    with sides.answerer(plan.folder) as line_api_url:
        ours = sides.ours(store, plan.folder, line_api_url, environment)
        peer = sides.usual(store, plan.folder, sides.SYNC, environment)
        mine, theirs = _in_turn(store, plan, (ours, peer), lambda: None)
    return [_rate(f"{name}, requests/s against sync", mine, theirs, Goal("at least", 5)), *_truths(name, mine, theirs)]


def _in_turn(
    store: Store, plan: Plan, both: tuple[Side, Side], before_each: Callable[[], None]
) -> tuple[list[Run], list[Run]]:
    """Both sides one after the other, again and again, with the same requests."""
    warm_up = load.prepare(plan.folder / "warm-up", store.hwids, seconds=WARM_UP_S + 0.5)
    measured = load.prepare(plan.folder / "measured", store.hwids, seconds=plan.seconds + 0.5, first_officer=2_000)
    runs: tuple[list[Run], list[Run]] = ([], [])
    for _ in range(plan.pairs):
        before_each()
        for side, done in zip(both, runs, strict=True):
            with side.start() as (url, database_url):
                warming = load.send(url, warm_up, seconds=WARM_UP_S)
                _settle(store, database_url, side)
                with OthersCpu() as others:
                    sent = load.send(url, measured, seconds=plan.seconds)
                undecided = rows(store, database_url, side.count_waiting)[0][0]
                stored = rows(store, database_url, side.count_stored)[0][0]
            done.append(Run(sent, warming.answered + sent.answered, stored, undecided, others.cores))
            say(f"{store.name} {side.name}: {sent}, others took {others.cores:.2f} cores")
    return runs


def _settle(store: Store, url: str, side: Side) -> None:
    """Start the load with nothing left to decide and nothing left to send."""
    end = time.monotonic() + _SETTLE_WITHIN_S
    while rows(store, url, side.count_waiting)[0][0] and time.monotonic() < end:
        time.sleep(0.2)


def _rate(name: str, mine: list[Run], theirs: list[Run], goal: Goal) -> Figure:
    fast, slow = [run.load.per_s for run in mine], [run.load.per_s for run in theirs]
    return Figure(name=name, values=ratios(fast, slow), goal=goal, ours=middle(fast, "/s"), peer=middle(slow, "/s"))


def _tail(name: str, mine: list[Run], theirs: list[Run]) -> Figure:
    short, long = [run.load.p99_ms for run in mine], [run.load.p99_ms for run in theirs]
    return Figure(
        name=name,
        values=ratios(short, long),
        goal=Goal("at most", 0.5),
        ours=middle(short, " ms"),
        peer=middle(long, " ms"),
    )


def _share(name: str, mine: list[Run], limits: list[float]) -> Figure:
    rates = [run.load.per_s for run in mine]
    return Figure(
        name=name,
        values=ratios(rates, limits),
        goal=Goal("at least", 0.4),
        ours=middle(rates, "/s"),
        peer=middle(limits, "/s"),
    )


def _truths(name: str, mine: list[Run], theirs: list[Run]) -> list[Figure]:
    """What makes the ratios worth something: nothing lost, nothing refused; and how quiet the machine was."""
    everyone = [*mine, *theirs]
    missing = sum(max(0, run.answered - run.stored) for run in mine)
    refused = sum(run.load.refused + run.load.broken for run in everyone)
    return [
        Figure(
            name=f"{name}, answered and not in the database",
            values=[missing],
            unit="events",
            goal=Goal("at most", 0),
            ours=f"of {sum(run.answered for run in mine):,}",
        ),
        Figure(
            name=f"{name}, refused or broken, both sides",
            values=[refused],
            unit="requests",
            goal=Goal("at most", 0),
        ),
        Figure(name=f"{name}, still to decide or send after it", values=[run.undecided for run in mine], unit="events"),
        Figure(name=f"{name}, CPU others took", values=[run.others_cores for run in everyone], unit="cores"),
    ]
