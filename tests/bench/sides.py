"""The two sides of a comparison as running servers: the product as shipped, and the peer under gunicorn."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

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


@contextmanager
def answerer(folder: Path) -> Iterator[str]:
    """The address of a program that takes replies."""
    url = f"http://127.0.0.1:{(port := serving.free_port())}"
    command = [sys.executable, "-m", "tests.bench.answerer", str(port)]
    with Program(command, serving.environment(""), url=url, log=folder / "answerer.log"):
        yield url


@contextmanager
def ours(
    store: Store, folder: Path, *, line_api_url: str, more: Environment | None = None
) -> Iterator[tuple[str, str]]:
    """``checkin serve`` with its decider on a fresh department: its webhook's address and its database's."""
    with store.filled() as database_url:
        port = serving.free_port()
        command = [str(serving.CHECKIN), "serve", "--port", str(port), "--workers", str(store.workers)]
        environment = serving.environment(database_url, line_api_url=line_api_url) | dict(more or {})
        base = f"http://127.0.0.1:{port}"
        with Program(command, environment, url=f"{base}/livez", log=folder / "checkin.log"):
            yield f"{base}/line/webhook", database_url


@contextmanager
def usual(
    store: Store, folder: Path, *, worker_class: tuple[str, ...], more: Environment | None = None
) -> Iterator[tuple[str, str]]:
    """The peer on a fresh database: its webhook's address and its database's."""
    with store.empty() as database_url:
        peer.create_schema(database_url)
        url = f"http://127.0.0.1:{(port := serving.free_port())}/line/webhook"
        command = [
            str(Path(sys.executable).with_name("gunicorn")), "--workers", str(PEER_WORKERS),
            "--worker-class", *worker_class, "--bind", f"127.0.0.1:{port}", "--log-level", "error",
            "tests.bench.peer:create_app()",
        ]  # fmt: skip
        environment = serving.environment(database_url) | dict(more or {})
        with Program(command, environment, url=url, log=folder / "peer.log"):
            yield url, database_url


def slow_flush(folder: Path) -> dict[str, str]:
    """The environment that makes a program's flushes slower; compiled here, readable for PostgreSQL's account."""
    library = folder / "slow_flush.so"
    source = Path(__file__).with_name("slow_flush.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "SLOW_FLUSH_US": str(SLOWER_BY_US)}
