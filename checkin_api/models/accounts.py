"""Accounts: which LINE account belongs to whom, how an officer proves it; who may use the API or a feed by a token."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.domain.ids import Role
from checkin_api.models.base import Base


class LineAccount(Base):
    """The binding of one LINE account to one officer; an ended binding is kept."""

    __tablename__ = "line_account"
    __table_args__ = (
        Index(
            "uq_line_account_current_user",
            "line_user_id",
            unique=True,
            sqlite_where=text("unbound_at is null"),
            postgresql_where=text("unbound_at is null"),
        ),
        Index(
            "uq_line_account_current_officer",
            "officer_id",
            unique=True,
            sqlite_where=text("unbound_at is null"),
            postgresql_where=text("unbound_at is null"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    line_user_id: Mapped[str] = mapped_column(String(64))
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    bound_at: Mapped[datetime]
    unbound_at: Mapped[datetime | None]
    is_friend: Mapped[bool] = mapped_column(default=True)


class EnrolmentCode(Base):
    """A one-time code that HR hands to an officer; only its keyed hash is stored."""

    __tablename__ = "enrolment_code"
    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries_left: Mapped[int]
    closed_at: Mapped[datetime | None]


class EnrolmentTry(Base):
    """One failed try to enrol by one LINE account, for the hourly limit."""

    __tablename__ = "enrolment_try"
    __table_args__ = (Index("ix_enrolment_try_line_user_id_at", "line_user_id", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    line_user_id: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class ApiToken(Base):
    """A bearer token for the API; only its hash is stored."""

    __tablename__ = "api_token"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[Role]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class CalendarFeed(Base):
    """The secret address of an officer's own duties as a calendar, one at a time; only the token's hash is stored."""

    __tablename__ = "calendar_feed"
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True, autoincrement=False)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    # The local date only: a calendar reads every hour, and when exactly is nobody's business.
    last_read_on: Mapped[date | None]
