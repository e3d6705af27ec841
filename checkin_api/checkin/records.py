"""What a batch of rulings leaves behind, gathered and written with one statement per table."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, exists, insert, select, update
from sqlalchemy.orm import Session

from checkin_api import enrolment, reminders
from checkin_api import models as m
from checkin_api.domain.ids import EventState, LineUserId, MessageState
from checkin_api.fleet import alarms, health

# A reply token is good for a minute after LINE sent the event, for a redelivered one never beyond 20 minutes after the
# event itself (Messaging API reference, "Reply message"); some seconds are left for the call.
REPLY_WITHIN = timedelta(seconds=50)
REPLY_REDELIVERED_WITHIN = timedelta(minutes=20)
# Another service of the official account is given this long to come back.
FORWARD_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Stored:
    """An inbox event that waits to be decided."""

    id: int
    raw: str
    received_at: datetime
    delivery_id: UUID | None


@dataclass(frozen=True, slots=True)
class Ruled:
    """What became of one inbox event."""

    state: EventState
    reason: str = ""
    detail: str = ""
    is_foreign: bool = False


@dataclass(slots=True)
class Records:
    """Rows to write, and what became of each event."""

    rows: dict[type[m.Base], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    granted_later: list[dict[str, Any]] = field(default_factory=list)
    heard: dict[int, health.Heard] = field(default_factory=dict)
    raised: list[alarms.Raised] = field(default_factory=list)
    friends: list[tuple[LineUserId, bool]] = field(default_factory=list)
    wishes: list[tuple[int, datetime, bool]] = field(default_factory=list)
    ruled: list[tuple[Stored, Ruled]] = field(default_factory=list)

    def add(self, table: type[m.Base], **row: Any) -> None:
        """A row to insert."""
        self.rows[table].append(row)

    def grant_later(self, refusal_id: UUID, punch_id: UUID) -> None:
        """A refused tap turned out to be a punch after all."""
        self.granted_later.append({"refusal": refusal_id, "punch": punch_id})

    def write(self, session: Session, now: datetime, *, forwards: bool) -> None:
        """Insert and update everything, parents first; the caller commits."""
        connection = session.connection()
        for table in (m.Presence, m.Punch, m.Refusal, m.Reply):
            if self.rows[table]:
                connection.execute(insert(table.__table__), self.rows[table])  # type: ignore[arg-type]  # a Table
        if self.granted_later:
            refusal: Any = m.Refusal.__table__
            connection.execute(
                update(refusal).where(refusal.c.id == bindparam("refusal")).values(punch_id=bindparam("punch")),
                self.granted_later,
            )
        health.record(session, self.heard)
        alarms.raise_all(session, self.raised)
        for user_id, is_friend in self.friends:
            enrolment.set_friend(session, now, user_id, is_friend=is_friend)
        for officer_id, at, wanted in self.wishes:
            reminders.set_wanted(session, at, officer_id, wanted=wanted)
        self._close_events(session, now)
        if forwards:
            self._release_deliveries(session, now)

    def _close_events(self, session: Session, now: datetime) -> None:
        # Most events of a batch end alike: a statement for each outcome costs far less than one for each event.
        alike: dict[tuple[EventState, str, str], list[int]] = defaultdict(list)
        for stored, ruled in self.ruled:
            alike[ruled.state, ruled.reason, ruled.detail[:400]].append(stored.id)
        for (state, reason, detail), ids in alike.items():
            session.connection().execute(
                update(m.InboxEvent)
                .where(m.InboxEvent.id.in_(ids))
                .values(state=state, reason=reason, detail=detail, decided_at=now)
            )

    def _release_deliveries(self, session: Session, now: datetime) -> None:
        """Pass on the requests with an event that is not ours; forget those whose events are all ours."""
        touched = {stored.delivery_id for stored, _ in self.ruled if stored.delivery_id}
        foreign = {stored.delivery_id for stored, ruled in self.ruled if stored.delivery_id and ruled.is_foreign}
        session.execute(
            update(m.Delivery)
            .where(m.Delivery.id.in_(foreign), m.Delivery.state.is_(None))
            .values(state=MessageState.PENDING, next_attempt_at=now, expires_at=now + FORWARD_WITHIN)
        )
        undecided = exists(
            select(m.InboxEvent.id).where(
                m.InboxEvent.delivery_id == m.Delivery.id, m.InboxEvent.state == EventState.STORED
            )
        )
        session.execute(
            delete(m.Delivery)
            .where(m.Delivery.id.in_(touched), m.Delivery.state.is_(None), ~undecided)
            .execution_options(synchronize_session=False)
        )
