"""What officers' phones send and get about their own data, as pydantic models."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from checkin_api.domain.ids import PrivacyRequestKind, PrivacyRequestState
from checkin_api.web.officer.schemas import WordsOut
from checkin_api.web.schemas import In, Out, printable


class SectionOut(Out):
    """A part of the notice; plain text."""

    heading: str
    paragraphs: list[str]


class StoredOut(Out):
    """One kind of data: what it is, what for, how long it is kept, who sees it."""

    data: str
    what: str
    why: str
    kept: str
    who: str


class ColumnsOut(Out):
    """The headings of the table's columns."""

    what: str
    why: str
    kept: str
    who: str


class TableOut(Out):
    """What is stored."""

    heading: str
    columns: ColumnsOut
    rows: list[StoredOut]


class NoticeOut(Out):
    """The notice in one language; every text is plain, none is HTML."""

    title: str
    sections: list[SectionOut]
    table: TableOut


class NoticesOut(Out):
    """The notice in both languages."""

    zh: NoticeOut
    en: NoticeOut


class AcceptedOut(Out):
    """That a version of the notice was accepted."""

    version: str
    accepted_at: datetime


class PrivacyRequestOut(Out):
    """A request about the own data; ``due_at`` is when the law wants it answered."""

    id: UUID
    kind: PrivacyRequestKind
    kind_words: WordsOut
    text: str
    requested_at: datetime
    due_at: datetime
    state: PrivacyRequestState
    state_words: WordsOut
    answer: str
    answered_at: datetime | None


class PrivacyOut(Out):
    """The notice; ``accepted_at`` is when this officer accepted this very version, null if never."""

    now: datetime
    timezone: str
    version: str
    notice: NoticesOut
    accepted_at: datetime | None
    acceptances: list[AcceptedOut]
    requests: list[PrivacyRequestOut]


class AcceptanceIn(In):
    """The version that was shown and is accepted."""

    version: Annotated[str, Field(min_length=1, max_length=32), AfterValidator(printable)]


class PrivacyRequestIn(In):
    """What is asked about the own data."""

    kind: PrivacyRequestKind
    # The rules judge how long it is in words; this only bounds it.
    text: Annotated[str, Field(max_length=4000)]


class CalendarOut(Out):
    """Whether there is a secret address of the own duties; the address itself is not told again."""

    exists: bool
    made_at: datetime | None
    last_read_on: date | None


class CalendarAddressOut(Out):
    """A new secret address, told once."""

    url: str
