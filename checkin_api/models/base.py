"""What all tables share: the declarative base, UTC times, closed sets of words."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    Integer,
    LargeBinary,
    MetaData,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase

from checkin_api.domain.ids import (
    AlarmKind,
    Assurance,
    BeaconKind,
    BuildState,
    CorrectionKind,
    CorrectionState,
    DeviceKind,
    Direction,
    EventState,
    HoursRule,
    MenuKind,
    MessageState,
    OutageSource,
    PhoneStep,
    PhoneSystem,
    PrivacyRequestKind,
    PrivacyRequestState,
    Proof,
    PunchSource,
    Reason,
    ReportForm,
    Role,
    RosterAction,
    RunState,
    Shown,
    SightingSource,
    Withheld,
    ZoneMode,
)

# Of a column of 64 bits, on both databases.
LARGEST_ID = (1 << 63) - 1


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
                AlarmKind,
                Assurance,
                BeaconKind,
                BuildState,
                CorrectionKind,
                CorrectionState,
                DeviceKind,
                Direction,
                EventState,
                HoursRule,
                MenuKind,
                MessageState,
                OutageSource,
                PhoneStep,
                PhoneSystem,
                PrivacyRequestKind,
                PrivacyRequestState,
                Proof,
                PunchSource,
                Reason,
                ReportForm,
                Role,
                RosterAction,
                RunState,
                Shown,
                SightingSource,
                Withheld,
                ZoneMode,
            )
        },
    }
