"""What was decided: presences, punches, refusals, and the replies to send."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.domain.ids import Assurance, Direction, MessageState, Proof, PunchSource, Reason, Shown
from checkin_api.models.base import Base


class Presence(Base):
    """Evidence that an officer was in a zone at a time 在場."""

    __tablename__ = "presence"
    __table_args__ = (
        Index("ix_presence_officer_id_at", "officer_id", "at"),
        Index("ix_presence_zone_id_at", "zone_id", "at"),
        Index(
            "ix_presence_device_id",
            "device_id",
            sqlite_where=text("device_id is not null"),
            postgresql_where=text("device_id is not null"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id"))
    beacon_id: Mapped[int | None] = mapped_column(ForeignKey("beacon.id"))
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    assurance: Mapped[Assurance]
    device_message: Mapped[str] = mapped_column(String(32), default="")
    # What the device message turned out to be; None of a certified LINE Beacon, which LINE itself checks.
    proof: Mapped[Proof | None]
    inbox_event_id: Mapped[int | None] = mapped_column(ForeignKey("inbox_event.id"), unique=True)
    # Of a presence that an agent told: which one, and what it heard.
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("officer_device.id"))
    rssi_dbm: Mapped[float | None]
    # Of what an officer showed where no beacon was heard; of a position only how far off and how vague it was.
    shown: Mapped[Shown | None]
    distance_m: Mapped[int | None]
    accuracy_m: Mapped[int | None]


class Punch(Base):
    """An officer's 簽到 or 簽退 with its evidence; never edited."""

    __tablename__ = "punch"
    __table_args__ = (
        # All that attendance reads of a punch: an officer's year is neighbours in the index, and scattered else.
        Index("ix_punch_officer_id_at", "officer_id", "at", "direction", "zone_id", "assurance", "source"),
        Index("ix_punch_at", "at"),
        Index(
            "ix_punch_presence_id",
            "presence_id",
            sqlite_where=text("presence_id is not null"),
            postgresql_where=text("presence_id is not null"),
        ),
        Index(
            "ix_punch_handset",
            "handset",
            "officer_id",
            sqlite_where=text("handset <> ''"),
            postgresql_where=text("handset <> ''"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    direction: Mapped[Direction]
    at: Mapped[datetime]
    tapped_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    source: Mapped[PunchSource]
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))
    presence_id: Mapped[UUID | None] = mapped_column(ForeignKey("presence.id"))
    assurance: Mapped[Assurance]
    request_id: Mapped[str] = mapped_column(String(64), unique=True)
    # Whether the same officer was sensed so far away so shortly before that one of the two places is wrong.
    impossible_travel: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Which phone's page it was tapped in: a keyed hash of the number that the page keeps; empty of the chat.
    handset: Mapped[str] = mapped_column(String(32), default="", server_default="")


class Refusal(Base):
    """Something asked for and refused, with its reason; ``punch_id`` tells that it was granted later after all."""

    __tablename__ = "refusal"
    __table_args__ = (
        Index("ix_refusal_at", "at"),
        Index("ix_refusal_officer_id_at", "officer_id", "at"),
        Index(
            "ix_refusal_punch_id",
            "punch_id",
            sqlite_where=text("punch_id is not null"),
            postgresql_where=text("punch_id is not null"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    reason: Mapped[Reason]
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))
    hwid: Mapped[str] = mapped_column(String(64), default="")
    direction: Mapped[Direction | None]
    request_id: Mapped[str] = mapped_column(String(64), unique=True)
    punch_id: Mapped[UUID | None] = mapped_column(ForeignKey("punch.id"))
    handset: Mapped[str] = mapped_column(String(32), default="", server_default="")


class Reply(Base):
    """A reply to one event, to be sent while its token lives (one use, about a minute)."""

    __tablename__ = "reply"
    __table_args__ = (
        Index(
            "ix_reply_pending",
            "next_attempt_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    inbox_event_id: Mapped[int] = mapped_column(ForeignKey("inbox_event.id"), unique=True)
    reply_token: Mapped[str] = mapped_column(String(64))
    messages: Mapped[list[dict[str, Any]]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[MessageState] = mapped_column(default=MessageState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")
