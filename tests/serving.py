"""The product's real processes for tests: ``checkin serve`` on a free port, stopped or killed at will."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from tests import webhooks

CHECKIN = Path(sys.executable).parent / "checkin"
SECRET_KEY = "a key for tests, of enough length"
START_TIMEOUT_S = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def environment(database_url: str, **more: str) -> dict[str, str]:
    """The settings a program needs, and nothing of this machine's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHECKIN_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {
        "CHECKIN_DATABASE_URL": database_url,
        "CHECKIN_LINE_CHANNEL_SECRET": webhooks.SECRET,
        "CHECKIN_LINE_CHANNEL_ACCESS_TOKEN": "stand-in-channel-access-token",
        "CHECKIN_LINE_API_URL": "http://127.0.0.1:9",
        "CHECKIN_SECRET_KEY": SECRET_KEY,
        **{f"CHECKIN_{name.upper()}": value for name, value in more.items()},
    }


class Serving:
    """``checkin serve`` with its web processes and its decider."""

    def __init__(self, database_url: str, *, log: Path, workers: int = 1, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [str(CHECKIN), "serve", "--port", str(self.port), "--workers", str(workers)]
        self._environment = environment(database_url, **settings)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end:
            if self._process.poll() is not None:
                break
            try:
                urllib.request.urlopen(f"{self.url}/livez", timeout=2).close()
            except OSError:
                time.sleep(0.02)
            else:
                return self
        raise AssertionError(f"checkin serve did not start: {self._log.read_text()}")

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    @property
    def pid(self) -> int:
        """The process that starts the others."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL the parent, and wait until the kernel has taken its children down with it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with contextlib.closing(socket.socket()) as probe:
                probe.settimeout(0.5)
                if probe.connect_ex(("127.0.0.1", self.port)):
                    return
            time.sleep(0.01)
        raise AssertionError("a web process outlived its parent")
