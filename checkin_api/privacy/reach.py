"""Whose data of a kind is stored, of a period, zone and unit: whom a leak of it would concern."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api import queries
from checkin_api.domain.ids import Shown
from checkin_api.domain.shifts import DAY


@dataclass(frozen=True, slots=True)
class Kind:
    """Where a kind of data is; ``at`` None where it is not of a time, ``zone_id`` None where it is of no zone.

    ``since`` is when a row came that is of no time.
    """

    officer_id: Any
    at: Any = None
    zone_id: Any = None
    only: Any = None
    since: Any = None


_p, _s = m.Punch, m.Presence
# By the rows of the notice's table, as far as they are of officers and tell of which.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "person": Kind(m.Officer.id),
        "account": Kind(m.LineAccount.officer_id, since=m.LineAccount.bound_at),
        "roster": Kind(m.RosterEntry.officer_id, m.RosterEntry.duty_date, m.RosterEntry.zone_id),
        "punches": Kind(_p.officer_id, _p.at, _p.zone_id),
        "proofs": Kind(_p.officer_id, _p.at, _p.zone_id, _p.presence_id.is_not(None)),
        "presences": Kind(_s.officer_id, _s.at, _s.zone_id),
        "position": Kind(_s.officer_id, _s.at, _s.zone_id, _s.shown == Shown.LOCATION),
        "refusals": Kind(m.Refusal.officer_id, m.Refusal.at, m.Refusal.zone_id),
        "corrections": Kind(m.Correction.officer_id, m.Correction.at, m.Correction.zone_id),
        "phone_check": Kind(m.PhoneCheckup.officer_id, m.PhoneCheckup.started_at),
        "devices": Kind(m.OfficerDevice.officer_id, since=m.OfficerDevice.enrolled_at),
        "consents": Kind(m.NoticeAcceptance.officer_id, m.NoticeAcceptance.accepted_at),
        "requests": Kind(m.PrivacyRequest.officer_id, m.PrivacyRequest.requested_at),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """What came out: kinds of data, and of which days, zone and unit where they are of such.

    Attributes:
        kinds: Keys of ``KINDS``, at least one.
        first: The first day, where a kind is of a time.
        last: The last day, itself included.
        zone_code: Only of this zone, where a kind is of zones.
        unit: Only of officers of this unit and all below it.
        known: Only what was there at that moment.
    """

    kinds: tuple[str, ...]
    first: date
    last: date
    zone_code: str | None = None
    unit: str | None = None
    known: "Known | None" = None

    def as_json(self) -> dict[str, Any]:
        """What is asked, for the audit log."""
        return {
            "kinds": list(self.kinds),
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "zone": self.zone_code,
            "unit": self.unit,
        }


@dataclass(frozen=True, slots=True)
class Known:
    """A moment, and the newest officer there was."""

    at: datetime
    newest_officer: int


@dataclass(frozen=True, slots=True)
class ConcernedOfficer:
    """An officer whose data is there, and of which kinds."""

    staff_no: str
    name: str
    unit_code: str
    unit_name: str
    in_service: bool
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """Some of the officers by unit and number, and how many there are in all."""

    officers: list[ConcernedOfficer]
    total: int


def reach(  # noqa: PLR0913 (what, by which days, which of them)
    session: Session, leak: Leak, zone: ZoneInfo, today: date, *, skip: int = 0, limit: int | None = None
) -> Reach:
    """Whom a leak would concern; who has left the service too, as long as the data is stored.

    Raises:
        NotFoundError: there is no such zone or unit.
    """
    among = queries.among(session, leak.unit, None)
    stored = {kind: _stored(session, leak, KINDS[kind], zone) for kind in leak.kinds}
    o = m.Officer
    chosen = and_(true() if among is None else among, or_(*stored.values()))
    if leak.known is not None:
        chosen = and_(chosen, o.id <= leak.known.newest_officer)
    rows = session.execute(
        select(o.staff_no, o.name, m.Unit.code, m.Unit.name, queries.active_on(today), *stored.values())
        .join(m.Unit, m.Unit.id == o.unit_id)
        .where(chosen)
        .order_by(m.Unit.code, o.staff_no)
        .offset(skip)
        .limit(limit)
    )
    officers = [
        ConcernedOfficer(*row[:5], tuple(kind for kind, found in zip(stored, row[5:], strict=True) if found))
        for row in rows
    ]
    total = len(officers) if limit is None else session.scalar(select(func.count(o.id)).where(chosen)) or 0
    return Reach(officers, total)


def _stored(session: Session, leak: Leak, kind: Kind, zone: ZoneInfo) -> ColumnElement[bool]:
    """That something of the kind is stored of an officer."""
    if kind.officer_id is m.Officer.id:
        return true()
    conditions = [kind.officer_id == m.Officer.id]
    if kind.only is not None:
        conditions.append(kind.only)
    if kind.at is m.RosterEntry.duty_date:
        conditions.append(kind.at.between(leak.first, leak.last))
    elif kind.at is not None:
        begin = datetime.combine(leak.first, time(), zone)
        conditions += [kind.at >= begin, kind.at < datetime.combine(leak.last + DAY, time(), zone)]
    if leak.known is not None and (came := _came(kind)) is not None:
        conditions.append(came <= leak.known.at)
    if leak.zone_code is not None and kind.zone_id is not None:
        conditions.append(kind.zone_id == queries.zone_id(session, leak.zone_code))
    return exists().where(*conditions)


def _came(kind: Kind) -> Any:
    """When a row came; a roster is imported for days to come, and does not say when."""
    return kind.since if kind.at is None or kind.at is m.RosterEntry.duty_date else kind.at
