"""Who and where: units, officers, shifts, the roster, sites, zones, beacons."""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.domain import shifts
from checkin_api.domain.ids import Assurance, BeaconKind, HoursRule, ZoneMode
from checkin_api.models.base import Base


class Unit(Base):
    """A node of the organisation tree 單位."""

    __tablename__ = "unit"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    # Whether a correction in this unit needs two approvers, one after the other.
    two_step_approval: Mapped[bool] = mapped_column(default=False, server_default=false())


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


class Supervisor(Base):
    """An officer who looks after a unit and all below it 主管; an ended one is kept."""

    __tablename__ = "supervisor"
    __table_args__ = (
        Index(
            "uq_supervisor_current",
            "officer_id",
            "unit_id",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    named_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


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


class ZoneFallback(Base):
    """What a zone takes where no beacon is heard; a zone without a row takes nothing."""

    __tablename__ = "zone_fallback"
    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id"), primary_key=True)
    # The secret of the rotating site code, sealed; and the hash of the secret in the address of the page that shows it.
    sealed_site_code: Mapped[bytes | None]
    screen_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    # How near the site a phone's position must be; None: positions are not taken.
    location_radius_m: Mapped[int | None]


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
