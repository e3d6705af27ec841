"""What a person waits for at a terminal: ``checkin --help``."""

import subprocess
import sys
import time
from collections.abc import Sequence

from tests import serving
from tests.bench.figures import Figure, Goal, middle
from tests.bench.plan import Plan

_ROUNDS = 11


def measure(_plan: Plan) -> list[Figure]:
    """``checkin --help`` and a Python that does nothing, in turn; the first round only fills the caches."""
    took = [
        (_wall_s([str(serving.CHECKIN), "--help"]), _wall_s([sys.executable, "-c", "pass"])) for _ in range(_ROUNDS)
    ]
    ours, bare = zip(*took[1:], strict=True)
    return [
        Figure(
            name="checkin --help (peer: an empty Python program)",
            values=ours,
            unit="s",
            goal=Goal("at most", 0.3),
            ours=middle(ours, " s"),
            peer=middle(bare, " s"),
        )
    ]


def _wall_s(command: Sequence[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin
