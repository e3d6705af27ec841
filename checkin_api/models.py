"""The tables: SQLAlchemy 2 typed models and the constraints that defend the invariants."""

from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from checkin_api.domain import shifts
from checkin_api.domain.ids import (
    Assurance,
    BeaconKind,
    Direction,
    EventState,
    HoursRule,
    MessageState,
    PunchSource,
    Reason,
    RunState,
    ZoneMode,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored as UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the driver: SQLite keeps naive UTC text, PostgreSQL a timestamptz."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """From the driver: always aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _words(kind: type[StrEnum]) -> Enum:
    """A closed set of words as text with a CHECK constraint, the same on both databases."""
    return Enum(
        kind,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=True,
        length=32,
        name=kind.__name__.lower(),
    )


class Base(DeclarativeBase):
    """The declarative base; the naming convention keeps constraint names equal in every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger().with_variant(Integer, "sqlite"),
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        list[dict[str, Any]]: JSON(),
        bytes: LargeBinary(),
        **{
            kind: _words(kind)
            for kind in (
                Assurance,
                BeaconKind,
                Direction,
                EventState,
                HoursRule,
                MessageState,
                PunchSource,
                Reason,
                RunState,
                ZoneMode,
            )
        },
    }


# --- who and where -------------------------------------------------------------------------------------------------


class Unit(Base):
    """A node of the organisation tree 單位."""

    __tablename__ = "unit"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)


class Shift(Base):
    """A duty pattern 班別; see ``domain.shifts.Shift`` for the meaning of each column."""

    __tablename__ = "shift"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    start: Mapped[time]
    end: Mapped[time]
    break_minutes: Mapped[int] = mapped_column(default=0)
    late_grace_minutes: Mapped[int] = mapped_column(default=0)
    early_grace_minutes: Mapped[int] = mapped_column(default=0)
    opens_before_minutes: Mapped[int] = mapped_column(default=120)
    closes_after_minutes: Mapped[int] = mapped_column(default=240)
    hours_rule: Mapped[HoursRule] = mapped_column(default=HoursRule.FIRST_LAST)
    half_day_below_minutes: Mapped[int] = mapped_column(default=0)
    absent_below_minutes: Mapped[int] = mapped_column(default=0)

    def pattern(self) -> shifts.Shift:
        """The same as a value for the rules."""
        return shifts.Shift(**{name: getattr(self, name) for name in shifts.Shift.__dataclass_fields__})


class Officer(Base):
    """A member of staff 員警, known by staff number (text: leading zeros count)."""

    __tablename__ = "officer"
    __table_args__ = (CheckConstraint("active_to is null or active_from <= active_to", name="active_interval"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_no: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    title: Mapped[str] = mapped_column(String(200), default="")
    default_shift_id: Mapped[int | None] = mapped_column(ForeignKey("shift.id"))
    active_from: Mapped[date | None]
    active_to: Mapped[date | None]


class Site(Base):
    """A building 地點."""

    __tablename__ = "site"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(400), default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    timezone: Mapped[str] = mapped_column(String(64))


class Zone(Base):
    """A check-in area 簽到區 of a site, with what it asks of a punch."""

    __tablename__ = "zone"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    mode: Mapped[ZoneMode] = mapped_column(default=ZoneMode.CONFIRM)
    required_assurance: Mapped[Assurance] = mapped_column(default=Assurance.MEDIUM)
    enforced: Mapped[bool] = mapped_column(default=False)
    presence_ttl_s: Mapped[int] = mapped_column(default=300)


class Beacon(Base):
    """A LINE Beacon on a wall, known by its hardware ID (10 lower-case hex digits)."""

    __tablename__ = "beacon"
    __table_args__ = (CheckConstraint("length(hwid) = 10 and hwid = lower(hwid)", name="hwid"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    hwid: Mapped[str] = mapped_column(String(10), unique=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id"), index=True)
    kind: Mapped[BeaconKind]
    label: Mapped[str] = mapped_column(String(200), default="")
    retired_at: Mapped[datetime | None]


class RosterEntry(Base):
    """One duty 勤務: officer, duty date, shift; several a day are allowed."""

    __tablename__ = "roster_entry"
    __table_args__ = (UniqueConstraint("officer_id", "duty_date", "shift_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    duty_date: Mapped[date] = mapped_column(index=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"))
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))


# --- LINE accounts -------------------------------------------------------------------------------------------------


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


# --- the inbox -----------------------------------------------------------------------------------------------------


class Delivery(Base):
    """A webhook request kept whole, body and signature, to be passed on; no state while its events are undecided."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index(
            "ix_delivery_pending",
            "next_attempt_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    body: Mapped[bytes]
    signature: Mapped[str] = mapped_column(String(64))
    state: Mapped[MessageState | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")


class InboxEvent(Base):
    """One LINE webhook event as it arrived, and what became of it."""

    __tablename__ = "inbox_event"
    __table_args__ = (
        Index(
            "ix_inbox_event_undecided",
            "id",
            sqlite_where=text("state = 'stored'"),
            postgresql_where=text("state = 'stored'"),
        ),
        Index(
            "ix_inbox_event_parked",
            "id",
            sqlite_where=text("state = 'parked'"),
            postgresql_where=text("state = 'parked'"),
        ),
        Index(
            "ix_inbox_event_delivery_id",
            "delivery_id",
            sqlite_where=text("delivery_id is not null"),
            postgresql_where=text("delivery_id is not null"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_event_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    received_at: Mapped[datetime]
    raw: Mapped[str] = mapped_column(Text)
    delivery_id: Mapped[UUID | None]
    state: Mapped[EventState] = mapped_column(default=EventState.STORED)
    reason: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[str] = mapped_column(String(400), default="")
    decided_at: Mapped[datetime | None]


# --- what was decided ----------------------------------------------------------------------------------------------


class Presence(Base):
    """Evidence that an officer was in a zone at a time 在場."""

    __tablename__ = "presence"
    __table_args__ = (Index("ix_presence_officer_id_at", "officer_id", "at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id"))
    beacon_id: Mapped[int | None] = mapped_column(ForeignKey("beacon.id"))
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    assurance: Mapped[Assurance]
    device_message: Mapped[str] = mapped_column(String(32), default="")
    inbox_event_id: Mapped[int | None] = mapped_column(ForeignKey("inbox_event.id"), unique=True)


class Punch(Base):
    """An officer's 簽到 or 簽退 with its evidence; never edited."""

    __tablename__ = "punch"
    __table_args__ = (
        Index("ix_punch_officer_id_at", "officer_id", "at"),
        Index("ix_punch_at", "at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    direction: Mapped[Direction]
    at: Mapped[datetime]
    tapped_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    source: Mapped[PunchSource]
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))
    presence_id: Mapped[UUID | None] = mapped_column(ForeignKey("presence.id"))
    assurance: Mapped[Assurance]
    request_id: Mapped[str] = mapped_column(String(64), unique=True)


class Refusal(Base):
    """Something asked for and refused, with its reason; ``punch_id`` tells that it was granted later after all."""

    __tablename__ = "refusal"
    __table_args__ = (Index("ix_refusal_at", "at"), Index("ix_refusal_officer_id_at", "officer_id", "at"))
    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    reason: Mapped[Reason]
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))
    hwid: Mapped[str] = mapped_column(String(64), default="")
    direction: Mapped[Direction | None]
    request_id: Mapped[str] = mapped_column(String(64), unique=True)
    punch_id: Mapped[UUID | None] = mapped_column(ForeignKey("punch.id"))


class Reply(Base):
    """A reply to one event, to be sent while its token lives (one use, about a minute)."""

    __tablename__ = "reply"
    __table_args__ = (
        Index(
            "ix_reply_pending",
            "next_attempt_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    inbox_event_id: Mapped[int] = mapped_column(ForeignKey("inbox_event.id"), unique=True)
    reply_token: Mapped[str] = mapped_column(String(64))
    messages: Mapped[list[dict[str, Any]]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[MessageState] = mapped_column(default=MessageState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")


# --- jobs ----------------------------------------------------------------------------------------------------------


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
