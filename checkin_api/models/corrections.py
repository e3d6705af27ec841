"""Corrections 補打卡: requests to add a punch or to void one, and what was decided."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.domain.ids import CorrectionKind, CorrectionState, Direction
from checkin_api.models.base import Base

_OPEN = "state in ('requested', 'endorsed')"


class Correction(Base):
    """A request and its decision.

    ``punch_id`` is the punch it added or voids; ``direction``, ``at`` and ``zone_id`` of a void are that punch's.
    People are kept by the names of ``domain.corrections.Actor``.
    """

    __tablename__ = "correction"
    __table_args__ = (
        CheckConstraint("kind = 'void' or direction <> 'auto'", name="add_has_direction"),
        CheckConstraint("kind = 'add' or punch_id is not null", name="void_says_which"),
        Index("ix_correction_officer_id_requested_at", "officer_id", "requested_at"),
        Index(
            "ix_correction_punch_id",
            "punch_id",
            sqlite_where=text("punch_id is not null"),
            postgresql_where=text("punch_id is not null"),
        ),
        Index("ix_correction_open", "requested_at", sqlite_where=text(_OPEN), postgresql_where=text(_OPEN)),
        Index(
            "uq_correction_open_add",
            "officer_id",
            "direction",
            "at",
            unique=True,
            sqlite_where=text(f"kind = 'add' and {_OPEN}"),
            postgresql_where=text(f"kind = 'add' and {_OPEN}"),
        ),
        Index(
            "uq_correction_open_void",
            "punch_id",
            unique=True,
            sqlite_where=text(f"kind = 'void' and {_OPEN}"),
            postgresql_where=text(f"kind = 'void' and {_OPEN}"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    kind: Mapped[CorrectionKind]
    direction: Mapped[Direction]
    at: Mapped[datetime]
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))
    punch_id: Mapped[UUID | None] = mapped_column(ForeignKey("punch.id"))
    reason: Mapped[str] = mapped_column(String(400))
    attachment: Mapped[bytes | None] = mapped_column(deferred=True)
    attachment_name: Mapped[str] = mapped_column(String(200), default="")
    requested_at: Mapped[datetime]
    requested_by: Mapped[str] = mapped_column(String(100))
    state: Mapped[CorrectionState]
    endorsed_by: Mapped[str] = mapped_column(String(100), default="")
    endorsed_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(100), default="")
    decided_at: Mapped[datetime | None]
    comment: Mapped[str] = mapped_column(String(400), default="")
    # Made for everyone whom an outage concerned; counts towards nobody's quota.
    outage_id: Mapped[int | None] = mapped_column(ForeignKey("outage.id"))


class PunchVoid(Base):
    """That a punch does not count any more; the punch itself stays as it was."""

    __tablename__ = "punch_void"
    punch_id: Mapped[UUID] = mapped_column(ForeignKey("punch.id"), primary_key=True)
    correction_id: Mapped[UUID] = mapped_column(ForeignKey("correction.id"), index=True)
    at: Mapped[datetime]
