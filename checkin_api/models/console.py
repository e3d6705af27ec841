"""Who may use the console: accounts, what they sign in with, the sessions that are open, and wrong passwords."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
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
    # What a passkey was asked to sign in this session; taken once.
    challenge: Mapped[bytes | None]
    challenged_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ConsoleAgencyIdentity(Base):
    """That an account signs in with the agency's provider (OpenID Connect) and has no password.

    ``name`` is what the provider must call the person at the first sign-in; from then on only ``issuer`` and
    ``subject`` count, which the provider never gives to anybody else.
    """

    __tablename__ = "console_agency_identity"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        CheckConstraint("(issuer is null) = (subject is null)", name="both"),
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("console_user.id"), primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(255), unique=True)
    issuer: Mapped[str | None] = mapped_column(String(255))
    # Source: OpenID Connect Core 1.0, section 2: at most 255 ASCII characters.
    subject: Mapped[str | None] = mapped_column(String(255))
    bound_at: Mapped[datetime | None]


class ConsolePasskey(Base):
    """A passkey of an account: its public key, and how often its device says it was used."""

    __tablename__ = "console_passkey"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("console_user.id"), index=True)
    # Source: WebAuthn Level 3, section 4, "Credential ID": at most 1023 bytes.
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int]
    name: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ConsoleLock(Base):
    """Wrong passwords for a name that was typed, whether or not there is such an account: see ``accounts.locks``."""

    __tablename__ = "console_lock"
    # Not the name: one of a fixed number of places that names share, so that the table cannot be filled.
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    failures: Mapped[int]
    failed_at: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime | None]
