"""The load: signed webhook requests prepared beforehand, and wrk that sends them over connections kept open."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from tests import webhooks
from tests.bench.department import OFFICERS

CONNECTIONS = 32
# A visit is one `enter` and nine `stay`, a minute and a half: LINE sends `stay` at most every ten seconds while a phone
# is in reach (Messaging API reference, "Beacon event").
ENTERS_ONE_IN = 10
# So many are in reach at a time.
VISITORS = 200
# More than any side here takes, so that no event id is ever sent twice.
MOST_PER_S = 6_000
_SCRIPT = Path(__file__).with_name("replay.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw; ``refused`` are answers of 400 and above, ``broken`` are lost connections and time-outs."""

    requests: int
    seconds: float
    refused: int
    broken: int
    p50_ms: float
    p99_ms: float

    def __str__(self) -> str:
        return (
            f"{self.per_s:,.0f} requests/s, p50 {self.p50_ms:.1f} ms, p99 {self.p99_ms:.1f} ms, "
            f"{self.refused} refused, {self.broken} broken"
        )

    @property
    def answered(self) -> int:
        return self.requests - self.refused

    @property
    def per_s(self) -> float:
        return self.answered / self.seconds


def require_wrk() -> None:
    """Have wrk on this machine; root installs Debian's package.

    Raises:
        SystemExit: it is not there and we may not install it.
    """
    if shutil.which("wrk") is None and os.getuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "--yes", "--quiet", "wrk"], check=False)
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed: sudo apt-get install wrk")


def prepare(path: Path, hwids: Sequence[str], *, seconds: float, first_officer: int = 0) -> Path:
    """Write signed requests for so long, of one event each with an id of its own, all of this moment.

    Officers arrive one after the other, beginning with the given number; in between, those who are there stay.
    """
    arrived, now = first_officer, datetime.now(UTC)
    random = Random(first_officer)  # noqa: S311 (who stays, not a secret)
    with path.open("wb") as file:
        for number in range(int(seconds * MOST_PER_S)):
            if number % ENTERS_ONE_IN:
                officer, kind = arrived - random.randrange(VISITORS), "stay"
            else:
                arrived += 1
                officer, kind = arrived, "enter"
            user, hwid = webhooks.user(officer % OFFICERS), hwids[officer % len(hwids)]
            body = webhooks.body(webhooks.beacon(now, user, hwid, kind))
            file.write(webhooks.sign(body).encode() + b"\n" + body + b"\n")
    return path


def send(url: str, prepared: Path, *, seconds: int) -> Load:
    """Send as fast as the server answers.

    Raises:
        RuntimeError: wrk failed, or the prepared requests did not last.
    """
    done = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", _SCRIPT, url, "--", prepared],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"wrk: {done.stderr.strip() or done.stdout.strip()}")
    return Load(**json.loads(done.stdout.splitlines()[-1]))
