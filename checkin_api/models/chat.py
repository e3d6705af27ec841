"""The chat besides its replies: rich menus and whose phone must be told of them, reminders and who wants them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.domain.ids import MenuKind, MessageState, Withheld
from checkin_api.models.base import Base


class RichMenu(Base):
    """A rich menu that LINE has of us, under the ID that LINE gave it; ``digest`` tells what is in it."""

    __tablename__ = "rich_menu"
    kind: Mapped[MenuKind] = mapped_column(primary_key=True)
    line_menu_id: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]


class MenuLink(Base):
    """A LINE account that was bound or released: LINE must be told which menu it has now. Forgotten once told."""

    __tablename__ = "menu_link"
    __table_args__ = (
        Index(
            "ix_menu_link_pending",
            "next_attempt_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    line_user_id: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[MessageState] = mapped_column(default=MessageState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")


class ReminderWish(Base):
    """Whether an officer wants to be reminded of a missing OUT; who never said so does not."""

    __tablename__ = "reminder_wish"
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    is_wanted: Mapped[bool]
    said_at: Mapped[datetime]


class Reminder(Base):
    """A duty of which its officer was reminded, once; the key is the push's retry key at LINE.

    No state where it was not even tried; ``withheld`` tells why, also of the one with which LINE's limit was found out.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("officer_id", "duty_start"),
        Index("ix_reminder_created_at", "created_at"),
        Index(
            "ix_reminder_pending",
            "next_attempt_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    duty_start: Mapped[datetime]
    messages: Mapped[list[dict[str, Any]]]
    withheld: Mapped[Withheld | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[MessageState | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")
