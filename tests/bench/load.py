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
# One request in ten is a tap on 簽到, the others are phones that hear a beacon.
TAPS_ONE_IN = 10
# More than any side here takes, so that no event id is ever sent twice.
MOST_PER_S = 9_000
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


def prepare(path: Path, hwids: Sequence[str], *, seconds: float, seed: int) -> None:
    """Write enough signed requests of one event each, all at this moment, each with an id of its own."""
    random, now = Random(seed), datetime.now(UTC)
    with path.open("wb") as file:
        for number in range(int(seconds * MOST_PER_S)):
            user = webhooks.user(random.randrange(OFFICERS))
            if number % TAPS_ONE_IN:
                event = webhooks.beacon(now, user, random.choice(hwids))
            else:
                event = webhooks.tap(now, user)
            body = webhooks.body(event)
            file.write(webhooks.sign(body).encode() + b"\n" + body + b"\n")


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
