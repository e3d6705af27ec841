"""Looking at the inbox: what arrived, what became of it, what waits; and putting a parked event back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from checkin_api.domain.ids import LIFF_PREFIX, EventState, MessageState
from checkin_api.errors import CheckinError, NotFoundError
from checkin_api.models import Delivery, InboxEvent, Reply

# Digits that surely fit the key's 64 bits.
_LONGEST_NUMBER = 18


class NotParkedError(CheckinError):
    """Only a parked event can be tried again: any other has had its effect, or will have it by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """One event as a person looks at it."""

    id: int
    webhook_event_id: str | None
    received_at: datetime
    state: EventState
    reason: str
    detail: str
    raw: str


def list_events(session: Session, *, state: EventState | None = None, limit: int = 100) -> list[InboxRow]:
    """The newest events first."""
    query = select(InboxEvent).order_by(InboxEvent.id.desc()).limit(limit)
    if state is not None:
        query = query.where(InboxEvent.state == state)
    return [
        InboxRow(
            id=event.id,
            webhook_event_id=event.webhook_event_id,
            received_at=event.received_at,
            state=event.state,
            reason=event.reason,
            detail=event.detail,
            raw=event.raw,
        )
        for event in session.scalars(query)
    ]


def retry(session: Session, event_id: str) -> int:
    """Put a parked event back, by its number here or by LINE's event id; it is decided within a second.

    Raises:
        NotFoundError: there is no such event.
        NotParkedError: the event is not parked.
    """
    is_number = event_id.isascii() and event_id.isdigit() and len(event_id) <= _LONGEST_NUMBER
    by_number = InboxEvent.id == int(event_id) if is_number else None
    query = select(InboxEvent).where(InboxEvent.webhook_event_id == event_id)
    event = session.scalar(query)
    if event is None and by_number is not None:
        event = session.scalar(select(InboxEvent).where(by_number))
    if event is None:
        raise NotFoundError(f"收件匣沒有 {event_id} / there is no event {event_id} in the inbox")
    result = session.execute(
        update(InboxEvent)
        .where(InboxEvent.id == event.id, InboxEvent.state == EventState.PARKED)
        .values(state=EventState.STORED, reason="", detail="", decided_at=None)
        .returning(InboxEvent.id)
    )
    if result.first() is None:
        raise NotParkedError(
            f"{event_id} 不是 parked，無須重試"
            f" / event {event_id} is {event.state}, not parked; there is nothing to try again"
        )
    return event.id


def service_levels(session: Session, now: datetime) -> dict[str, float]:
    """How far the service is behind, for monitoring: counts and ages in seconds, all from small partial indexes."""
    waiting, oldest = session.execute(
        select(func.count(InboxEvent.id), func.min(InboxEvent.received_at)).where(InboxEvent.state == EventState.STORED)
    ).one()
    parked = session.scalar(select(func.count(InboxEvent.id)).where(InboxEvent.state == EventState.PARKED))
    replies = session.scalar(select(func.count(Reply.id)).where(Reply.state == MessageState.PENDING))
    forwards = session.scalar(select(func.count(Delivery.id)).where(Delivery.state == MessageState.PENDING))
    # Of LINE's: a tap in the LIFF app comes to us without it.
    is_lines = or_(InboxEvent.webhook_event_id.is_(None), ~InboxEvent.webhook_event_id.startswith(LIFF_PREFIX))
    newest = session.scalar(select(InboxEvent.received_at).where(is_lines).order_by(InboxEvent.id.desc()).limit(1))
    levels: dict[str, float] = {
        "inbox_undecided": waiting,
        "inbox_oldest_undecided_seconds": (now - oldest).total_seconds() if waiting else 0,
        "inbox_parked": parked or 0,
        "replies_pending": replies or 0,
        "forwards_pending": forwards or 0,
    }
    if newest is not None:
        levels["last_event_age_seconds"] = (now - newest).total_seconds()
    return levels
