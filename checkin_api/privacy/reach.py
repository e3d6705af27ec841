"""Whose data of a kind is stored, of a period, zone and unit: whom a leak of it would concern."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, select, true
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api import queries
from checkin_api.domain.ids import Shown
from checkin_api.domain.shifts import DAY


@dataclass(frozen=True, slots=True)
class Kind:
    """Where a kind of data is; ``at`` None where it is not of a time, ``zone_id`` None where it is of no zone."""

    officer_id: Any
    at: Any = None
    zone_id: Any = None
    only: Any = None


_p, _s = m.Punch, m.Presence
# By the rows of the notice's table, as far as they are of officers and tell of which.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "person": Kind(m.Officer.id),
        "account": Kind(m.LineAccount.officer_id),
        "roster": Kind(m.RosterEntry.officer_id, m.RosterEntry.duty_date, m.RosterEntry.zone_id),
        "punches": Kind(_p.officer_id, _p.at, _p.zone_id),
        "proofs": Kind(_p.officer_id, _p.at, _p.zone_id, _p.presence_id.is_not(None)),
        "presences": Kind(_s.officer_id, _s.at, _s.zone_id),
        "position": Kind(_s.officer_id, _s.at, _s.zone_id, _s.shown == Shown.LOCATION),
        "refusals": Kind(m.Refusal.officer_id, m.Refusal.at, m.Refusal.zone_id),
        "corrections": Kind(m.Correction.officer_id, m.Correction.at, m.Correction.zone_id),
        "phone_check": Kind(m.PhoneCheckup.officer_id, m.PhoneCheckup.started_at),
        "devices": Kind(m.OfficerDevice.officer_id),
        "consents": Kind(m.NoticeAcceptance.officer_id, m.NoticeAcceptance.accepted_at),
        "requests": Kind(m.PrivacyRequest.officer_id, m.PrivacyRequest.requested_at),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """What came out: a kind of data, and of which days, zone and officers where it is of such.

    Attributes:
        kind: A key of ``KINDS``.
        first: The first day, where the kind is of a time.
        last: The last day, itself included.
        zone_code: Only of this zone, where the kind is of zones.
        among: Only of these officers, as a condition.
    """

    kind: str
    first: date
    last: date
    zone_code: str | None = None
    among: ColumnElement[bool] | None = None


@dataclass(frozen=True, slots=True)
class ConcernedOfficer:
    """An officer whose data is there."""

    staff_no: str
    name: str
    unit_code: str
    unit_name: str
    in_service: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """Some of the officers by unit and number, and how many there are in all."""

    officers: list[ConcernedOfficer]
    total: int


def reach(session: Session, leak: Leak, zone: ZoneInfo, today: date, *, skip: int, limit: int) -> Reach:  # noqa: PLR0913
    """Whom a leak would concern; who has left the service too, as long as the data is stored.

    Raises:
        NotFoundError: there is no such zone.
    """
    chosen = and_(true() if leak.among is None else leak.among, _stored(session, leak, zone))
    o = m.Officer
    rows = session.execute(
        select(o.staff_no, o.name, m.Unit.code, m.Unit.name, queries.active_on(today))
        .join(m.Unit, m.Unit.id == o.unit_id)
        .where(chosen)
        .order_by(m.Unit.code, o.staff_no)
        .offset(skip)
        .limit(limit)
    )
    total = session.scalar(select(func.count(o.id)).where(chosen)) or 0
    return Reach([ConcernedOfficer(*row) for row in rows], total)


def _stored(session: Session, leak: Leak, zone: ZoneInfo) -> ColumnElement[bool]:
    """That something of the kind is stored of an officer."""
    kind = KINDS[leak.kind]
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
    if leak.zone_code is not None and kind.zone_id is not None:
        conditions.append(kind.zone_id == queries.zone_id(session, leak.zone_code))
    return exists().where(*conditions)
