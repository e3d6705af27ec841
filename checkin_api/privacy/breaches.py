"""Leaks of personal data 個資外洩 as HR deals with them: noted, 72 hours to report; kept in the audit log alone."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.audit import Act, Entry
from checkin_api.db import Turn, take_turn
from checkin_api.domain.corrections import clean_text
from checkin_api.domain.ids import PrivacyRefusal
from checkin_api.domain.shifts import local_date
from checkin_api.errors import NotFoundError
from checkin_api.models import AuditEntry, Officer
from checkin_api.privacy.reach import Known, Leak, reach
from checkin_api.privacy.requests import TEXT_LIMIT

# What HR gives itself from knowing of a leak to reporting it; the notice names no time and no article for it.
TIME_TO_REPORT = timedelta(hours=72)
# More than any department wants to have, and than a page shows.
MOST = 1000
_ALL = "breach"
_NOTE, _CLOSE, _BEGIN = "breach.note", "breach.close", "breach.begin"
_TELL, _EXPORT = "breach.told", "export"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A leak; ``number`` is that of its entry in the audit log."""

    number: int
    known_at: datetime
    noted_at: datetime
    noted_by: str
    text: str

    @property
    def due_at(self) -> datetime:
        """Until when it is to be reported."""
        return self.known_at + TIME_TO_REPORT


@dataclass(frozen=True, slots=True)
class Note:
    """What was done about it; the last one closes it."""

    at: datetime
    by: str
    text: str
    closes: bool


def begin_breach(session: Session, now: datetime, text: str, *, known_at: datetime, actor: str) -> int | PrivacyRefusal:
    """Note a leak; the same words again are the same leak. The caller commits.

    Returns:
        Its number.
    """
    text = clean_text(text)
    refusal = _judge(text) or (PrivacyRefusal.FUTURE if known_at > now else None)
    if refusal is not None:
        return refusal
    # Two at once would both add what neither sees of the other.
    take_turn(session, Turn.AUDIT)
    same = (each.number for each in breaches(session) if (each.text, each.known_at) == (text, known_at))
    detail = {"known_at": known_at.isoformat(), "text": text}
    return next(same, 0) or audit.record(session, now, Act(actor=actor, action=_BEGIN, subject=_ALL, detail=detail))


def add_note(  # noqa: PLR0913 (what, about which, by whom)
    session: Session, now: datetime, number: int, text: str, *, closes: bool, actor: str
) -> PrivacyRefusal | None:
    """Write down what was done; nothing more once it is closed. The caller commits.

    Raises:
        NotFoundError: there is no such leak.
    """
    text = clean_text(text)
    refusal = _judge(text)
    if refusal is not None:
        return refusal
    take_turn(session, Turn.AUDIT)
    find_breach(session, number)
    if number in closed(session, [number]):
        return PrivacyRefusal.CLOSED
    action = _CLOSE if closes else _NOTE
    audit.record(session, now, Act(actor=actor, action=action, subject=_subject(number), detail={"text": text}))
    return None


def tell(  # noqa: PLR0913 (whom, of which leak, by whom)
    session: Session, now: datetime, number: int, leak: Leak, zone: ZoneInfo, *, actor: str
) -> int | PrivacyRefusal:
    """Write down that everybody was told whom a leak of this kind concerns; the caller commits.

    What is kept is the question and not the people: the audit log is never erased. Of one unit nobody could say later
    who was in it, so it is asked of the whole department.

    Returns:
        How many they are.

    Raises:
        NotFoundError: there is no such leak or zone.
        ValueError: it is asked of a unit, or of another moment.
    """
    if leak.unit is not None or leak.known is not None:
        raise ValueError("of the whole department, and now")
    take_turn(session, Turn.AUDIT)
    find_breach(session, number)
    if number in closed(session, [number]):
        return PrivacyRefusal.CLOSED
    count = reach(session, leak, zone, local_date(now, zone), limit=0).total
    newest = session.scalar(select(func.max(Officer.id))) or 0
    detail = {**leak.as_json(), "text": _told_text(leak, count), "rows": count, "newest_officer": newest}
    audit.record(session, now, Act(actor=actor, action=_TELL, subject=_subject(number), detail=detail))
    return count


def told(session: Session, number: int, zone: ZoneInfo) -> dict[str, datetime]:
    """When each officer whose data is still there was told of a leak first, by staff number."""
    found: dict[str, datetime] = {}
    for entry in audit.entries(session, subject=_subject(number), limit=MOST):
        if entry.action == _TELL:
            detail: dict[str, Any] = json.loads(entry.detail)
            leak = Leak(
                kinds=tuple(detail["kinds"]),
                first=date.fromisoformat(detail["first"]),
                last=date.fromisoformat(detail["last"]),
                zone_code=detail["zone"],
                known=Known(entry.at, detail["newest_officer"]),
            )
            # The oldest comes last and stands.
            officers = reach(session, leak, zone, local_date(entry.at, zone)).officers
            found |= dict.fromkeys((officer.staff_no for officer in officers), entry.at)
    return found


def closed(session: Session, numbers: Iterable[int]) -> set[int]:
    """Those of these leaks that are closed."""
    by_subject = {_subject(number): number for number in numbers}
    e = AuditEntry
    rows = session.scalars(select(e.subject).where(e.subject.in_(by_subject), e.action == _CLOSE))
    return {by_subject[subject] for subject in rows}


def breaches(session: Session) -> list[Breach]:
    """All leaks, the newest first."""
    return [_breach(entry) for entry in audit.entries(session, subject=_ALL, limit=MOST)]


def find_breach(session: Session, number: int) -> Breach:
    """One leak.

    Raises:
        NotFoundError: there is no such leak.
    """
    found = next((each for each in breaches(session) if each.number == number), None)
    if found is None:
        raise NotFoundError(f"沒有外洩事件 {number} / there is no leak {number}")
    return found


def notes(session: Session, number: int) -> list[Note]:
    """What was done about a leak, the newest first."""
    found = audit.entries(session, subject=_subject(number), limit=MOST)
    return [Note(each.at, each.actor, _text_of(each), each.action == _CLOSE) for each in found]


def _subject(number: int) -> str:
    return f"{_ALL}:{number}"


def _breach(entry: Entry) -> Breach:
    detail: dict[str, Any] = json.loads(entry.detail)
    return Breach(
        number=entry.number,
        known_at=datetime.fromisoformat(detail["known_at"]),
        noted_at=entry.at,
        noted_by=entry.actor,
        text=detail["text"],
    )


def _told_text(leak: Leak, count: int) -> str:
    where = f" {leak.zone_code}" if leak.zone_code else ""
    return f"已通知當事人 / told {count}: {', '.join(leak.kinds)} {leak.first}–{leak.last}{where}"


def _text_of(entry: Entry) -> str:
    return str(json.loads(entry.detail)["text"])


def _judge(text: str) -> PrivacyRefusal | None:
    if not text:
        return PrivacyRefusal.NO_TEXT
    return PrivacyRefusal.TEXT_TOO_LONG if len(text) > TEXT_LIMIT else None
