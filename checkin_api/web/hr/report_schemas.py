"""What the paths of reports take and give, as pydantic models."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from checkin_api.domain.ids import BuildState, ReportForm
from checkin_api.web.hr.schemas import Day
from checkin_api.web.schemas import Code, In, Out

# Of the daily and the monthly report; other kinds have others.
Format = Literal["csv", "csv-big5", "xlsx", "pdf", "json"]


class BuildsIn(In):
    """Which builds: of one state, the newest so many."""

    state: BuildState | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class KindOut(Out):
    """A kind of report: what period it is about, its formats, whether it can be of a unit or of an officer."""

    kind: str
    zh: str
    en: str
    period: Literal["day", "month", "days"]
    formats: list[str]
    by_unit: bool
    by_officer: bool


class BuildOut(Out):
    """A report that was ordered; ``done`` of ``total`` is its progress, ``file`` where its file is once it is made."""

    id: UUID
    kind: str
    format: ReportForm
    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]
    unit: str | None
    officer: str | None
    state: BuildState
    ordered_by: str
    ordered_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    done: int
    total: int
    attempts: int
    error: str
    file_name: str
    size_bytes: int | None
    rows: int | None
    sha256: str
    downloads: int
    address: str
    file: str | None


class ReportsOut(Out):
    """What can be ordered, and what was, the newest first."""

    kinds: list[KindOut]
    builds: list[BuildOut]


class WantedIn(In):
    """A report to be made; ``from`` and ``to`` are a day, a whole month or any dates, as the kind says."""

    kind: Code
    form: Annotated[ReportForm, Field(alias="format")]
    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]
    unit: Code | None = None
    officer: Code | None = None


class DailyIn(In):
    """The format of a daily report, and of which unit with all below it."""

    form: Annotated[Format, Field(alias="format")]
    unit: Code | None = None


class MonthlyIn(In):
    """The format of a month's report, and of which unit with all below it, or of which officer."""

    form: Annotated[Format, Field(alias="format")]
    unit: Code | None = None
    officer: Code | None = None
