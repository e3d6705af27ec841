"""What somebody wants of the reports: which kind, in which format, about when and whom; and what the file is called."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.duty_law import DutyLimits
from checkin_api.errors import CheckinError
from checkin_api.queries.attendance import duty_limits
from reports.roc import roc_time

# Called as a file is made, with how much is done and of how much; 0 of 0 while that is not known.
Progress = Callable[[int, int], None]

# Who makes what is made by the clock.
UNASKED = "worker"


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
    """What the installation sets: the time zone of duties without a site, the limits of duty law, whose reports.

    ``marks`` is whether a file made for a person says so on every page.
    """

    zone: ZoneInfo
    limits: DutyLimits
    agency: str
    marks: bool = False


def rules_of(database: Database, settings: Settings) -> Rules:
    """Those in force: HR's numbers in the place of the installation's."""
    with database.read() as session:
        limits = duty_limits(session, settings)
    return Rules(settings.zone, limits, settings.agency_name, settings.report_watermark)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a report is made from."""

    database: Database
    rules: Rules
    wanted: Wanted
    made_at: datetime
    made_by: str
    progress: Progress

    @property
    def watermark(self) -> str | None:
        """What stands behind every page of it."""
        return watermark(self.made_by, self.made_at, self.rules.zone, marks=self.rules.marks)


def watermark(made_by: str, made_at: datetime, zone: ZoneInfo, *, marks: bool) -> str | None:
    """For whom a file was made and when; None of what nobody asked for, and where files bear no marks."""
    return f"{made_by}　{roc_time(made_at, zone)}" if marks and made_by != UNASKED else None


def no_progress(done: int, total: int) -> None:
    """Tell nobody."""


def safe_name(text: str) -> str:
    """A part of a file's name: letters and digits of ASCII, CJK ideographs, hyphens; the rest becomes hyphens."""
    return re.sub(r"[^A-Za-z0-9\u4e00-\u9fff-]+", "-", text).strip("-")[:60] or "x"


def name_of_file(what: str, whose: str | None, first: date, last: date, ending: str) -> str:
    """What a file about some days is called that is no report: what it is, whose, when."""
    period = f"{first}" if first == last else f"{first:%Y%m%d}-{last:%Y%m%d}"
    return f"{safe_name(what)}_{safe_name(whose or '全機關')}_{period}.{ending}"
