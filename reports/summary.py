"""A day's use of the system, counted: pure, from rows to numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from checkin_api.domain.ids import Direction, Disposition
from checkin_api.domain.shifts import Duty, local_day
from checkin_api.domain.windows import Assignment, PunchFact, assign
from checkin_api.queries import CheckupCount, Completeness, ExpectedDuty, OfficerPunch, RefusalCount, UnitRow

HOURS = range(24)

# How many officers of a unit on a duty date are ``expected``, and how many of them have ``checked_in``.
DayCounts = Counter[tuple[date, int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitUsage:
    """The officers of one unit, or of all units, on a duty date."""

    code: str
    name: str
    expected: int
    checked_in: int
    unrostered: int

    @property
    def rate(self) -> float | None:
        """Adoption; None where nobody was expected, which is not zero."""
        return self.checked_in / self.expected if self.expected else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HourUsage:
    """The counted punches of one local hour; a repeated hour at the end of daylight saving counts both times."""

    hour: int
    ins: int
    outs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyUsage:
    """A day's use, per unit, per hour, by reason of refusal, and what the phone doctor found."""

    day: str
    unit: str | None
    units: Sequence[UnitUsage]
    total: UnitUsage
    hours: Sequence[HourUsage]
    duplicates: int
    refusals: Sequence[RefusalCount]
    checkups: Sequence[CheckupCount]
    completeness: Completeness


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRows:
    """What the read side knows of a day and the days beside it."""

    units: Sequence[UnitRow]
    duties: Iterable[ExpectedDuty]
    punches: Iterable[OfficerPunch]
    refusals: Sequence[RefusalCount]
    checkups: Sequence[CheckupCount]
    completeness: Completeness


@dataclass(frozen=True, slots=True)
class OfficerRows:
    """The duties and the punches of officers around some days."""

    duties: Iterable[ExpectedDuty]
    punches: Iterable[OfficerPunch]


@dataclass(slots=True)
class _Officer:
    """One officer's duties and punches while they are gathered."""

    unit_id: int
    duties: list[Duty]
    punches: list[PunchFact]


def summarise(rows: DayRows, day: str, zone: ZoneInfo, *, unit: str | None) -> DailyUsage:
    """Count a day.

    An officer is expected with a duty of this duty date, and has checked in with at least one beacon-proved punch
    that belongs to such a duty. Unrostered are officers with a proved punch on the date that belongs to no duty.
    Source: attendance rules, "Adoption".
    """
    begin, end = local_day(datetime.fromisoformat(day).date(), zone)
    expected: Counter[int] = Counter()
    checked_in: Counter[int] = Counter()
    unrostered: Counter[int] = Counter()
    hours: Counter[tuple[int, Direction]] = Counter()
    duplicates = 0
    for officer in _officers(rows).values():
        assignment = assign(officer.punches, officer.duties)
        of_day = [there for there in assignment.duties if there.duty.duty_date.isoformat() == day]
        expected[officer.unit_id] += bool(of_day)
        checked_in[officer.unit_id] += any(punch.fact.proved for there in of_day for punch in there.punches)
        unrostered[officer.unit_id] += any(punch.proved and begin <= punch.at < end for punch in assignment.unassigned)
        for punch, counts in _punches(assignment):
            if begin <= punch.at < end:
                hours[punch.at.astimezone(zone).hour, punch.direction] += counts
                duplicates += not counts
    per_unit = [
        UnitUsage(
            code=row.code,
            name=row.name,
            expected=expected[row.id],
            checked_in=checked_in[row.id],
            unrostered=unrostered[row.id],
        )
        for row in rows.units
        if expected[row.id] or unrostered[row.id]
    ]
    return DailyUsage(
        day=day,
        unit=unit,
        units=per_unit,
        total=UnitUsage(
            code="",
            name="",
            expected=expected.total(),
            checked_in=checked_in.total(),
            unrostered=unrostered.total(),
        ),
        hours=[HourUsage(hour=h, ins=hours[h, Direction.IN], outs=hours[h, Direction.OUT]) for h in HOURS],
        duplicates=duplicates,
        refusals=rows.refusals,
        checkups=rows.checkups,
        completeness=rows.completeness,
    )


def adoption_by_day(rows: OfficerRows, days: Iterable[date]) -> DayCounts:
    """Who is expected and who has checked in on each of some duty dates, as `summarise` counts one."""
    counts: DayCounts = Counter()
    wanted = frozenset(days)
    for officer in _officers(rows).values():
        expected, checked_in = set(), set()
        for there in assign(officer.punches, officer.duties).duties:
            if there.duty.duty_date in wanted:
                expected.add(there.duty.duty_date)
                if any(punch.fact.proved for punch in there.punches):
                    checked_in.add(there.duty.duty_date)
        counts.update((day, officer.unit_id, "expected") for day in expected)
        counts.update((day, officer.unit_id, "checked_in") for day in checked_in)
    return counts


def _officers(rows: DayRows | OfficerRows) -> dict[int, _Officer]:
    officers: dict[int, _Officer] = {}
    for expected in rows.duties:
        officer = officers.setdefault(expected.officer_id, _Officer(expected.unit_id, [], []))
        officer.duties.append(expected.duty)
    for punch in rows.punches:
        officer = officers.setdefault(punch.officer_id, _Officer(punch.unit_id, [], []))
        officer.punches.append(punch.fact)
    return officers


def _punches(assignment: Assignment) -> Iterable[tuple[PunchFact, bool]]:
    """Every punch, and whether it counts."""
    for there in assignment.duties:
        for punch in there.punches:
            yield punch.fact, punch.disposition is Disposition.USED
    for fact in assignment.unassigned:
        yield fact, True
