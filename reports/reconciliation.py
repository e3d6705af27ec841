"""Reconciliation: the roster, our punches and another register side by side, and only what differs; pure."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from checkin_api.domain.ids import Direction, Status
from checkin_api.domain.shifts import Duty
from checkin_api.domain.windows import PunchFact, assign
from reports.swipes import Swipe

# Lines or punches of one officer that are not the same event, however near: two hours is how early a window opens.
FARTHEST = timedelta(minutes=120)
# Nobody passes a gate more often in a year; a register that says so would take very long to compare.
MOST_LINES = 5_000

# A duty that is over, without a punch and without leave.
_MISSED = frozenset({Status.ABSENT, Status.UNPROVEN})


class DifferenceKind(StrEnum):
    """What differs, in the order of the report's counts."""

    REGISTER_ONLY = "register_only"
    OURS_ONLY = "ours_only"
    TIME_DIFFERS = "time_differs"
    PUNCH_WITHOUT_DUTY = "punch_without_duty"
    DUTY_WITHOUT_EITHER = "duty_without_either"
    UNKNOWN_OFFICER = "unknown_officer"


DIFFERENCE: dict[DifferenceKind, tuple[str, str]] = {
    DifferenceKind.REGISTER_ONLY: ("登記簿有、本系統沒有", "In the register, no punch of ours"),
    DifferenceKind.OURS_ONLY: ("本系統有、登記簿沒有", "A punch of ours, not in the register"),
    DifferenceKind.TIME_DIFFERS: ("兩邊時間不同", "The times differ"),
    DifferenceKind.PUNCH_WITHOUT_DUTY: ("有打卡、沒有勤務", "A punch without a duty"),
    DifferenceKind.DUTY_WITHOUT_EITHER: ("有勤務、兩邊都沒有紀錄", "A duty, and neither has anything"),
    DifferenceKind.UNKNOWN_OFFICER: ("登記簿的員警編號不存在", "The register's staff number is unknown"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterLine:
    """One line of the other register 出入登記簿."""

    staff_no: str
    at: datetime
    direction: Direction
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RosteredDuty:
    """A duty of an officer, and what our records say of it."""

    staff_no: str
    duty: Duty
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What is compared; of lines and punches around the period only those of the period are reported.

    Attributes:
        begin: Where the period begins.
        end: Where it ends, not included.
        register: The other register, whatever its period.
        punches: Ours, from ``FARTHEST`` before the period to as much after it.
        duties: The duties of the period.
        elsewhere: Staff numbers that are known and not asked for.
        officers: Staff numbers that are asked for.
    """

    begin: datetime
    end: datetime
    register: Sequence[RegisterLine]
    punches: Sequence[Swipe]
    duties: Sequence[RosteredDuty]
    officers: Collection[str]
    elsewhere: Collection[str] = ()

    def covers(self, at: datetime) -> bool:
        """Whether an instant is in the period."""
        return self.begin <= at < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that differs, with the line, the punch or the duty that it is about."""

    kind: DifferenceKind
    staff_no: str
    line: RegisterLine | None = None
    punch: Swipe | None = None
    duty: RosteredDuty | None = None

    @property
    def at(self) -> datetime:
        """When it is."""
        if self.line is not None:
            return self.line.at
        if self.punch is not None:
            return self.punch.at
        if self.duty is not None:
            return self.duty.duty.start
        raise LookupError(self.kind)

    @property
    def minutes(self) -> int | None:
        """Ours less the register's, in whole minutes towards zero; None unless both are there."""
        if self.line is None or self.punch is None:
            return None
        return int((self.punch.at - self.line.at).total_seconds() / 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """The differences by staff number and time, and how much was compared."""

    differences: Sequence[Difference]
    lines: int
    lines_elsewhere: int
    lines_outside: int
    punches: int
    matched: int
    duties: int


def register_lines(lines: Iterable[tuple[int, Mapping[str, Any]]]) -> list[RegisterLine]:
    """The lines of a file ``staff_no,at,direction`` as the import's reader gives them."""
    return [
        RegisterLine(staff_no=row["staff_no"], at=row["at"], direction=row["direction"], line=number)
        for number, row in lines
    ]


def reconcile(sides: Sides, tolerance: timedelta) -> Reconciled:
    """Match each register line with at most one punch, the nearest pairs first, and say what is left or differs.

    A line and a punch can match when they are of one officer, of one direction (``auto`` goes with both) and at most
    ``FARTHEST`` apart. Matched ones that differ by more than ``tolerance`` are reported as such.
    """
    lines, elsewhere, unknown = _by_officer(sides)
    punches = _grouped((punch.staff_no, punch) for punch in sides.punches if not punch.is_duplicate)
    duties = _grouped((duty.staff_no, duty) for duty in sides.duties)
    found: list[Difference] = [
        Difference(kind=DifferenceKind.UNKNOWN_OFFICER, staff_no=line.staff_no, line=line)
        for line in unknown
        if sides.covers(line.at)
    ]
    matched = 0
    for staff_no in lines.keys() | punches.keys() | duties.keys():
        pairs = match(lines[staff_no], punches[staff_no])
        matched += sum(sides.covers(line.at) for line, _ in pairs)
        found += _of_pairs(sides, lines[staff_no], punches[staff_no], pairs, tolerance)
        found += _of_roster(sides, lines[staff_no], punches[staff_no], duties[staff_no])
    return Reconciled(
        differences=sorted(found, key=lambda each: (each.staff_no, each.at, list(DifferenceKind).index(each.kind))),
        lines=len(sides.register),
        lines_elsewhere=elsewhere,
        lines_outside=sum(not sides.covers(line.at) for own in lines.values() for line in own),
        punches=sum(sides.covers(punch.at) for own in punches.values() for punch in own),
        matched=matched,
        duties=len(sides.duties),
    )


def match(lines: Sequence[RegisterLine], punches: Sequence[Swipe]) -> list[tuple[RegisterLine, Swipe]]:
    """Pairs of one officer's lines and punches, the nearest first; equally near, the earlier line, then punch."""
    ordered = sorted(punches, key=lambda punch: (punch.at, punch.direction))
    times = [punch.at for punch in ordered]
    near = sorted(
        (abs(ordered[number].at - line.at), line.at, line.line, number)
        for line in lines
        for number in range(bisect_left(times, line.at - FARTHEST), bisect_right(times, line.at + FARTHEST))
        if _agree(line.direction, ordered[number].direction)
    )
    by_number = {line.line: line for line in lines}
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, line_number, number in near:
        if line_number not in pairs and number not in taken:
            pairs[line_number] = number
            taken.add(number)
    return [(by_number[line_number], ordered[number]) for line_number, number in pairs.items()]


def too_many(register: Iterable[RegisterLine]) -> str | None:
    """The staff number of whom a register has more lines than can be."""
    counts = Counter(line.staff_no for line in register)
    return next((staff_no for staff_no, count in counts.items() if count > MOST_LINES), None)


def _agree(one: Direction, other: Direction) -> bool:
    return one is other or Direction.AUTO in {one, other}


def _by_officer(sides: Sides) -> tuple[defaultdict[str, list[RegisterLine]], int, list[RegisterLine]]:
    """The lines of the officers asked for, how many are of others, and those of nobody."""
    asked = _grouped((line.staff_no, line) for line in sides.register if line.staff_no in sides.officers)
    others = [line for line in sides.register if line.staff_no not in sides.officers]
    unknown = [line for line in others if line.staff_no not in sides.elsewhere]
    return asked, len(others) - len(unknown), unknown


_Value = TypeVar("_Value")


def _grouped(pairs: Iterable[tuple[str, _Value]]) -> defaultdict[str, list[_Value]]:
    groups: defaultdict[str, list[_Value]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def _of_pairs(
    sides: Sides,
    lines: Sequence[RegisterLine],
    punches: Sequence[Swipe],
    pairs: Sequence[tuple[RegisterLine, Swipe]],
    tolerance: timedelta,
) -> Iterator[Difference]:
    in_pairs = {line.line for line, _ in pairs}
    punched = {id(punch) for _, punch in pairs}
    for line in lines:
        if line.line not in in_pairs and sides.covers(line.at):
            yield Difference(kind=DifferenceKind.REGISTER_ONLY, staff_no=line.staff_no, line=line)
    for punch in punches:
        if id(punch) not in punched and sides.covers(punch.at):
            yield Difference(kind=DifferenceKind.OURS_ONLY, staff_no=punch.staff_no, punch=punch)
    for line, punch in pairs:
        if abs(punch.at - line.at) > tolerance and (sides.covers(line.at) or sides.covers(punch.at)):
            yield Difference(kind=DifferenceKind.TIME_DIFFERS, staff_no=line.staff_no, line=line, punch=punch)


def _of_roster(
    sides: Sides, lines: Sequence[RegisterLine], punches: Sequence[Swipe], duties: Sequence[RosteredDuty]
) -> Iterator[Difference]:
    for punch in punches:
        if not punch.has_duty and sides.covers(punch.at):
            yield Difference(kind=DifferenceKind.PUNCH_WITHOUT_DUTY, staff_no=punch.staff_no, punch=punch)
    # By the same rules as our punches: the OUT of one duty is nothing of the next, though its window is open.
    facts = [PunchFact(direction=line.direction, at=line.at, proved=False, key=line.line) for line in lines]
    in_register = {there.duty for there in assign(facts, [each.duty for each in duties]).duties if there.punches}
    for rostered in duties:
        if rostered.status in _MISSED and rostered.duty not in in_register:
            yield Difference(kind=DifferenceKind.DUTY_WITHOUT_EITHER, staff_no=rostered.staff_no, duty=rostered)
