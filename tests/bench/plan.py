"""How much a run of the benchmarks measures, and where it keeps its files."""

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Plan:
    """``pairs`` runs of each side in turn, each ``seconds`` long, in ``folder``."""

    pairs: int
    seconds: int
    folder: Path


def say(text: str) -> None:
    """What goes on, for who waits."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()
