"""How a day stands at a moment: who is expected, has come, is late, is missing, per unit with all below it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy.orm import Session

from checkin_api import queries
from checkin_api.domain.columns import MISSING, Bools, Ints, minutes_of
from checkin_api.domain.ids import Flag, Status
from checkin_api.domain.status import has, is_
from checkin_api.queries.attendance import OfficerBlock, Period, attendance
from checkin_api.queries.organisation import UnitRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Officers of a unit on a duty date; each is counted once, whatever the number of their duties.

    Attributes:
        expected: With a duty that is not wholly leave.
        arrived: Signed in to any of them.
        late: Of these, late for one.
        awaited: Not signed in to a duty that has begun and whose window is open.
        missing: With a duty that is over and lacks IN, OUT or both, although its zone could see.
        unproven: With a duty without a punch whose zone could not have seen anybody.
        on_leave: With a duty that is wholly leave.
    """

    expected: int = 0
    arrived: int = 0
    late: int = 0
    awaited: int = 0
    missing: int = 0
    unproven: int = 0
    on_leave: int = 0

    def __add__(self, other: "Standing") -> "Standing":
        return Standing(**{name: getattr(self, name) + getattr(other, name) for name in _COUNTS})


_COUNTS = tuple(each.name for each in fields(Standing))
NOTHING = Standing()


@dataclass(frozen=True, slots=True)
class UnitStanding:
    """A unit with all below it; ``depth`` is how far it is below the first of the list's units."""

    unit: UnitRow
    depth: int
    standing: Standing


def standing(
    session: Session, units: Sequence[UnitRow], day: date, *, now: datetime, zone: ZoneInfo
) -> list[UnitStanding]:
    """How a duty date stands at a moment, per unit in the order of the tree."""
    period = Period(first=day, last=day, as_of=now, zone=zone, of_month=False)
    own: dict[str, Standing] = {}
    for block in attendance(session, period, among=queries.of_units(units)):
        for code, counted in _per_unit(block, now):
            own[code] = own.get(code, NOTHING) + counted
    return _in_tree(units, own)


def _per_unit(block: OfficerBlock, now: datetime) -> Iterator[tuple[str, Standing]]:
    """The officers of a block, counted by the code of their unit."""
    c, of_day = block.attendance.columns, block.of_period & (block.attendance.columns.duty >= 0)
    on_leave = of_day & is_(c.status, Status.LEAVE)
    expected = of_day & ~on_leave
    came = expected & (c.sign_in != MISSING)
    begun = c.start <= minutes_of(now)
    holds = {
        "expected": expected,
        "arrived": came,
        "late": came & has(c.flags, Flag.LATE),
        "awaited": expected & ~came & begun & is_(c.status, Status.IN_PROGRESS),
        "missing": expected & is_(c.status, Status.ABSENT, Status.MISSING_IN, Status.MISSING_OUT),
        "unproven": expected & is_(c.status, Status.UNPROVEN),
        "on_leave": on_leave,
    }
    codes, unit_of = np.unique([officer.unit_code for officer in block.officers], return_inverse=True)
    counts = {name: _officers(c.officer, rows, unit_of, len(codes)) for name, rows in holds.items()}
    for number, code in enumerate(codes):
        yield str(code), Standing(**{name: int(of_units[number]) for name, of_units in counts.items()})


def _officers(officer: Ints, rows: Bools, unit_of: Ints, units: int) -> Ints:
    """How many officers of each unit have one of the rows."""
    return np.bincount(unit_of[np.unique(officer[rows])], minlength=units)


def _in_tree(units: Iterable[UnitRow], own: Mapping[str, Standing]) -> list[UnitStanding]:
    """Depth first; a unit's numbers are its own and all below it."""
    tree = queries.in_tree(units)
    totals = {unit.id: own.get(unit.code, NOTHING) for unit, _ in tree}
    # The deepest first, so that each is whole before it is added to the one above.
    for unit, _ in reversed(tree):
        if unit.parent_id in totals:
            totals[unit.parent_id] += totals[unit.id]
    return [UnitStanding(unit, depth, totals[unit.id]) for unit, depth in tree]
