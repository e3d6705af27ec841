"""The programs of a demonstration: each with a log of its own, watched, and ended together."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.demo.errors import DemoError, StoppedError

ROOT = Path(__file__).parents[2]
CHECKIN = Path(sys.executable).parent / "checkin"
START_TIMEOUT_S = 60.0
# `checkin serve` takes some seconds to finish what is under way (its STOP_WITHIN_S and the decider's).
STOP_TIMEOUT_S = 15.0
LOOK_EVERY_S = 0.1


class Processes:
    """Programs in sessions of their own, so that Ctrl-C reaches only us and they end in order."""

    def __init__(self, logs: Path, settings: Mapping[str, str], stop: threading.Event) -> None:
        self._logs = logs
        own = {name: value for name, value in os.environ.items() if not name.startswith("CHECKIN_")}
        self._environment = {**own, **settings}
        self._stop = stop
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, *arguments: str) -> str:
        """Run ``checkin`` to its end and return what it printed.

        Raises:
            DemoError: it failed; the message is its own.
        """
        return self.run_program(CHECKIN, *arguments)

    def run_program(self, *command: str | Path) -> str:
        """Run a program to its end and return what it printed.

        Raises:
            DemoError: it failed; the message is its own.
        """
        self.check()
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        if done.returncode:
            said = " ".join(str(each) for each in (Path(command[0]).name, *command[1:]))
            raise DemoError(f"{said}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def start(self, name: str, *command: str | Path) -> None:
        """Start a program; what it says goes to its log, which begins anew."""
        self.check()
        with self.log(name).open("wb") as log:
            self._running[name] = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def log(self, name: str) -> Path:
        """Where a program's words go."""
        return self._logs / f"{name}.log"

    def check(self) -> None:
        """Go on only if nobody wants an end and every program is alive.

        Raises:
            StoppedError: Ctrl-C or SIGTERM.
            DemoError: a program has ended by itself.
        """
        if self._stop.is_set():
            raise StoppedError
        for name, process in self._running.items():
            if process.poll() is not None:
                raise DemoError(f"{name} ended with status {process.returncode}; read {self.log(name)}")

    def pause(self) -> None:
        """Wait a moment, then check."""
        self._stop.wait(LOOK_EVERY_S)
        self.check()

    def wait_for(self, name: str, url: str) -> None:
        """Wait until a program answers."""
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end:
            self.pause()
            with suppress(urllib.error.URLError, OSError):
                urllib.request.urlopen(url, timeout=2).close()
                return
        raise DemoError(f"{name} does not answer at {url}; read {self.log(name)}")

    def stop(self) -> None:
        """End all programs, the newest first; one that takes too long is killed with all it has started."""
        for process in reversed(self._running.values()):
            process.terminate()
        end = time.monotonic() + STOP_TIMEOUT_S
        for process in reversed(self._running.values()):
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._running.clear()


def require_free(port: int, option: str) -> None:
    """Raise `DemoError` if somebody listens on the port.

    Args:
        port: the port, on the loopback interface.
        option: the option that chooses another one.
    """
    with socket.socket() as probe:
        # As the servers do it: a connection of the last run that is still closing does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as exc:
            raise DemoError(
                f"port {port}: {exc.strerror}; choose another: .venv/bin/python -m tests.demo {option} {port + 1}"
            ) from None
