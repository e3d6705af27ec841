"""The facts about a period and its officers, from the database as columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
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
from checkin_api.queries.columns import Packed, Texts, bits, fetch, read
from checkin_api.queries.roster import calendar

# The duties beside those of the period decide where its punches belong.
_MARGIN = REACH + DAY
_ASSURANCES = list(Assurance)
# Bits for ids that are given while a question is being answered: 32 times as many as there are.
_ROOM = 5


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
        of_month: Whether limits of the month are looked at; who needs no such flags has fewer facts to read.
    """

    first: date
    last: date
    as_of: datetime
    zone: ZoneInfo
    limits: DutyLimits = field(default_factory=DutyLimits)
    months_before: int = 0
    of_month: bool = True


@dataclass(frozen=True, slots=True)
class Department:
    """What all officers share: shifts, zones, outages, the calendar."""

    shifts: Sequence[Shift]
    shift_ids: Ints
    zones: Sequence[ZoneRow]
    outages: Sequence[Outage]
    overrides: dict[date, bool]

    @property
    def roster_packed(self) -> Packed:
        """Officer, shift and zone of a roster entry as one number."""
        return Packed((bits(self.shift_ids) + _ROOM, bits(_ids(self.zones)) + _ROOM))

    @property
    def punch_packed(self) -> Packed:
        """Officer, zone, direction, assurance of a punch, and whether it is a correction, as one number."""
        return Packed((bits(_ids(self.zones)) + _ROOM, 2, 2, 1))


def _from_month(period: Period) -> date:
    """Limits of the month count from its first day."""
    if not period.of_month:
        return period.first - _MARGIN
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


@dataclass(frozen=True, slots=True)
class Answers:
    """What the database says about some officers, not looked at yet."""

    roster: Texts
    punches: Texts
    voids: Texts
    leave: Sequence[Any]


def ask(session: Session, officers: Sequence[OfficerRow], department: Department, period: Period) -> Answers:
    """Ask for all about these officers, and what lies around the period."""
    ids = [officer.id for officer in officers]
    begin, end = _instants(period)
    entry, p, leave = m.RosterEntry, m.Punch, m.Leave
    roster = select(
        entry.duty_date,
        department.roster_packed.column(entry.officer_id, entry.shift_id, func.coalesce(entry.zone_id, 0)),
    ).where(entry.officer_id.in_(ids), entry.duty_date.between(_from_month(period), period.last + _MARGIN))
    punches = select(
        p.at,
        department.punch_packed.column(
            p.officer_id,
            func.coalesce(p.zone_id, 0),
            case({value: number for number, value in enumerate(DIRECTIONS)}, value=p.direction),
            case({value: number for number, value in enumerate(_ASSURANCES)}, value=p.assurance),
            case((p.source == PunchSource.CORRECTION, 1), else_=0),
        ),
    )
    # Voids are few, and found by the corrections that made them: a join to all punches would look each of them up.
    made = and_(m.Correction.punch_id == p.id, m.Correction.kind == CorrectionKind.VOID)
    voids = punches.join(m.Correction, made).join(m.PunchVoid, m.PunchVoid.correction_id == m.Correction.id)
    return Answers(
        roster=fetch(session, roster),
        punches=fetch(session, punches.where(p.officer_id.in_(ids), p.at.between(begin, end))),
        voids=fetch(session, voids.where(m.Correction.officer_id.in_(ids))),
        leave=session.execute(
            select(leave.officer_id, leave.begin, leave.end, leave.kind).where(
                leave.officer_id.in_(ids), leave.begin < end, leave.end > begin
            )
        ).all(),
    )


def facts_of(answers: Answers, officers: Sequence[OfficerRow], department: Department, period: Period) -> Facts:
    """The facts about these officers, out of the answers about them."""
    zones = [zone.timezone for zone in department.zones]
    position = {officer.id: number for number, officer in enumerate(officers)}
    return Facts(
        duties=roster_duties(_roster(answers, officers, department, period), department.shifts, zones),
        punches=_punches(answers, officers, department),
        zones=zones,
        leave=[Leave(officer=position[id_], begin=b, end=e, kind=kind) for id_, b, e, kind in answers.leave],
        outages=department.outages,
        limits=period.limits,
    )


def _ids(rows: Sequence[OfficerRow] | Sequence[ZoneRow]) -> Ints:
    return np.array([row.id for row in rows], np.int64)


def _roster(answers: Answers, officers: Sequence[OfficerRow], department: Department, period: Period) -> Ints:
    """Rows of officer, duty date, shift, zone by position: the roster, and default shifts on working days (rule 12)."""
    day, packed = read(answers.roster)
    officer, shift, zone = department.roster_packed.split(packed)
    rows = np.column_stack(
        (
            _positions(officer, _ids(officers)),
            day,
            _positions(shift, department.shift_ids),
            _zone_positions(zone, _ids(department.zones)),
        )
    )
    rows = rows[(rows[:, 0] >= 0) & (rows[:, 2] >= 0)]
    begins = np.array([(each.active_from or date.min).toordinal() for each in officers], np.int64)
    ends = np.array([(each.active_to or date.max).toordinal() for each in officers], np.int64)
    # An officer is expected only in service (rule 15).
    rows = rows[(begins[rows[:, 0]] <= rows[:, 1]) & (rows[:, 1] <= ends[rows[:, 0]])]
    dates = _from_month(period), period.last + _MARGIN
    return np.concatenate((rows, _default_shifts(rows, officers, department, dates)))


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
        (number, day.toordinal(), positions[officer.default_shift_id or 0], -1)
        for number, officer in office
        if officer.default_shift_id in positions
        for day in working
        if (officer.active_from or day) <= day <= (officer.active_to or day) and (number, day.toordinal()) not in taken
    ]
    return np.array(rows, np.int64).reshape(-1, 4)


def _punches(answers: Answers, officers: Sequence[OfficerRow], department: Department) -> PunchColumns:
    rows = np.column_stack(read(answers.punches))
    at, packed = rows.T
    officer, zone, direction, assurance, is_corrected = department.punch_packed.split(packed)
    zones = _zone_positions(zone, _ids(department.zones))
    required = np.array([each.required for each in department.zones], np.int64)[zones]
    return punch_columns(
        officer=_positions(officer, _ids(officers)),
        at=at,
        direction=direction,
        zone=zones,
        corrected=is_corrected == 1,
        weak=(assurance < required) & (is_corrected == 0),
        voided=_among(rows, np.column_stack(read(answers.voids))),
    )


def _among(rows: Ints, some: Ints) -> Bools:
    """Marks as many of the rows as there are in ``some``; rows equal in everything are as good as each other."""
    marked = np.zeros(len(rows), bool)
    for row in some:
        [equal] = np.nonzero(~marked & (rows == row).all(axis=1))
        marked[equal[:1]] = True
    return marked


def _positions(values: Ints, ids: Ints) -> Ints:
    """Where each value is in ``ids``, which are distinct; -1 for one that is not, stored since they were read."""
    order = np.argsort(ids)
    found = order[np.minimum(np.searchsorted(ids[order], values), len(ids) - 1)]
    return np.where(ids[found] == values, found, -1) if len(ids) else np.full(len(values), -1)


def _zone_positions(values: Ints, ids: Ints) -> Ints:
    """The same for zones; the last one, for none, has position -1."""
    found = _positions(values, ids)
    return np.where(found == len(ids) - 1, -1, found)
