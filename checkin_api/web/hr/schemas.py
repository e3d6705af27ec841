"""What the HR paths take and give, as pydantic models; a parameter that is not named is refused."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field

from checkin_api.domain.corrections import OPEN
from checkin_api.domain.ids import (
    Assurance,
    CorrectionKind,
    CorrectionState,
    Direction,
    Disposition,
    Flag,
    PunchSource,
    Status,
)
from checkin_api.web.periods import as_day
from checkin_api.web.schemas import Code, In, Out, printable

# Audit entries are numbered from 1; more digits than this no log has.
LARGEST_NUMBER = 999_999_999
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_STATES = {"open": frozenset(OPEN), "decided": frozenset(CorrectionState) - OPEN}


def _day(value: object) -> object:
    """Nothing but YYYY-MM-DD: pydantic alone takes a number for the seconds since 1970."""
    found = as_day(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
    if found is None:
        raise ValueError("must be a date such as 2026-11-23")
    return found


Day = Annotated[date, BeforeValidator(_day)]
Text = Annotated[str, Field(max_length=100), AfterValidator(printable), AfterValidator(str.strip)]


class PageIn(In):
    """Which page of a list, from 1, and how many rows a page has."""

    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    per_page: Annotated[int, Field(ge=1, le=1000)] = 100

    @property
    def skip(self) -> int:
        """How many rows come before it."""
        return (self.page - 1) * self.per_page


class PageOut(Out):
    """Page ``page`` of ``pages``; the whole list has ``total`` rows."""

    page: int
    pages: int
    total: int


class OfficersIn(PageIn):
    """Which officers: of a unit and all below it; staff number begins with, or name has ``q``; in service on a date."""

    unit: Code | None = None
    q: Text = ""
    active_on: Day | None = None


class OfficerOut(Out):
    """An officer; ``enrolled_at`` is since when a LINE account belongs to them: whose it is stays with the server."""

    staff_no: str
    name: str
    title: str
    unit: str
    unit_name: str
    active_from: date | None
    active_to: date | None
    enrolled_at: datetime | None


class OfficersOut(PageOut):
    """Officers by staff number."""

    officers: list[OfficerOut]


class PeriodIn(In):
    """Dates ``from`` to ``to``, both included, 62 days at most; of a unit and all below it, or of one officer."""

    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]
    unit: Code | None = None
    officer: Code | None = None


class RecordedPunchOut(Out):
    """A punch in its record."""

    at: datetime
    direction: Direction
    disposition: Disposition


class DutyRecordOut(Out):
    """A duty record as ``checkin attendance show --format json`` prints it."""

    staff_no: str
    duty_date: date
    shift: str | None
    zone: str | None
    start: datetime | None
    end: datetime | None
    sign_in: Annotated[datetime | None, Field(alias="in")]
    sign_out: Annotated[datetime | None, Field(alias="out")]
    status: Status
    flags: list[Flag]
    worked_minutes: int | None
    late_minutes: int | None
    early_leave_minutes: int | None
    overtime_minutes: int | None
    before_minutes: int | None
    night_minutes: int | None
    punches: list[RecordedPunchOut]


class PunchesIn(PeriodIn, PageIn):
    """Local dates of the punches, and which page."""


class PunchOut(Out):
    """A punch as it was stored; ``void`` when a correction took it back, times of its place."""

    staff_no: str
    name: str
    unit: str
    at: datetime
    received_at: datetime
    direction: Direction
    source: PunchSource
    zone: str | None
    hwid: str | None
    assurance: Assurance
    evidence_zh: str
    evidence_en: str
    void: bool


class PunchesOut(PageOut):
    """Punches by time."""

    punches: list[PunchOut]


class ExceptionsIn(PeriodIn, PageIn):
    """Which records that somebody should look at."""

    severity: Literal["high", "medium", "low"] | None = None
    status: Status | None = None
    flag: Flag | None = None


class ExceptionOut(Out):
    """A record that somebody should look at, how grave it is and how many days old."""

    severity: Literal["high", "medium", "low"]
    age_days: int
    name: str
    unit: str
    record: dict[str, Any]


class ExceptionsOut(PageOut):
    """The gravest and oldest first; ``as_of`` is when they were computed, at most a minute ago."""

    as_of: datetime
    exceptions: list[ExceptionOut]


class CorrectionsIn(PageIn):
    """Which corrections: open ones without a state."""

    state: CorrectionState | Literal["open", "decided"] = "open"
    unit: Code | None = None
    officer: Code | None = None

    @property
    def states(self) -> frozenset[CorrectionState]:
        """The states that are asked for."""
        return frozenset({self.state}) if isinstance(self.state, CorrectionState) else _STATES[self.state]


class CorrectionOut(Out):
    """A request for a correction, and where it stands; people are ``officer:STAFF_NO`` or an account."""

    id: UUID
    state: CorrectionState
    staff_no: str
    name: str
    unit: str
    kind: CorrectionKind
    direction: Direction
    at: datetime
    zone: str | None
    reason: str
    attachment_name: str
    requested_at: datetime
    requested_by: str
    endorsed_at: datetime | None
    endorsed_by: str
    decided_at: datetime | None
    decided_by: str
    comment: str


class QueuedOut(CorrectionOut):
    """A request in the queue; ``two_step`` says that two have to approve."""

    two_step: bool
    outage_id: int | None
    others_in_month: int


class QueueOut(PageOut):
    """Open requests, the oldest first; decided ones, the last decided first."""

    corrections: list[QueuedOut]


class RulingIn(In):
    """What is decided; a rejection says why."""

    decision: Literal["approve", "reject"]
    comment: Annotated[str, Field(max_length=4000)] = ""


class RulingOut(Out):
    """Where the request stands now; ``month_count`` counts the officer's approved ones of that month with this one."""

    correction: CorrectionOut
    month_count: int | None = None
    quota: int | None = None
    is_over_quota: bool = False


class AuditIn(In):
    """Which entries: a part of who acted, how the act and its subject begin, local dates; older than a number."""

    actor: Text = ""
    action: Text = ""
    subject: Annotated[str, Field(max_length=200), AfterValidator(printable)] = ""
    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None
    before: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)] | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class EntryOut(Out):
    """One act; its hash covers all other fields, as `checkin audit verify` computes it."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Any
    previous_hash: str
    hash: str


class AuditOut(Out):
    """Entries, the newest first; ``older`` is the ``before`` of the next page, null at the end."""

    entries: list[EntryOut]
    older: int | None
    last_number: int
