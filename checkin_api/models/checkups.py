"""Live tests of officers' phones: whether they hear a beacon, and what helped."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.domain.ids import PhoneStep, PhoneSystem
from checkin_api.models.base import Base


class PhoneCheckup(Base):
    """One live test of an officer's phone in the phone doctor 手機檢查."""

    __tablename__ = "phone_checkup"
    __table_args__ = (
        Index("ix_phone_checkup_started_at", "started_at"),
        Index("ix_phone_checkup_officer_id_started_at", "officer_id", "started_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    system: Mapped[PhoneSystem]
    line_version: Mapped[str] = mapped_column(String(32), default="")
    started_at: Mapped[datetime]
    # The last step that was tried; None if the beacon was heard before any.
    step: Mapped[PhoneStep | None]
    heard_at: Mapped[datetime | None]
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))
    ended_at: Mapped[datetime | None]
