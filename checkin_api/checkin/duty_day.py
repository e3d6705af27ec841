"""An officer's duties as HR looks at them: a month of records, or one duty date with all that speaks for its record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from checkin_api import queries
from checkin_api.domain.columns import MICROSECONDS, instant
from checkin_api.domain.duty_law import DutyLimits
from checkin_api.domain.ids import Direction, Disposition
from checkin_api.domain.records import DutyRecord
from checkin_api.domain.shifts import local_day
from checkin_api.domain.totals import Totals
from checkin_api.queries import evidence
from checkin_api.queries.attendance import OfficerBlock, Period, attendance, month_totals
from checkin_api.queries.corrections import CorrectionRow
from checkin_api.queries.coverage import OutageRow, outages
from checkin_api.queries.evidence import PresenceFound, PunchFound
from checkin_api.queries.people import OfficerSeen

# Phones report a beacon every some seconds; who looks at one day needs no more of it.
PRESENCES_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyShown:
    """A duty record; ``opens`` and ``closes`` of its window are None where there was no duty."""

    record: DutyRecord
    shift_name: str
    zone_code: str
    opens: datetime | None
    closes: datetime | None


@dataclass(frozen=True, slots=True)
class OfficerMonth:
    """The records of a month, and their totals."""

    duties: Sequence[DutyShown]
    totals: Totals


@dataclass(frozen=True, slots=True)
class DutyProved:
    """A duty of the date with its punches, each with what it counts for, and the outages of its zone in its window."""

    shown: DutyShown
    zone: str
    punches: Sequence[tuple[PunchFound, Disposition]]
    outages: Sequence[OutageRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyDay:
    """A duty date; ``elsewhere`` are punches of the calendar day that belong to the duty of another date."""

    duties: Sequence[DutyProved]
    elsewhere: Sequence[PunchFound]
    presences: Sequence[PresenceFound]
    presence_count: int
    corrections: Sequence[CorrectionRow]


def officer_month(  # noqa: PLR0913 (whose, which, by which clock, zone and limits)
    session: Session,
    officer: OfficerSeen,
    first: date,
    last: date,
    *,
    now: datetime,
    zone: ZoneInfo,
    limits: DutyLimits,
) -> OfficerMonth:
    """An officer's records of some dates as they stand now."""
    period = Period(first=first, last=last, as_of=now, zone=zone, limits=limits)
    [block] = attendance(session, period, among=queries.of_officers([officer.id]))
    [row] = month_totals([block])
    return OfficerMonth(list(_shown(block, queries.shift_names(session))), row.totals)


def duty_day(  # noqa: PLR0913 (likewise)
    session: Session, officer: OfficerSeen, day: date, *, now: datetime, zone: ZoneInfo, limits: DutyLimits
) -> DutyDay:
    """One duty date of an officer with its evidence."""
    duties = officer_month(session, officer, day, day, now=now, zone=zone, limits=limits).duties
    begin, end = _around(duties, local_day(day, zone))
    punches = evidence.punches_found(session, officer.id, begin, end)
    blind = outages(session, begin, until=end)
    names = queries.zone_names(session)
    left = _by_moment(punches)
    proved = [
        DutyProved(duty, names.get(duty.zone_code, ""), list(_punches_of(duty.record, left)), _blind(duty, blind))
        for duty in duties
    ]
    midnight, next_midnight = local_day(day, zone)
    presences, count = evidence.presences_found(session, officer.id, begin, end, limit=PRESENCES_SHOWN)
    return DutyDay(
        duties=proved,
        elsewhere=[punch for same in left.values() for punch in same if midnight <= punch.at < next_midnight],
        presences=presences,
        presence_count=count,
        corrections=evidence.corrections_about(session, officer.id, begin, end),
    )


def _shown(block: OfficerBlock, names: Mapping[str, str]) -> Iterator[DutyShown]:
    chosen, facts = block.of_period, block.attendance.facts
    duties = block.attendance.columns.duty[block.attendance.order(chosen)].tolist()
    for record, duty in zip(block.attendance.records(chosen), duties, strict=True):
        opens, closes = (
            (None if duty < 0 else instant(int(minutes[duty]) * MICROSECONDS))
            for minutes in (facts.duties.opens, facts.duties.closes)
        )
        yield DutyShown(
            record=record,
            shift_name=names.get(record.shift_code or "", ""),
            zone_code=block.zones[record.zone].code,
            opens=opens,
            closes=closes,
        )


def _around(duties: Sequence[DutyShown], calendar_day: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    """The calendar day and whatever of its duties lies outside it, to the end of the last punch's second."""
    punched = [punch.at for duty in duties for punch in duty.record.punches]
    begins = [calendar_day[0], *punched, *(duty.opens for duty in duties if duty.opens)]
    ends = [calendar_day[1], *(at + timedelta(seconds=1) for at in punched), *(d.closes for d in duties if d.closes)]
    return min(begins), max(ends)


def _by_moment(punches: Sequence[PunchFound]) -> dict[tuple[datetime, Direction], list[PunchFound]]:
    """Punches by all that a record knows of them; of equal ones the void ones last, as records count them."""
    found: dict[tuple[datetime, Direction], list[PunchFound]] = {}
    for punch in sorted(punches, key=lambda each: each.voided_at is not None):
        found.setdefault((punch.at, punch.direction), []).append(punch)
    return dict(sorted(found.items()))


def _punches_of(
    record: DutyRecord, left: dict[tuple[datetime, Direction], list[PunchFound]]
) -> Iterator[tuple[PunchFound, Disposition]]:
    """The punches of a record, taken from those that are left."""
    for punch in record.punches:
        same = left.get((punch.at, punch.direction), [])
        if same:
            yield same.pop(0), punch.disposition


def _blind(duty: DutyShown, found: Sequence[OutageRow]) -> list[OutageRow]:
    if duty.opens is None or duty.closes is None:
        return []
    return [
        outage
        for outage in found
        if outage.zone_code in (None, duty.zone_code)
        and outage.begin <= duty.closes
        and (outage.end is None or outage.end > duty.opens)
    ]
