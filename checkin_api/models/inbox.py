"""What arrived: LINE's events as they came, and webhook requests to pass on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.domain.ids import EventState, MessageState
from checkin_api.models.base import Base


class Delivery(Base):
    """A webhook request kept whole, body and signature, to be passed on; no state while its events are undecided."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index(
            "ix_delivery_pending",
            "next_attempt_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    body: Mapped[bytes]
    signature: Mapped[str] = mapped_column(String(64))
    state: Mapped[MessageState | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")


class InboxEvent(Base):
    """One LINE webhook event as it arrived, and what became of it."""

    __tablename__ = "inbox_event"
    __table_args__ = (
        Index(
            "ix_inbox_event_undecided",
            "id",
            sqlite_where=text("state = 'stored'"),
            postgresql_where=text("state = 'stored'"),
        ),
        Index(
            "ix_inbox_event_parked",
            "id",
            sqlite_where=text("state = 'parked'"),
            postgresql_where=text("state = 'parked'"),
        ),
        Index(
            "ix_inbox_event_delivery_id",
            "delivery_id",
            sqlite_where=text("delivery_id is not null"),
            postgresql_where=text("delivery_id is not null"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_event_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    received_at: Mapped[datetime]
    raw: Mapped[str] = mapped_column(Text)
    delivery_id: Mapped[UUID | None]
    state: Mapped[EventState] = mapped_column(default=EventState.STORED)
    reason: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[str] = mapped_column(String(400), default="")
    decided_at: Mapped[datetime | None]
