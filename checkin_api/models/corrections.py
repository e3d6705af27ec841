"""Corrections 補打卡: requests to add a punch or to void one, and what was decided."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.domain.ids import CorrectionKind, CorrectionState, Direction
from checkin_api.models.base import Base


class Correction(Base):
    """A request and its decision; ``punch_id`` is the punch it added or voids."""

    __tablename__ = "correction"
    __table_args__ = (
        CheckConstraint("kind = 'void' or (direction is not null and at is not null)", name="add_says_what"),
        CheckConstraint("kind = 'add' or punch_id is not null", name="void_says_which"),
        Index("ix_correction_officer_id_requested_at", "officer_id", "requested_at"),
        Index(
            "ix_correction_open",
            "requested_at",
            sqlite_where=text("state in ('requested', 'endorsed')"),
            postgresql_where=text("state in ('requested', 'endorsed')"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    kind: Mapped[CorrectionKind]
    direction: Mapped[Direction | None]
    at: Mapped[datetime | None]
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))
    punch_id: Mapped[UUID | None] = mapped_column(ForeignKey("punch.id"))
    reason: Mapped[str] = mapped_column(String(400))
    attachment: Mapped[bytes | None]
    attachment_name: Mapped[str] = mapped_column(String(200), default="")
    requested_at: Mapped[datetime]
    requested_by: Mapped[str] = mapped_column(String(100))
    state: Mapped[CorrectionState]
    endorsed_by: Mapped[str] = mapped_column(String(100), default="")
    endorsed_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(100), default="")
    decided_at: Mapped[datetime | None]
    comment: Mapped[str] = mapped_column(String(400), default="")


class PunchVoid(Base):
    """That a punch does not count any more; the punch itself stays as it was."""

    __tablename__ = "punch_void"
    punch_id: Mapped[UUID] = mapped_column(ForeignKey("punch.id"), primary_key=True)
    correction_id: Mapped[UUID] = mapped_column(ForeignKey("correction.id"))
    at: Mapped[datetime]
