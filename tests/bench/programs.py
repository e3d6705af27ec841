"""A server program under test: started, waited for, stopped."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.serving import START_TIMEOUT_S

ROOT = Path(__file__).parents[2]
_STOP_WITHIN_S = 20.0


class Program:
    """One server in a session of its own; it is ready once anything answers HTTP at its address."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], *, url: str, log: Path) -> None:
        self.url = url
        self._command, self._environment, self._log = command, environment, log

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end and self._process.poll() is None:
            if self._answers():
                return self
            time.sleep(0.02)
        self._stop()
        raise RuntimeError(f"{' '.join(self._command)} did not start: {self._log.read_text()[-2000:]}")

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.url, timeout=2).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def _stop(self) -> None:
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_WITHIN_S)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
