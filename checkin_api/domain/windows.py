"""Which duty a punch belongs to, and whether it counts: rules 1 to 3 of the attendance rules, for one officer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from checkin_api.domain.ids import Direction, Disposition
from checkin_api.domain.shifts import Duty

DUPLICATE_WINDOW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class PunchFact:
    """What the rules need of a punch; ``proved`` by a beacon, ``key`` the caller's way to recognise it."""

    direction: Direction
    at: datetime
    proved: bool
    key: object


@dataclass(frozen=True, slots=True)
class AssignedPunch:
    """A punch in its duty."""

    fact: PunchFact
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class DutyPunches:
    """A duty with its punches, in the order they were made."""

    duty: Duty
    punches: tuple[AssignedPunch, ...] = ()

    @property
    def has_in(self) -> bool:
        """Whether the officer has signed in."""
        return any(punch.fact.direction is Direction.IN for punch in self.punches)

    @property
    def has_out(self) -> bool:
        """Whether the officer has signed out."""
        return any(punch.fact.direction is Direction.OUT for punch in self.punches)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Every duty with the punches that belong to it, and the punches that belong to none."""

    duties: tuple[DutyPunches, ...]
    unassigned: tuple[PunchFact, ...]


def assign(punches: Iterable[PunchFact], duties: Iterable[Duty]) -> Assignment:
    """Give each punch of one officer to one duty; the order of the arguments does not matter.

    Where windows overlap, an IN belongs to the latest duty and an OUT to the earliest, unless that one has no punch
    at all and a later one already has an IN; an undirected punch belongs to the duty whose boundary towards the other
    is nearest. A punch of the same direction within a minute of a kept one of the same duty is a duplicate.
    Source: attendance rules 1, 2 and 3.
    """
    ordered = sorted(duties, key=lambda duty: (duty.start, duty.end, duty.shift_code))
    held: list[list[AssignedPunch]] = [[] for _ in ordered]
    unassigned = []
    # IN before OUT at the same instant: a punch is opened before it is closed.
    for punch in sorted(punches, key=lambda punch: (punch.at, punch.direction is Direction.OUT, str(punch.key))):
        open_ = [position for position, duty in enumerate(ordered) if duty.opens <= punch.at <= duty.closes]
        if not open_:
            unassigned.append(punch)
            continue
        there = held[open_[0] if len(open_) == 1 else _choose(punch, ordered, held, open_)]
        there.append(AssignedPunch(punch, dispose(punch, there)))
    return Assignment(tuple(map(DutyPunches, ordered, map(tuple, held))), tuple(unassigned))


def _choose(
    punch: PunchFact, duties: Sequence[Duty], held: Sequence[Sequence[AssignedPunch]], open_: Sequence[int]
) -> int:
    """Which of several open duties, sorted by start, a punch belongs to."""
    if punch.direction is Direction.AUTO:
        return _nearest(punch.at, duties, open_)
    if punch.direction is Direction.IN:
        return open_[-1]
    if held[open_[0]]:
        return open_[0]
    signed_in = (n for n in open_[1:] if any(other.fact.direction is Direction.IN for other in held[n]))
    return next(signed_in, open_[0])


def _nearest(at: datetime, duties: Sequence[Duty], open_: Sequence[int]) -> int:
    """The earlier duty while its end is nearer than the next one's start; a tie goes to the later."""
    here = open_[0]
    for later in open_[1:]:
        if abs(at - duties[here].end) < abs(duties[later].start - at):
            return here
        here = later
    return here


def dispose(punch: PunchFact, before: Sequence[AssignedPunch]) -> Disposition:
    """Whether a punch is a duplicate of one kept before it in the same duty (rule 3)."""
    kept = (
        other.fact.at
        for other in before
        if other.disposition is Disposition.USED and other.fact.direction is punch.direction
    )
    return Disposition.DUPLICATE if any(punch.at - at <= DUPLICATE_WINDOW for at in kept) else Disposition.USED
