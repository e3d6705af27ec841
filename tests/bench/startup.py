"""What starting costs: ``checkin --help`` for a person at a terminal, and the imports of a web process."""

import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from tests import serving
from tests.bench.figures import Figure, Goal, middle, ratios
from tests.bench.plan import Plan

_ROUNDS = 10
_NOTHING = "pass"
_USUAL = "import flask, sqlalchemy.orm, linebot.v3"
# What granian's worker process holds before the first request: granian itself and the application.
_OURS = "import granian, checkin_api.wsgi"
_CPU_OF = "import resource as r\n{}\nu = r.getrusage(r.RUSAGE_SELF)\nprint(u.ru_utime + u.ru_stime)"


def measure(_plan: Plan) -> list[Figure]:
    """Each command in turn, ten times; the first round, which fills the caches, does not count."""
    environment = serving.environment("sqlite:///nowhere.db")
    python = sys.executable
    commands = {
        "help": [str(serving.CHECKIN), "--help"],
        "nothing": [python, "-c", _NOTHING],
        "usual": [python, "-c", _USUAL],
    }
    imports = {
        name: [python, "-c", _CPU_OF.format(code)]
        for name, code in (("nothing", _NOTHING), ("usual", _USUAL), ("ours", _OURS))
    }
    wall = _in_turn(commands, lambda command: _wall_s(command, environment))
    cpu = _in_turn(imports, lambda command: _printed(command, environment))
    above = {name: [each - bare for each, bare in zip(cpu[name], cpu["nothing"], strict=True)] for name in cpu}
    return [
        Figure(
            name="checkin --help",
            values=wall["help"],
            unit="s",
            goal=Goal("at most", 0.3),
            peer=f"bare python {statistics.median(wall['nothing']):.3f} s",
        ),
        Figure(
            name="checkin --help against importing Flask + SQLAlchemy ORM + SDK",
            values=ratios(wall["help"], wall["usual"]),
            ours=middle(wall["help"], " s"),
            peer=middle(wall["usual"], " s"),
        ),
        Figure(
            name="imports of a web process, CPU against Flask + SQLAlchemy ORM + SDK",
            values=ratios(above["ours"], above["usual"]),
            ours=middle(above["ours"], " s"),
            peer=middle(above["usual"], " s"),
        ),
    ]


def _in_turn(commands, once) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(_ROUNDS + 1):
        for name, command in commands.items():
            seconds = once(command)
            if number:
                taken[name].append(seconds)
    return taken


def _wall_s(command: Sequence[str], environment: Mapping[str, str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def _printed(command: Sequence[str], environment: Mapping[str, str]) -> float:
    return float(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)
