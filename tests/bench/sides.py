"""The two sides of a comparison as running servers: the product as shipped, and the peer under gunicorn."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

from tests import serving
from tests.bench import peer
from tests.bench.programs import Program
from tests.bench.stores import Store

Environment = Mapping[str, str]
PEER_WORKERS = 2
# gunicorn's worker class and its options: its best one for this work, and its default one.
GTHREAD = ("gthread", "--threads", str(peer.THREADS))
SYNC = ("sync",)
SLOWER_BY_US = 5_000
WAITING: LiteralString = (
    "select (select count(*) from inbox_event where state = 'stored')"
    " + (select count(*) from reply where state = 'pending')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of the comparison.

    Args:
        name: for who watches.
        start: a running server on a fresh database: its webhook's address and its database's.
        count_stored: a query for the number of events in the database.
        count_waiting: a query for what is left to do of them after the answer.
    """

    name: str
    start: Callable[[], AbstractContextManager[tuple[str, str]]]
    count_stored: LiteralString
    count_waiting: LiteralString


def ours(store: Store, folder: Path, line_api_url: str, environment: Environment | None = None) -> Side:
    """``checkin serve`` with its decider, on a fresh department; replies go to ``line_api_url``."""
    return Side(
        name="ours",
        start=lambda: running_checkin(store, folder, line_api_url, environment or {}),
        count_stored="select count(*) from inbox_event",
        count_waiting=WAITING,
    )


def usual(store: Store, folder: Path, worker_class: tuple[str, ...], environment: Environment | None = None) -> Side:
    """The peer under gunicorn, on a database that holds nothing else."""
    return Side(
        name="peer",
        start=lambda: _running_peer(store, folder, worker_class, environment or {}),
        count_stored="select count(*) from stored_event",
        count_waiting="select 0",
    )


@contextmanager
def answerer(folder: Path) -> Iterator[str]:
    """The address of a program that takes replies."""
    url = f"http://127.0.0.1:{(port := serving.free_port())}"
    command = [sys.executable, "-m", "tests.bench.answerer", str(port)]
    with Program(command, serving.environment(""), url=url, log=folder / "answerer.log"):
        yield url


@contextmanager
def running_checkin(
    store: Store, folder: Path, line_api_url: str, more: Environment | None = None
) -> Iterator[tuple[str, str]]:
    """The product as shipped: its webhook's address and its database's."""
    with store.filled() as database_url:
        base = f"http://127.0.0.1:{(port := serving.free_port())}"
        command = [str(serving.CHECKIN), "serve", "--port", str(port), "--workers", str(store.workers)]
        environment = serving.environment(database_url, line_api_url=line_api_url) | dict(more or {})
        with Program(command, environment, url=f"{base}/livez", log=folder / "checkin.log"):
            yield f"{base}/line/webhook", database_url


@contextmanager
def _running_peer(
    store: Store, folder: Path, worker_class: tuple[str, ...], more: Environment
) -> Iterator[tuple[str, str]]:
    with store.empty() as database_url:
        peer.create_schema(database_url)
        url = f"http://127.0.0.1:{(port := serving.free_port())}/line/webhook"
        command = [
            str(Path(sys.executable).with_name("gunicorn")), "--workers", str(PEER_WORKERS),
            "--worker-class", *worker_class, "--bind", f"127.0.0.1:{port}", "--log-level", "error",
            "tests.bench.peer:create_app()",
        ]  # fmt: skip
        environment = serving.environment(database_url) | dict(more)
        with Program(command, environment, url=url, log=folder / "peer.log"):
            yield url, database_url


def slow_flush(folder: Path) -> dict[str, str]:
    """The environment that makes a program's flushes slower; compiled here, readable for PostgreSQL's account."""
    library = folder / "slow_flush.so"
    source = Path(__file__).with_name("slow_flush.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "SLOW_FLUSH_US": str(SLOWER_BY_US)}
