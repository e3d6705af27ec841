"""What somebody wants of the reports: which kind, in which format, about when and whom; and what the file is called."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from checkin_api.db import Database
from checkin_api.domain.duty_law import DutyLimits
from checkin_api.errors import CheckinError

# Called as a file is made, with how much is done and of how much; 0 of 0 while that is not known.
Progress = Callable[[int, int], None]


class WantedError(CheckinError):
    """Nothing can be made of what is wanted; says why in words."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One report: duty dates ``first`` to ``last``, of a unit with all below it, of one officer, or of everybody."""

    kind: str
    form: str
    first: date
    last: date
    unit: str | None = None
    officer: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What is in a file: rows of data, their SHA-256, and the characters that its encoding could not hold."""

    rows: int
    sha256: str
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What the installation sets: the time zone of duties without a site, the limits of duty law, whose reports."""

    zone: ZoneInfo
    limits: DutyLimits
    agency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a report is made from."""

    database: Database
    rules: Rules
    wanted: Wanted
    made_at: datetime
    made_by: str
    progress: Progress


def no_progress(done: int, total: int) -> None:
    """Tell nobody."""


def safe_name(text: str) -> str:
    """A part of a file's name: letters and digits of ASCII, CJK ideographs, hyphens; the rest becomes hyphens."""
    return re.sub(r"[^A-Za-z0-9\u4e00-\u9fff-]+", "-", text).strip("-")[:60] or "x"


def name_of_file(what: str, whose: str | None, first: date, last: date, ending: str) -> str:
    """What a file about some days is called that is no report: what it is, whose, when."""
    period = f"{first}" if first == last else f"{first:%Y%m%d}-{last:%Y%m%d}"
    return f"{safe_name(what)}_{safe_name(whose or '全機關')}_{period}.{ending}"
