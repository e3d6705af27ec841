"""Data protection: who accepted which version of the notice, and what officers ask about their own data."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.domain.ids import PrivacyRequestKind, PrivacyRequestState
from checkin_api.models.base import Base


class NoticeAcceptance(Base):
    """That an officer accepted a version of the notice. Rows are only ever added."""

    __tablename__ = "notice_acceptance"
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True, autoincrement=False)
    version: Mapped[str] = mapped_column(String(32), primary_key=True)
    accepted_at: Mapped[datetime]


class PrivacyRequest(Base):
    """What an officer asks about the own data, and HR's answer."""

    __tablename__ = "privacy_request"
    __table_args__ = (
        CheckConstraint("(state = 'answered') = (answered_at is not null)", name="answered"),
        Index("ix_privacy_request_officer_id_requested_at", "officer_id", "requested_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    kind: Mapped[PrivacyRequestKind]
    text: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime]
    state: Mapped[PrivacyRequestState] = mapped_column(default=PrivacyRequestState.OPEN)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[str] = mapped_column(String(100), default="")
    answered_at: Mapped[datetime | None]
