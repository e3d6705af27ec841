"""What a benchmark reports: figures with their spread, the goal beside each, and the table a person reads."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

_HEADER = ("figure", "ours", "peer", "value (range)", "goal", "met")


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound for the median of a figure."""

    sense: Literal["at least", "at most"]
    bound: float

    def is_met(self, value: float) -> bool:
        return value >= self.bound if self.sense == "at least" else value <= self.bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table.

    Args:
        name: what is measured.
        values: what the goal is about, one per pair or run.
        unit: of the values; "x" for a ratio.
        goal: none where the figure is only for information.
        ours: what this product did, for reading.
        peer: what the other side did in the same run.
    """

    name: str
    values: Sequence[float]
    unit: str = "x"
    goal: Goal | None = None
    ours: str = ""
    peer: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        return self.goal.is_met(self.median) if self.goal else None

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"median": self.median, "met": self.met}

    def _cells(self) -> tuple[str, ...]:
        spread = ""
        if len(self.values) > 1:
            spread = f" ({_number(min(self.values))} to {_number(max(self.values))})"
        goal = f"{self.goal.sense} {_number(self.goal.bound)}" if self.goal else ""
        met = "" if self.met is None else "yes" if self.met else "NO"
        return self.name, self.ours, self.peer, f"{_number(self.median)} {self.unit}{spread}", goal, met


def middle(values: Iterable[float], unit: str = "") -> str:
    """The median of several runs as a cell of the table."""
    return f"{_number(statistics.median(values))}{unit}"


def ratios(ours: Sequence[float], peers: Sequence[float]) -> list[float]:
    """Ours divided by the peer's, pair by pair."""
    return [mine / theirs for mine, theirs in zip(ours, peers, strict=True)]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def table(figures: Sequence[Figure]) -> str:
    """The figures under each other, in columns."""
    rows = [_HEADER, *(figure._cells() for figure in figures)]  # noqa: SLF001 (of this module)
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
