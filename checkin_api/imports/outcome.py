"""What an import says: how many rows it changed, or what is wrong with the file, in both languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from checkin_api.domain.ids import RosterAction
from checkin_api.errors import CheckinError

# As many problems as a person reads at one time; the rest is counted, so that a million bad lines stay a short message.
SHOWN_PROBLEMS = 50
# A quoted value is cut here: a cell can be as long as the file.
_SHOWN_CHARACTERS = 40


class Change(NamedTuple):
    """One difference that an import makes, in words and as a row for a program."""

    action: RosterAction
    text: str
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How many rows of the file were new, differed from the database, or were there already.

    ``removed`` counts rows of the database that a replacing import took away. ``changes`` has every difference;
    of a calendar only the days that it switches between work and off, of punches, which are many and new, none.
    """

    added: int
    changed: int
    unchanged: int
    removed: int = 0
    changes: Sequence[Change] = field(default=(), compare=False, repr=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @property
    def counts(self) -> dict[str, int]:
        """The four numbers by name."""
        return {name: getattr(self, name) for name in ("added", "changed", "removed", "unchanged")}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right in a file; reads ``roster.csv:17: staff_no: what is wrong``."""

    filename: str
    line: int
    column: str | None
    message: str

    def __str__(self) -> str:
        column = f" {self.column}:" if self.column else ""
        return f"{self.filename}:{self.line}:{column} {self.message}"


class ImportRefusedError(CheckinError):
    """The file is not imported; carries the first problems in the order of lines, and how many more there are."""

    def __init__(self, problems: Sequence[Problem], more: int = 0) -> None:
        self.problems = tuple(problems)
        self.more = more
        lines = [str(problem) for problem in self.problems]
        if more:
            lines.append(f"…另有 {more:,} 個問題 / …and {more:,} more")
        super().__init__("\n".join(lines))


class BrokenFileError(Exception):
    """The file cannot be read beyond this line; never leaves the package."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


class ProblemLog:
    """The problems found so far in one file: the first ones kept, all of them counted."""

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self._kept: list[Problem] = []
        self._more = 0

    def __bool__(self) -> bool:
        return bool(self._kept)

    def add(self, line: int, column: str | None, message: str) -> None:
        """Note one problem."""
        if len(self._kept) < SHOWN_PROBLEMS:
            self._kept.append(Problem(self.filename, line, column, message))
        else:
            self._more += 1

    def refuse_if_any(self) -> None:
        """End the import if anything is wrong.

        Raises:
            ImportRefusedError: with the problems in the order of lines.
        """
        if self._kept:
            raise ImportRefusedError(sorted(self._kept, key=lambda problem: problem.line), self._more)


def shown(value: str) -> str:
    """A value of the file as a message may quote it: short, on one line, nothing invisible."""
    short = value if len(value) <= _SHOWN_CHARACTERS else f"{value[:_SHOWN_CHARACTERS]}…"
    return "".join(char if char.isprintable() else f"<U+{ord(char):04X}>" for char in short)
