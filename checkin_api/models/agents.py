"""The agents on the walls, what they have sent, and the badges and phones that they know officers by."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.domain.ids import DeviceKind
from checkin_api.models.base import Base


class Agent(Base):
    """A Raspberry Pi that listens in a zone; ``public_key`` is None until its one-time code was used."""

    __tablename__ = "agent"
    __table_args__ = (
        Index(
            "uq_agent_name",
            "name",
            unique=True,
            sqlite_where=text("revoked_at is null"),
            postgresql_where=text("revoked_at is null"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id"))
    key_id: Mapped[str] = mapped_column(String(40), unique=True)
    public_key: Mapped[bytes | None]
    code_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    code_expires_at: Mapped[datetime | None]
    made_at: Mapped[datetime]
    enrolled_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    # As it came, after the schema has looked at it.
    heartbeat: Mapped[dict[str, Any] | None]


class AgentNonce(Base):
    """A signed request that was seen; it is refused when it comes again while its signature would still be taken."""

    __tablename__ = "agent_nonce"
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


class AgentBatch(Base):
    """A batch that was taken; the same one again changes nothing."""

    __tablename__ = "agent_batch"
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    items: Mapped[int]


class OfficerDevice(Base):
    """A badge, or a phone or watch by its identity resolving key, that an officer agreed to be known by on site.

    Agents know it by ``public_id`` alone; the key of a phone is encrypted here.
    """

    __tablename__ = "officer_device"
    __table_args__ = (CheckConstraint("(badge is null) <> (sealed_irk is null)", name="one_identity"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), index=True)
    kind: Mapped[DeviceKind]
    # uuid/major/minor of the iBeacon that a badge sends.
    badge: Mapped[str | None] = mapped_column(String(64), unique=True)
    sealed_irk: Mapped[bytes | None]
    label: Mapped[str] = mapped_column(String(100), default="")
    # When the officer agreed, and who wrote that down.
    consented_at: Mapped[datetime]
    enrolled_at: Mapped[datetime]
    enrolled_by: Mapped[str] = mapped_column(String(100))
    retired_at: Mapped[datetime | None]
