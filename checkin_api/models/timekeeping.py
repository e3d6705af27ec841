"""What attendance is judged by besides the roster: leave, the government's calendar, outages, changes of the roster."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.domain.ids import OutageSource, RosterAction
from checkin_api.models.base import Base


class Leave(Base):
    """Approved leave 請假, the end not included."""

    __tablename__ = "leave"
    __table_args__ = (
        CheckConstraint('"begin" < "end"', name="interval"),
        UniqueConstraint("officer_id", "begin"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    begin: Mapped[datetime]
    end: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(64), default="")


class CalendarDay(Base):
    """What the government's calendar 行政機關辦公日曆 says of a date."""

    __tablename__ = "calendar_day"
    day: Mapped[date] = mapped_column(primary_key=True)
    is_working: Mapped[bool]
    note: Mapped[str] = mapped_column(String(200), default="")


class Outage(Base):
    """A time at which a zone could not have seen anybody; no zone means all of them, no end that it lasts.

    One that is dismissed counts no more, and is not derived again.
    """

    __tablename__ = "outage"
    __table_args__ = (
        CheckConstraint('"end" is null or "begin" < "end"', name="interval"),
        Index("ix_outage_end", "end"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))
    begin: Mapped[datetime]
    end: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(400), default="")
    source: Mapped[OutageSource]
    entered_at: Mapped[datetime]
    dismissed_at: Mapped[datetime | None]


class RosterChange(Base):
    """One change of the roster, kept when the entry itself is changed or gone."""

    __tablename__ = "roster_change"
    __table_args__ = (Index("ix_roster_change_officer_id_duty_date", "officer_id", "duty_date"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[RosterAction]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    duty_date: Mapped[date]
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"))
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))
    was_zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))
