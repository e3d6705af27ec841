"""Builds of reports that were ordered, and who downloaded their files."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.domain.ids import BuildState, ReportForm
from checkin_api.models.base import Base

_OPEN = text("state in ('queued', 'running')")


class ReportBuild(Base):
    """One ordered report: what is wanted, how far it is, and its file once it is done.

    ``order_key`` is a digest of what is wanted: while one build of it is open, the same order is that build.
    """

    __tablename__ = "report_build"
    __table_args__ = (
        CheckConstraint("(state = 'done') = (file_name <> '')", name="file"),
        CheckConstraint("(state = 'running') = (lease_until is not null)", name="lease"),
        Index("uq_report_build_open", "order_key", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_report_build_open", "next_try_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_report_build_ordered_at", "ordered_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(64))
    form: Mapped[ReportForm]
    first: Mapped[date]
    last: Mapped[date]
    unit: Mapped[str | None] = mapped_column(String(64))
    officer: Mapped[str | None] = mapped_column(String(64))
    options: Mapped[dict[str, Any]]
    ordered_by: Mapped[str] = mapped_column(String(100))
    ordered_at: Mapped[datetime]
    state: Mapped[BuildState] = mapped_column(default=BuildState.QUEUED)
    next_try_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str] = mapped_column(String(64), default="")
    lease_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(400), default="")
    file_name: Mapped[str] = mapped_column(String(255), default="")
    size_bytes: Mapped[int | None]
    row_count: Mapped[int | None]
    sha256: Mapped[str] = mapped_column(String(64), default="")


class ReportDownload(Base):
    """That somebody took the file of a build, or one that was made at once and is kept nowhere."""

    __tablename__ = "report_download"
    __table_args__ = (
        CheckConstraint("(build_id is null) = (kind is not null)", name="made"),
        Index("ix_report_download_build_id", "build_id"),
        Index("ix_report_download_at", "at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    build_id: Mapped[UUID | None] = mapped_column(ForeignKey("report_build.id"))
    by: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]
    address: Mapped[str | None] = mapped_column(String(64))
    # Of a file that was made at once; a build says it itself.
    kind: Mapped[str | None] = mapped_column(String(64))
    file_name: Mapped[str | None] = mapped_column(String(255))
    row_count: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
