"""Coverage: whether a zone could see anybody when a punch was due, by the signs of life 感應 around that time.

Nobody is absent where nothing proves that the site could see. A beacon that anybody's phone hears is a sign of life of
its zone; anything that LINE delivers is one of the department. That an agent there hears the zone's beacon is one of
the zone, but not of LINE. A punch that was due and is not there is no outage by itself: another officer heard in the
zone within an hour shows that it could see.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from checkin_api.domain.columns import MISSING, Bools, Ints
from checkin_api.domain.ids import Direction, Status
from checkin_api.domain.records import Attendance
from checkin_api.domain.status import is_

# Stands for no zone, and for all of them.
NO_ZONE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Points in time, in minutes since 1970, each with the zone it concerns or ``NO_ZONE``."""

    zone: Ints
    at: Ints

    def __len__(self) -> int:
        return len(self.at)

    def __getitem__(self, chosen: Bools) -> "Moments":
        return Moments(zone=self.zone[chosen], at=self.at[chosen])

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(zone=np.concatenate((self.zone, other.zone)), at=np.concatenate((self.at, other.at)))

    def of(self, zone: int) -> Ints:
        """Those of one zone, or all of them, in order."""
        return np.sort(self.at if zone == NO_ZONE else self.at[self.zone == zone])


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time without a sign of life in which punches were due: from the last sign before it to the first after it.

    ``begin`` is the first of those punches where no sign came before; ``end`` is None while none has come since.
    ``zone`` is ``NO_ZONE`` when nothing was heard anywhere.
    """

    zone: int
    begin: int
    end: int | None
    missed: int


def missed_punches(attendance: Attendance) -> dict[Direction, Bools]:
    """The duties at whose start, at whose end, a punch was due and is not there; leave and what is to come are not."""
    columns = attendance.columns
    expected = (columns.duty >= 0) & ~is_(columns.status, Status.LEAVE, Status.PENDING)
    return {
        Direction.IN: expected & (columns.sign_in == MISSING),
        Direction.OUT: expected & (columns.sign_out == MISSING),
    }


def gaps(missed: Moments, signs: Moments, agents: Moments, *, within: int, now: int) -> Iterator[Gap]:
    """Where and when nothing proves that a punch that was due could have been seen.

    Args:
        missed: When and where punches were due that are not there.
        signs: When and where anybody was heard; ``NO_ZONE`` for a sign of the department alone.
        agents: When and where an agent heard the zone's beacon.
        within: How many minutes from a sign of life, before or after it, a zone surely could see.
        now: The present, in minutes since 1970; what was due less than ``within`` ago may still be proved.
    """
    missed = missed[missed.at + within <= now]
    everywhere = ~_proved(missed.at, signs.of(NO_ZONE), within)
    yield from _of_zone(NO_ZONE, missed.at[everywhere], signs)
    here = missed[~everywhere & (missed.zone != NO_ZONE)]
    of_zones = signs + agents
    for zone in np.unique(here.zone).tolist():
        at = here.at[here.zone == zone]
        yield from _of_zone(zone, at[~_proved(at, of_zones.of(zone), within)], of_zones)


def _proved(at: Ints, signs: Ints, within: int) -> Bools:
    """Which of the times have a sign of life near enough."""
    following = np.searchsorted(signs, at - within)
    near: Bools = np.append(signs, np.iinfo(np.int64).max)[following] <= at + within
    return near


def _of_zone(zone: int, at: Ints, signs: Moments) -> Iterator[Gap]:
    """The gaps that unproved times lie in."""
    heard = signs.of(zone)
    positions, firsts, counts = np.unique(np.searchsorted(heard, np.sort(at)), return_index=True, return_counts=True)
    for position, first, count in zip(positions.tolist(), firsts.tolist(), counts.tolist(), strict=True):
        yield Gap(
            zone=zone,
            begin=int(heard[position - 1]) if position else int(np.sort(at)[first]),
            end=int(heard[position]) if position < len(heard) else None,
            missed=count,
        )
