"""Which duty a punch belongs to, and whether it counts: rules 1 to 3 of the attendance rules, for one officer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from checkin_api.domain.ids import Direction
from checkin_api.domain.shifts import Duty


class Disposition(StrEnum):
    """What a punch counts for in its duty."""

    USED = "used"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class PunchFact:
    """What the rules need of a punch; ``key`` is the caller's way to recognise it."""

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
    """A duty with its punches in time order."""

    duty: Duty
    punches: tuple[AssignedPunch, ...]

    @property
    def has_in(self) -> bool:
        return any(punch.fact.direction is Direction.IN for punch in self.punches)

    @property
    def has_out(self) -> bool:
        return any(punch.fact.direction is Direction.OUT for punch in self.punches)


@dataclass(frozen=True, slots=True)
class Assignment:
    duties: tuple[DutyPunches, ...]
    unassigned: tuple[PunchFact, ...]


def assign(punches: Sequence[PunchFact], duties: Sequence[Duty], *, duplicate_window_s: int = 60) -> Assignment:
    ordered = sorted(duties, key=lambda duty: (duty.start, duty.end))
    held: list[list[PunchFact]] = [[] for _ in ordered]
    unassigned = []
    for punch in sorted(punches, key=lambda p: p.at):
        fits = [i for i, duty in enumerate(ordered) if duty.window_contains(punch.at)]
        if not fits:
            unassigned.append(punch)
            continue
        if punch.direction is Direction.IN:
            held[fits[-1]].append(punch)
            continue
        earlier = fits[0]
        later_in = next((i for i in fits[1:] if any(p.direction is Direction.IN for p in held[i])), None)
        held[later_in if not held[earlier] and later_in is not None else earlier].append(punch)
    return Assignment(
        tuple(
            DutyPunches(d, tuple(AssignedPunch(p, Disposition.USED) for p in h))
            for d, h in zip(ordered, held, strict=True)
        ),
        tuple(unassigned),
    )
