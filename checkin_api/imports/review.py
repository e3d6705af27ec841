"""What some kinds of files need besides their rows: rules against the whole table, and a list of what changes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from checkin_api.imports.comparing import Difference
from checkin_api.imports.outcome import Change
from checkin_api.imports.sheet import Key, Sheet


@dataclass(frozen=True, slots=True)
class Replacing:
    """That the file is the whole truth for its dates and officers, and for all officers of these units and below."""

    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """When and by whom a file is imported, whether what it lacks is removed, which rows are inserted already."""

    now: datetime
    actor: str
    replacing: Replacing | None = None
    newcomers: Collection[Key] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """How many rows were removed, what else to show of the changes, and what to look at twice."""

    removed: int = 0
    changes: Sequence[Change] = ()
    warnings: tuple[str, ...] = ()


class Review:
    """Looks at an import as it goes; this one sees nothing, others override what concerns them.

    ``begin`` comes before any row is written and notes problems in the sheet, ``step`` before each step is written,
    ``end`` after all of them. With problems in the sheet nothing is to be written.
    """

    def __init__(self, session: Session, sheet: Sheet, terms: Terms) -> None:
        self.session = session
        self.sheet = sheet
        self.terms = terms

    def begin(self) -> None:
        """Look at the sheet, whose references are ids by now."""

    def step(self, difference: Difference) -> None:
        """Look at one step."""

    def end(self) -> Findings:
        """Write what is to be written besides, and say what was found."""
        return Findings()
