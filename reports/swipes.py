"""A period's punches as other systems see them: whose, where, at which local time, and what the rules make of each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from checkin_api import queries
from checkin_api.db import Database
from checkin_api.domain.ids import Direction, Disposition
from checkin_api.domain.pairing import pair_unrostered
from checkin_api.domain.shifts import REACH, Duty, local_day
from checkin_api.domain.windows import assign
from checkin_api.queries import Completeness, ExpectedDuty
from checkin_api.queries.clocked import ClockedPunch, clocked_punches


@dataclass(frozen=True, slots=True, kw_only=True)
class Swipe:
    """A punch that counts; ``at`` is what the clock at its place showed."""

    staff_no: str
    name: str
    at: datetime
    direction: Direction
    zone_code: str | None = None
    is_duplicate: bool = False
    has_duty: bool = True


@dataclass(frozen=True, slots=True)
class Swipes:
    """The punches of a period, and how far the data goes."""

    swipes: tuple[Swipe, ...]
    completeness: Completeness


def read_swipes(database: Database, first: date, last: date, zone: ZoneInfo, *, unit: str | None = None) -> Swipes:
    """The punches of local dates, both included, of all units, or of one and everything below it.

    Raises:
        NotFoundError: there is no unit with this code.
    """
    begin, end = local_day(first, zone)[0], local_day(last, zone)[1]
    # Duties around the period may take its punches, and the punches around those decide whose they are.
    around = first - REACH, last + REACH
    with database.read() as session:
        among = None if unit is None else queries.of_units(queries.units(session, unit))
        punches = list(
            clocked_punches(
                session,
                local_day(around[0] - REACH, zone)[0],
                local_day(around[1] + REACH, zone)[1],
                among=among,
            )
        )
        duties = list(queries.expected_duties(session, *around, zone, among=among))
        completeness = queries.completeness(session)
    return Swipes(tuple(each for each in judge(punches, duties, zone) if begin <= each.at < end), completeness)


def judge(punches: Iterable[ClockedPunch], duties: Iterable[ExpectedDuty], zone: ZoneInfo) -> Iterator[Swipe]:
    """Punches with what the attendance rules make of them: duplicates (rule 3), and those that belong to no duty."""
    of_officer: defaultdict[int, list[ClockedPunch]] = defaultdict(list)
    for punch in punches:
        of_officer[punch.officer_id].append(punch)
    duties_of: defaultdict[int, list[Duty]] = defaultdict(list)
    for expected in duties:
        duties_of[expected.officer_id].append(expected.duty)
    place = lru_cache(None)(ZoneInfo)
    for officer_id, own in of_officer.items():
        assignment = assign((punch.fact for punch in own), duties_of[officer_id])
        records = [there.punches for there in assignment.duties]
        records += [pair.punches for pair in pair_unrostered(assignment.unassigned)]
        duplicates = {
            punch.fact.key for record in records for punch in record if punch.disposition is Disposition.DUPLICATE
        }
        without_duty = {fact.key for fact in assignment.unassigned}
        for punch in own:
            yield Swipe(
                staff_no=punch.staff_no,
                name=punch.name,
                at=punch.fact.at.astimezone(place(punch.timezone) if punch.timezone else zone),
                direction=punch.fact.direction,
                zone_code=punch.zone_code,
                is_duplicate=punch.fact.key in duplicates,
                has_duty=punch.fact.key not in without_duty,
            )
