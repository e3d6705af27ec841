"""Who may use the console: accounts, and the sessions that are open."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.domain.ids import Role
from checkin_api.models.base import Base


class ConsoleUser(Base):
    """An account of the console; ``officer_id`` is the officer behind it, who may not decide on their own record."""

    __tablename__ = "console_user"
    __table_args__ = (
        CheckConstraint("username = lower(username)", name="username_lower"),
        CheckConstraint("(role = 'supervisor') = (unit_id is not null)", name="unit_of_supervisor"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[Role]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change: Mapped[bool]
    # Sealed: whoever reads the database alone cannot make codes.
    sealed_totp: Mapped[bytes | None]
    totp_confirmed_at: Mapped[datetime | None]
    # A code counts once: the step of the last one that was taken.
    totp_step: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    made_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class ConsoleSession(Base):
    """A session of the console; only the hash of its token is stored."""

    __tablename__ = "console_session"
    __table_args__ = (
        Index(
            "ix_console_session_open",
            "user_id",
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("console_user.id"))
    # What every form must bring along: another site cannot know it.
    form_key: Mapped[str] = mapped_column(String(64))
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    # Whether the second step of signing in is done, or none is asked for.
    complete: Mapped[bool]
    ended_at: Mapped[datetime | None]
