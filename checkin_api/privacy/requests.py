"""What officers ask about their own data 當事人請求: see, correct, stop, delete; and HR's answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.audit import Act
from checkin_api.db import Turn, take_turn
from checkin_api.domain.corrections import clean_text
from checkin_api.domain.ids import PrivacyRefusal, PrivacyRequestKind, PrivacyRequestState, new_id
from checkin_api.errors import NotFoundError
from checkin_api.models import Officer, PrivacyRequest

# As many characters as a request or an answer may have.
TEXT_LIMIT = 1000
# Enough for every right, and one more; a person answers each.
OPEN_LIMIT = 5
# Source: Personal Data Protection Act, article 13: to see or copy within 15 days, anything else within 30.
_DAYS = {PrivacyRequestKind.SEE: timedelta(days=15)}
_OTHERS = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A request as people look at it."""

    id: UUID
    staff_no: str
    name: str
    kind: PrivacyRequestKind
    text: str
    requested_at: datetime
    state: PrivacyRequestState
    answer: str
    answered_by: str
    answered_at: datetime | None

    @property
    def due_at(self) -> datetime:
        """When the law wants it answered."""
        return self.requested_at + _DAYS.get(self.kind, _OTHERS)


def request(
    session: Session, now: datetime, officer_id: int, kind: PrivacyRequestKind, text: str
) -> UUID | PrivacyRefusal:
    """Ask; the same words again while they wait for an answer are the same request. The caller commits."""
    text = clean_text(text)
    refusal = _judge(text)
    if refusal is not None:
        return refusal
    # Requests of one officer wait for each other, so that the limit holds.
    session.get_one(Officer, officer_id, with_for_update={"key_share": True})
    waiting = session.execute(
        select(PrivacyRequest.id, PrivacyRequest.kind, PrivacyRequest.text).where(
            PrivacyRequest.officer_id == officer_id, PrivacyRequest.state == PrivacyRequestState.OPEN
        )
    ).all()
    same = next((there for there in waiting if (there.kind, there.text) == (kind, text)), None)
    if same is not None:
        return UUID(str(same.id))
    if len(waiting) >= OPEN_LIMIT:
        return PrivacyRefusal.TOO_MANY_OPEN
    made = PrivacyRequest(id=new_id(), officer_id=officer_id, kind=kind, text=text, requested_at=now)
    session.add(made)
    session.flush()
    return made.id


def answer(  # noqa: PLR0913 (which, when, what, and who by both names)
    session: Session, now: datetime, request_id: UUID, text: str, *, answered_by: str, actor: str
) -> PrivacyRefusal | None:
    """Answer a request, once. The caller commits.

    Args:
        session: One transaction.
        now: When.
        request_id: Which.
        text: What the officer is told.
        answered_by: Who answers, as the officer reads it.
        actor: Who acts, for the audit log, which gets neither the question nor the answer.

    Raises:
        NotFoundError: there is no such request.
    """
    text = clean_text(text)
    refusal = _judge(text)
    if refusal is not None:
        return refusal
    take_turn(session, Turn.AUDIT)
    found = session.execute(
        select(PrivacyRequest, Officer.staff_no)
        .join(Officer, Officer.id == PrivacyRequest.officer_id)
        .where(PrivacyRequest.id == request_id)
        .with_for_update(of=PrivacyRequest)
    ).one_or_none()
    if found is None:
        raise NotFoundError(f"沒有請求 {request_id} / there is no request {request_id}; see `checkin privacy requests`")
    asked, staff_no = found
    if asked.state is PrivacyRequestState.ANSWERED:
        return PrivacyRefusal.ANSWERED_ALREADY
    asked.state, asked.answer = PrivacyRequestState.ANSWERED, text
    asked.answered_by, asked.answered_at = answered_by, now
    session.flush()
    detail = {"request": str(request_id), "kind": asked.kind, "by": answered_by}
    audit.record(session, now, Act(actor=actor, action="privacy.answer", subject=f"officer:{staff_no}", detail=detail))
    return None


def requests_of(session: Session, officer_id: int) -> list[RequestRow]:
    """An officer's requests, the newest first."""
    query = _rows().where(PrivacyRequest.officer_id == officer_id)
    return _read(session, query.order_by(PrivacyRequest.requested_at.desc(), PrivacyRequest.id.desc()))


def requests(session: Session, *, state: PrivacyRequestState | None = None) -> list[RequestRow]:
    """Everybody's requests, the oldest first; of one state only when it is given."""
    query = _rows().order_by(PrivacyRequest.requested_at, PrivacyRequest.id)
    return _read(session, query if state is None else query.where(PrivacyRequest.state == state))


def request_row(session: Session, request_id: UUID) -> RequestRow:
    """One request that is there."""
    [row] = _read(session, _rows().where(PrivacyRequest.id == request_id))
    return row


def _rows() -> Select[*tuple[object, ...]]:
    p = PrivacyRequest
    return select(
        *(p.id, Officer.staff_no, Officer.name, p.kind, p.text, p.requested_at),
        *(p.state, p.answer, p.answered_by, p.answered_at),
    ).join(Officer, Officer.id == p.officer_id)


def _read(session: Session, query: Select[*tuple[object, ...]]) -> list[RequestRow]:
    return [RequestRow(**row._asdict()) for row in session.execute(query)]


def _judge(text: str) -> PrivacyRefusal | None:
    if not text:
        return PrivacyRefusal.NO_TEXT
    return PrivacyRefusal.TEXT_TOO_LONG if len(text) > TEXT_LIMIT else None
