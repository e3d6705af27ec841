"""``checkin serve``: granian's web processes, and the decider beside them."""

import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from checkin_api import migrations
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.errors import CheckinError

logger = logging.getLogger(__name__)

# Measured (tests/bench): threads wait for commits together, so many of them cost little.
THREADS = 32
RESTART_AFTER_S = 1.0
# A web process that has not ended by itself by then is killed: what it has not answered, LINE sends again.
STOP_WITHIN_S = 3


def serve(settings: Settings, *, host: str, port: int, workers: int) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        CheckinError: the schema is not this release's, SQLite was asked to work in several processes or is served
            already, or the port cannot be had.
    """
    if settings.is_sqlite and workers > 1:
        raise CheckinError("SQLite has one writer: use --workers 1, or PostgreSQL (CHECKIN_DATABASE_URL)")
    database = Database(settings.database_url)
    migrations.require_head(database)
    database.close()
    with database.served_alone(), tempfile.TemporaryDirectory(prefix="checkin-metrics-") as folder:
        # Counters of all web processes meet in this folder; prometheus_client reads the variable at import.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        decider = _Decider()
        server = Granian(
            "checkin_api.wsgi:create",
            factory=True,
            address=_free_address(host, port),
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=THREADS,
            websockets=False,
            respawn_failed_workers=True,
            respawn_interval=RESTART_AFTER_S,
            workers_kill_timeout=STOP_WITHIN_S,
            log_level=LogLevels.error,
        )
        server.on_startup(decider.start)
        server.on_shutdown(decider.stop)
        if settings.is_sqlite:
            logger.info("SQLite: this is the only web process; PostgreSQL takes several")
        logger.info("serving on http://%s:%d", host, port)
        server.serve()


def _free_address(host: str, port: int) -> str:
    """The IP address to listen on, after a try: granian shares a port with whoever else shares it, and says nothing.

    Raises:
        CheckinError: the address is not this machine's, or the port is taken or reserved.
    """
    try:
        [(family, _, _, _, address), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(family) as probe:
            # Connections of the last run that are still closing do not count; somebody who listens does.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as exc:
        raise CheckinError(
            f"cannot listen on {host}:{port} ({exc.strerror}): stop the program that does (`ss -ltnp`),"
            " or choose another --port or --host"
        ) from exc
    return str(address[0])


class _Decider:
    """Keeps one decider process running."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        # The thread lives as long as this process, so that the decider's parent is never gone too early.
        self._keeper = threading.Thread(target=self._keep, name="decider", daemon=True)

    def start(self) -> None:
        self._keeper.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
        self._keeper.join(timeout=10)

    def _keep(self) -> None:
        while not self._stopping.is_set():
            self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                [sys.executable, "-m", "checkin_api.decider", str(os.getpid())],
                # So it is posix_spawn. Else Popen waits for the child on a pipe, of which a web process that granian
                # forks in that moment keeps a copy: Popen would return, and a dead decider be noticed, only at the end.
                close_fds=False,
            )
            status = self._process.wait()
            if not self._stopping.is_set():
                logger.error("the decider ended with status %d; starting it again", status)
                self._stopping.wait(RESTART_AFTER_S)
