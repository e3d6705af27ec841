"""The facts about a period and its officers, from the database as columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.calendar import is_working_day
from checkin_api.domain.columns import DIRECTIONS, Bools, Ints, PunchColumns, punch_columns
from checkin_api.domain.duty_law import DutyLimits
from checkin_api.domain.gathering import roster_duties
from checkin_api.domain.ids import Assurance, CorrectionKind, PunchSource
from checkin_api.domain.leave import Leave
from checkin_api.domain.outages import Outage
from checkin_api.domain.records import Facts
from checkin_api.domain.shifts import DAY, REACH, Shift
from checkin_api.queries.columns import Packed, arrays, bits
from checkin_api.queries.roster import active_on, calendar

# The duties beside those of the period decide where its punches belong.
_MARGIN = REACH + DAY
_ASSURANCES = list(Assurance)


@dataclass(frozen=True, slots=True)
class OfficerRow:
    """An officer of a question."""

    id: int
    staff_no: str
    name: str
    unit_code: str
    default_shift_id: int | None
    active_from: date | None
    active_to: date | None


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """A zone of a question."""

    id: int
    code: str
    timezone: ZoneInfo
    required: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Duty dates, both included, looked at from a moment.

    Attributes:
        first: The first duty date.
        last: The last duty date.
        as_of: The moment.
        zone: Where duties without a site are.
        limits: What the law allows.
        months_before: Whole months of facts besides; the limit of three months needs two.
    """

    first: date
    last: date
    as_of: datetime
    zone: ZoneInfo
    limits: DutyLimits = field(default_factory=DutyLimits)
    months_before: int = 0


@dataclass(frozen=True, slots=True)
class Department:
    """What all officers share: shifts, zones, outages, the calendar."""

    shifts: Sequence[Shift]
    shift_ids: Ints
    zones: Sequence[ZoneRow]
    outages: Sequence[Outage]
    overrides: dict[date, bool]


def _from_month(period: Period) -> date:
    """Limits of the month count from its first day."""
    begin = period.first.replace(day=1)
    for _ in range(period.months_before):
        begin = (begin - DAY).replace(day=1)
    return min(begin, period.first - _MARGIN)


def facts_days(period: Period) -> int:
    """How many days the facts of a period reach over."""
    return (period.last - _from_month(period)).days + 1


def officers_of(session: Session, among: ColumnElement[bool]) -> list[OfficerRow]:
    """The officers that fulfil a condition, by staff number."""
    o = m.Officer
    rows = session.execute(
        select(o.id, o.staff_no, o.name, m.Unit.code, o.default_shift_id, o.active_from, o.active_to)
        .join(m.Unit, m.Unit.id == o.unit_id)
        .where(among)
        .order_by(o.staff_no)
    )
    return [OfficerRow(*row) for row in rows]


def department_of(session: Session, period: Period) -> Department:
    """What all officers share in a period."""
    shifts = session.scalars(select(m.Shift).order_by(m.Shift.id)).all()
    rows = session.execute(
        select(m.Zone.id, m.Zone.code, m.Site.timezone, m.Zone.required_assurance)
        .join(m.Site, m.Site.id == m.Zone.site_id)
        .order_by(m.Zone.id)
    )
    zones = [ZoneRow(id_, code, ZoneInfo(name), _ASSURANCES.index(required)) for id_, code, name, required in rows]
    # The last one stands for no zone: it has position -1 and asks for nothing.
    zones.append(ZoneRow(0, "", period.zone, 0))
    begin, end = _instants(period)
    o = m.Outage
    outages = session.execute(
        select(o.zone_id, o.begin, o.end, o.reason).where(
            o.begin <= end, or_(o.end.is_(None), o.end >= begin), o.dismissed_at.is_(None)
        )
    )
    positions = {zone.id: position for position, zone in enumerate(zones)}
    return Department(
        shifts=[shift.pattern() for shift in shifts],
        shift_ids=np.array([shift.id for shift in shifts], np.int64),
        zones=zones,
        outages=[
            Outage(zone=None if zone_id is None else positions[zone_id], begin=begins, end=ends, reason=reason)
            for zone_id, begins, ends, reason in outages
        ],
        overrides=calendar(session, _from_month(period), period.last + _MARGIN),
    )


def _instants(period: Period) -> tuple[datetime, datetime]:
    """Everything that may matter for the period lies between these."""
    begin = datetime.combine(_from_month(period) - _MARGIN, time(), UTC)
    return begin, datetime.combine(period.last + 2 * _MARGIN, time(), UTC)


def facts_of(session: Session, officers: Sequence[OfficerRow], department: Department, period: Period) -> Facts:
    """The facts about these officers, with what lies around the period."""
    ids = np.array([officer.id for officer in officers], np.int64)
    zones = [zone.timezone for zone in department.zones]
    begin, end = _instants(period)
    leave = session.execute(
        select(m.Leave.officer_id, m.Leave.begin, m.Leave.end, m.Leave.kind).where(
            m.Leave.officer_id.in_(ids.tolist()), m.Leave.begin < end, m.Leave.end > begin
        )
    )
    position = {officer.id: number for number, officer in enumerate(officers)}
    return Facts(
        duties=roster_duties(_roster(session, officers, department, period), department.shifts, zones),
        punches=_punches(session, ids, department, (begin, end)),
        zones=zones,
        leave=[Leave(officer=position[id_], begin=b, end=e, kind=kind) for id_, b, e, kind in leave],
        outages=department.outages,
        limits=period.limits,
    )


def _roster(session: Session, officers: Sequence[OfficerRow], department: Department, period: Period) -> Ints:
    """Rows of officer, duty date, shift, zone by position: the roster, and default shifts on working days (rule 12)."""
    ids = np.array([officer.id for officer in officers], np.int64)
    first, last = _from_month(period), period.last + _MARGIN
    entry = m.RosterEntry
    zone_ids = np.array([each.id for each in department.zones], np.int64)
    packed = Packed((bits(department.shift_ids), bits(zone_ids)))
    day, others = arrays(
        session,
        select(entry.duty_date, packed.column(entry.officer_id, entry.shift_id, func.coalesce(entry.zone_id, 0)))
        .join(m.Officer, m.Officer.id == entry.officer_id)
        .where(entry.officer_id.in_(ids.tolist()), entry.duty_date.between(first, last), active_on(entry.duty_date)),
    )
    officer, shift, zone = packed.split(others)
    rows = np.column_stack(
        (_positions(officer, ids), day, _positions(shift, department.shift_ids), _zone_positions(zone, zone_ids))
    )
    return np.concatenate((rows, _default_shifts(rows, officers, department, (first, last))))


def _default_shifts(
    rostered: Ints, officers: Sequence[OfficerRow], department: Department, dates: tuple[date, date]
) -> Ints:
    first, last = dates
    days = [first + DAY * number for number in range((last - first).days + 1)]
    office = [(number, officer) for number, officer in enumerate(officers) if officer.default_shift_id is not None]
    if not office:
        return np.empty((0, 4), np.int64)
    working = [day for day in days if is_working_day(day, department.overrides)]
    taken = set(zip(rostered[:, 0].tolist(), rostered[:, 1].tolist(), strict=True))
    positions = {int(id_): position for position, id_ in enumerate(department.shift_ids)}
    rows = [
        (number, day.toordinal(), positions[officer.default_shift_id], -1)
        for number, officer in office
        if officer.default_shift_id is not None
        for day in working
        if (officer.active_from or day) <= day <= (officer.active_to or day) and (number, day.toordinal()) not in taken
    ]
    return np.array(rows, np.int64).reshape(-1, 4)


def _punches(session: Session, ids: Ints, department: Department, interval: tuple[datetime, datetime]) -> PunchColumns:
    p = m.Punch
    direction = case({value: number for number, value in enumerate(DIRECTIONS)}, value=p.direction)
    assurance = case({value: number for number, value in enumerate(_ASSURANCES)}, value=p.assurance)
    corrected = case((p.source == PunchSource.CORRECTION, 1), else_=0)
    zone_ids = np.array([each.id for each in department.zones], np.int64)
    packed = Packed((bits(zone_ids), 2, 2, 1))
    query = select(p.at, packed.column(p.officer_id, func.coalesce(p.zone_id, 0), direction, assurance, corrected))
    whose = ids.tolist()
    rows = np.column_stack(arrays(session, query.where(p.officer_id.in_(whose), p.at.between(*interval))))
    # Voids are few, and found by the corrections that made them: a join to all punches would look each of them up.
    made = and_(m.Correction.punch_id == p.id, m.Correction.kind == CorrectionKind.VOID)
    voids = query.join(m.Correction, made).join(m.PunchVoid, m.PunchVoid.correction_id == m.Correction.id)
    voided = np.column_stack(arrays(session, voids.where(m.Correction.officer_id.in_(whose))))
    at, others = rows.T
    officer, zone, directions, assurances, is_corrected = packed.split(others)
    zones = _zone_positions(zone, zone_ids)
    required = np.array([each.required for each in department.zones], np.int64)[zones]
    return punch_columns(
        officer=_positions(officer, ids),
        at=at,
        direction=directions,
        zone=zones,
        corrected=is_corrected == 1,
        weak=(assurances < required) & (is_corrected == 0),
        voided=_among(rows, voided),
    )


def _among(rows: Ints, some: Ints) -> Bools:
    """Marks as many of the rows as there are in ``some``; rows equal in everything are as good as each other."""
    marked = np.zeros(len(rows), bool)
    for row in some:
        [equal] = np.nonzero(~marked & (rows == row).all(axis=1))
        marked[equal[:1]] = True
    return marked


def _positions(values: Ints, ids: Ints) -> Ints:
    """Where each value is in ``ids``, which are distinct and hold them all."""
    order = np.argsort(ids)
    found: Ints = order[np.searchsorted(ids[order], values)]
    return found


def _zone_positions(values: Ints, ids: Ints) -> Ints:
    """The same for zones; the last one, for none, has position -1."""
    found = _positions(values, ids)
    return np.where(found == len(ids) - 1, -1, found)
