"""What is known of the beacons besides where they hang: keys, clocks, who heard them on site, alarms."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.domain.ids import AlarmKind, Proof, SightingSource
from checkin_api.models.base import Base


class BeaconKey(Base):
    """A key of a rolling beacon, encrypted; of several the highest number is the newest."""

    __tablename__ = "beacon_key"
    __table_args__ = (UniqueConstraint("beacon_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    beacon_id: Mapped[int] = mapped_column(ForeignKey("beacon.id"))
    number: Mapped[int]
    sealed: Mapped[bytes]
    made_at: Mapped[datetime]
    retires_at: Mapped[datetime | None]


class BeaconHealth(Base):
    """What a beacon last said of itself; ``synced_at`` is when somebody trusted last set what its clock is judged by.

    For the meaning of the clock's columns see ``domain.proof.BeaconClock``.
    """

    __tablename__ = "beacon_health"
    __table_args__ = (CheckConstraint("battery is null or battery between 0 and 11", name="battery"),)
    beacon_id: Mapped[int] = mapped_column(ForeignKey("beacon.id"), primary_key=True)
    heard_at: Mapped[datetime | None]
    synced_at: Mapped[datetime]
    lag_s: Mapped[float]
    lag_at: Mapped[datetime]
    last_step: Mapped[int | None]
    last_at: Mapped[datetime | None]
    battery: Mapped[int | None]
    resumed: Mapped[bool] = mapped_column(default=False, server_default=false())


class BeaconSighting(Base):
    """That somebody on site heard a beacon: an agent, or an installer who verified it."""

    __tablename__ = "beacon_sighting"
    __table_args__ = (Index("ix_beacon_sighting_beacon_id_at", "beacon_id", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    beacon_id: Mapped[int] = mapped_column(ForeignKey("beacon.id"))
    at: Mapped[datetime]
    source: Mapped[SightingSource]
    told_by: Mapped[str] = mapped_column(String(100))
    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id"))
    proof: Mapped[Proof | None]
    lag_s: Mapped[float | None]
    rssi_dbm: Mapped[float | None]
    interval_ms: Mapped[float | None]


class BeaconAlarm(Base):
    """Something wrong with a beacon: open until somebody has looked, counted while it goes on, with its evidence."""

    __tablename__ = "beacon_alarm"
    __table_args__ = (
        Index(
            "uq_beacon_alarm_open",
            "beacon_id",
            "kind",
            unique=True,
            sqlite_where=text("closed_at is null"),
            postgresql_where=text("closed_at is null"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    beacon_id: Mapped[int] = mapped_column(ForeignKey("beacon.id"))
    kind: Mapped[AlarmKind]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    count: Mapped[int]
    # The newest some, as ``fleet.alarms.Evidence`` writes them.
    evidence: Mapped[list[dict[str, Any]]]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(String(100), default="", server_default="")
    comment: Mapped[str] = mapped_column(String(400), default="", server_default="")
