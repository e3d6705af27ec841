"""Runs of scheduled jobs."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.domain.ids import RunState
from checkin_api.models.base import Base


class JobRun(Base):
    """One run of a scheduled job for one period; the unique key is the claim."""

    __tablename__ = "job_run"
    __table_args__ = (UniqueConstraint("job", "period"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(64))
    period: Mapped[str] = mapped_column(String(32))
    state: Mapped[RunState]
    claimed_by: Mapped[str] = mapped_column(String(64))
    claimed_at: Mapped[datetime]
    lease_until: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=1)
    finished_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")
