"""What officers' phones send and get, as pydantic models."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Base64Bytes, Field

from checkin_api.domain.ids import (
    Assurance,
    CorrectionKind,
    CorrectionState,
    Direction,
    Disposition,
    Flag,
    PunchSource,
    Reason,
    Status,
)
from checkin_api.web.schemas import Code, In, Instant, Out, printable


class WordsOut(Out):
    """The same in zh-TW and English."""

    zh: str
    en: str


class PersonOut(Out):
    """Who is asking."""

    staff_no: str
    name: str
    title: str
    unit: str


class DutyOut(Out):
    """A duty: when it is, and from when to when a punch belongs to it."""

    duty_date: date
    shift: str
    start: datetime
    end: datetime
    opens: datetime
    closes: datetime


class SensedOut(Out):
    """The newest presence; ``proves_now`` tells whether a tap at this moment would be recorded with it.

    ``heard``: the phone heard a beacon; else an agent on site heard the officer, or the officer showed something.
    """

    zone: str
    at: datetime
    good_until: datetime
    assurance: Assurance
    assurance_words: WordsOut
    heard: bool
    proves_now: bool


class PunchOut(Out):
    """A punch with its evidence in words."""

    direction: Literal["in", "out", "auto"]
    at: datetime
    zone: str | None
    assurance: Assurance
    assurance_words: WordsOut
    source: PunchSource
    evidence: WordsOut
    heard_at: datetime | None


class WishOut(Out):
    """Whether the officer wants to be reminded."""

    wanted: bool


class FallbacksOut(Out):
    """What some zone takes where no beacon is heard."""

    site_code: bool
    location: bool


class MeOut(Out):
    """What the app's first page shows; ``request_id`` is for one tap from this page, by the server's time ``now``."""

    now: datetime
    timezone: str
    officer: PersonOut
    duty: DutyOut | None
    next_duty: DutyOut | None
    due: Literal["in", "out"] | None
    sensed: SensedOut | None
    punches: list[PunchOut]
    request_id: str
    liff_waits_s: int
    supervises: bool
    notice_accepted: bool
    reminder: WishOut | None
    fallbacks: FallbacksOut


class EnrolmentIn(In):
    """A staff number and the one-time code from HR."""

    staff_no: Code
    code: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(printable)]


class EnrolledOut(Out):
    """Whose account it is now."""

    staff_no: str
    name: str


RequestId = Annotated[str, Field(pattern=r"^[0-9a-f]{8,12}\.[0-9A-Za-z_-]{12}\.[0-9A-Za-z_-]{16}$")]


class TapIn(In):
    """簽到 or 簽退; ``request_id`` is the one that ``GET /me`` gave, and makes the tap count once.

    ``handset`` is a number at random that the page keeps: it shows a change of phone, and two officers on one.
    """

    request_id: RequestId
    direction: Literal[Direction.IN, Direction.OUT]
    handset: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{16,64}$")] | None = None


class TapOut(Out):
    """What became of a tap.

    ``state``: `recorded` (with the punch), `waiting` (for proof, until ``waits_until``, or to be decided), `refused`.
    """

    state: Literal["recorded", "waiting", "refused"]
    request_id: str
    now: datetime
    punch: PunchOut | None = None
    reason: Reason | None = None
    reason_words: WordsOut | None = None
    zone: str | None = None
    waits_until: datetime | None = None


class WhichMonthIn(In):
    """A calendar month."""

    month: Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]


class FlagOut(Out):
    """What is worth noting about a duty."""

    code: Flag
    words: WordsOut


class MonthPunchOut(PunchOut):
    """A punch in its duty, and whether it counts there."""

    disposition: Disposition


class RecordOut(Out):
    """A duty record; minutes are null where they are not known."""

    duty_date: date
    shift: str
    start: datetime | None
    end: datetime | None
    sign_in: datetime | None
    sign_out: datetime | None
    status: Status
    status_words: WordsOut
    flags: list[FlagOut]
    worked_minutes: int | None
    late_minutes: int | None
    early_leave_minutes: int | None
    overtime_minutes: int | None
    night_minutes: int | None
    punches: list[MonthPunchOut]


class MonthTotalsOut(Out):
    """Totals of a month: records by status and by flag, and minutes."""

    statuses: dict[Status, int]
    flags: dict[Flag, int]
    worked_minutes: int
    late_minutes: int
    overtime_minutes: int
    night_minutes: int


class MonthOut(Out):
    """An officer's month as it stands now."""

    now: datetime
    timezone: str
    month: str
    records: list[RecordOut]
    totals: MonthTotalsOut


class AttachmentIn(In):
    """A picture or PDF; ``content`` in base64."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    content: Base64Bytes


class CorrectionIn(In):
    """A punch that was forgotten 補打卡, and why it is missing."""

    direction: Literal[Direction.IN, Direction.OUT]
    at: Instant
    # The rules judge how long it is in words; this only bounds it.
    reason: Annotated[str, Field(max_length=4000)]
    attachment: AttachmentIn | None = None


class CorrectionOut(Out):
    """A request for a correction, and where it stands."""

    id: UUID
    staff_no: str
    name: str
    kind: CorrectionKind
    kind_words: WordsOut
    direction: Literal["in", "out", "auto"]
    at: datetime
    reason: str
    attachment_name: str
    requested_at: datetime
    state: CorrectionState
    state_words: WordsOut
    is_open: bool
    comment: str


class CorrectionsOut(Out):
    """Requests, the newest first, and how old a time may be that is corrected."""

    timezone: str
    days: int
    corrections: list[CorrectionOut]


class AttachmentOut(Out):
    """The attached file; ``content`` in base64."""

    name: str
    content: str


class DecisionIn(In):
    """What a supervisor decides; a rejection says why."""

    decision: Literal["approve", "reject"]
    comment: Annotated[str, Field(max_length=4000)] = ""


class DecidedOut(Out):
    """Where the request stands now; ``month_count`` counts the officer's approved ones of that month."""

    state: CorrectionState
    state_words: WordsOut
    month_count: int | None = None
    quota: int | None = None


class WhichDayIn(In):
    """A date; today if none is given."""

    day: Annotated[date, Field(ge=date(2000, 1, 1), le=date(2099, 12, 31))] | None = None


class OfficerDutyOut(Out):
    """One duty of one officer of the unit."""

    staff_no: str
    name: str
    unit: str
    shift: str
    start: datetime | None
    end: datetime | None
    sign_in: datetime | None
    sign_out: datetime | None
    status: Status
    status_words: WordsOut
    flags: list[FlagOut]


class StatusCountOut(Out):
    """How many duties have a status."""

    status: Status
    words: WordsOut
    count: int


class UnitOut(Out):
    """A supervisor's units on a day: each duty, those that need a look first, and the requests to decide."""

    now: datetime
    timezone: str
    day: date
    units: list[str]
    statuses: list[StatusCountOut]
    duties: list[OfficerDutyOut]
    corrections: list[CorrectionOut]
