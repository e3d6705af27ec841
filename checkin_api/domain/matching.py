"""Which duty each punch belongs to and what the duty's punches come to, for many officers at once (rules 1 to 5).

The rules are ``windows.assign`` and ``pairing.pair``. Nearly all duties are so plain that they can have only one
outcome, and those are settled over columns; every other one goes through the two functions.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np

from checkin_api.domain.columns import (
    AUTO,
    DIRECTIONS,
    IN,
    MICROSECONDS,
    MISSING,
    OUT,
    Bools,
    DutyColumns,
    Ints,
    PunchColumns,
    instant,
    microseconds_of,
)
from checkin_api.domain.ids import Disposition
from checkin_api.domain.pairing import Paired, pair
from checkin_api.domain.windows import AssignedPunch, PunchFact, assign

DISPOSITIONS = list(Disposition)
USED, DUPLICATE, IGNORED = (DISPOSITIONS.index(each) for each in Disposition)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A row a duty: ``sign_in`` and ``sign_out`` in microseconds. A row a punch: its duty (-1: none), its disposition.

    ``spans``, a row each: the duty, begin and end of what was worked.
    """

    sign_in: Ints
    sign_out: Ints
    duty: Ints
    disposition: Ints
    spans: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class _Windows:
    """Where every punch stands: the cluster of overlapping windows, the first and last duty whose window it is in."""

    cluster_of_duty: Ints
    cluster: Ints
    first: Ints
    last: Ints


def match(duties: DutyColumns, punches: PunchColumns) -> Matched:
    """Give every punch to one duty or none, and find IN, OUT and the spans worked of each duty."""
    windows = _windows(duties, punches)
    counted = (windows.cluster >= 0) & ~punches.voided
    duty = np.where(windows.cluster < 0, -1, np.where(punches.direction == IN, windows.last, windows.first))
    matched = Matched(
        sign_in=np.full(len(duties), MISSING),
        sign_out=np.full(len(duties), MISSING),
        duty=duty,
        disposition=np.where(punches.voided, IGNORED, USED),
        spans=np.empty((0, 3), np.int64),
    )
    for direction, times in ((IN, matched.sign_in), (OUT, matched.sign_out)):
        rows = counted & (punches.direction == direction)
        times[duty[rows]] = punches.at[rows]
    hard = _hard_clusters(duties, punches, windows, matched)
    plain = ~hard[windows.cluster_of_duty] & (matched.sign_in != MISSING) & (matched.sign_out != MISSING)
    spans = np.column_stack((np.flatnonzero(plain), matched.sign_in[plain], matched.sign_out[plain]))
    worked = _settle(np.flatnonzero(hard), duties, punches, (windows, matched))
    return Matched(
        sign_in=matched.sign_in,
        sign_out=matched.sign_out,
        duty=duty,
        disposition=matched.disposition,
        spans=np.concatenate((spans, np.array(worked, np.int64).reshape(-1, 3))),
    )


def facts_at(punches: PunchColumns, rows: Ints) -> list[PunchFact]:
    """Punches as values for the rules; ``row_of`` finds them again."""
    return [
        PunchFact(direction=DIRECTIONS[direction], at=instant(at), proved=False, key=row)
        for row, direction, at in zip(
            rows.tolist(), punches.direction[rows].tolist(), punches.at[rows].tolist(), strict=True
        )
    ]


def row_of(punch: AssignedPunch) -> int:
    """Where a punch made by ``facts_at`` is in its columns."""
    return cast("int", punch.fact.key)


def _windows(duties: DutyColumns, punches: PunchColumns) -> _Windows:
    """Sort punches into windows by binary search over keys that keep officers apart.

    A window includes both its ends: a punch has to be at or before ``closes`` when rounded up to the minute, and at or
    after ``opens`` when rounded down.
    """
    nowhere = np.full(len(punches), -1)
    if not len(duties):
        return _Windows(cluster_of_duty=np.empty(0, np.int64), cluster=nowhere, first=nowhere, last=nowhere)
    origin = duties.opens.min()
    width = duties.closes.max() - origin + 2
    # No later window of the officer opens earlier, none before closes later: both search columns only rise.
    opens = np.minimum.accumulate((duties.officer * width + duties.opens - origin)[::-1])[::-1]
    closes = np.maximum.accumulate(duties.officer * width + duties.closes - origin)
    base = punches.officer * width
    floor = base + np.clip(punches.at // MICROSECONDS - origin, -1, width - 1)
    ceiling = base + np.clip(-(-punches.at // MICROSECONDS) - origin, -1, width - 1)
    cluster_of_duty = np.concatenate(([0], np.cumsum(opens[1:] > closes[:-1])))
    first = np.searchsorted(closes, ceiling, "left")
    last = np.searchsorted(opens, floor, "right") - 1
    reached = np.minimum(first, len(duties) - 1)
    cluster = cluster_of_duty[reached]
    begins = np.searchsorted(cluster_of_duty, np.arange(cluster_of_duty[-1] + 1))
    inside = (first < len(duties)) & (opens[begins][cluster] <= floor)
    return _Windows(
        cluster_of_duty=cluster_of_duty, cluster=np.where(inside, cluster, -1), first=reached, last=np.maximum(last, 0)
    )


def _hard_clusters(duties: DutyColumns, punches: PunchColumns, windows: _Windows, matched: Matched) -> Bools:
    """The clusters that have to go through the rules one by one.

    A plain one has windows that open and close in the order of their duties, and in each duty at most one IN and then
    at most one OUT. An OUT in several windows went to the first of them, which is right if that one has an IN: then it
    is not empty. Everything else is hard.
    """
    clusters = windows.cluster_of_duty
    hard = np.zeros(int(clusters[-1]) + 1 if len(duties) else 0, bool)
    if not len(duties):
        return hard
    together = clusters[1:] == clusters[:-1]
    nested = together & ((np.diff(duties.opens) < 0) | (np.diff(duties.closes) < 0))
    hard[clusters[1:][nested]] = True
    inside = (windows.cluster >= 0) & ~punches.voided
    hard[windows.cluster[inside & (punches.direction == AUTO)]] = True
    for direction in (IN, OUT):
        rows = inside & (punches.direction == direction)
        hard[clusters[np.bincount(matched.duty[rows], minlength=len(duties)) > 1]] = True
    unsure = inside & (punches.direction == OUT) & (windows.last > windows.first)
    unsure &= matched.sign_in[windows.first] == MISSING
    hard[windows.cluster[unsure]] = True
    reversed_ = (matched.sign_out != MISSING) & (matched.sign_out < matched.sign_in)
    hard[clusters[reversed_]] = True
    return hard


def _settle(
    clusters: Ints, duties: DutyColumns, punches: PunchColumns, found: tuple[_Windows, Matched]
) -> list[tuple[int, int, int]]:
    """Settle clusters by the rules themselves, and return their spans."""
    windows, matched = found
    counted = np.flatnonzero((windows.cluster >= 0) & ~punches.voided)
    # An officer's punches and clusters come in the order of time, so that a cluster's rows are neighbours.
    duty_ends = np.searchsorted(windows.cluster_of_duty, (clusters, clusters + 1)).T.tolist()
    punch_ends = np.searchsorted(windows.cluster[counted], (clusters, clusters + 1)).T.tolist()
    spans = []
    for (begin, end), (first, last) in zip(duty_ends, punch_ends, strict=True):
        kinds = duties.kind[begin:end].tolist()
        assignment = assign(facts_at(punches, counted[first:last]), [duties.kinds[kind] for kind in kinds])
        for number, kind, there in zip(range(begin, end), kinds, assignment.duties, strict=True):
            paired = pair(there.punches, duties.patterns[kind].hours_rule)
            _record(number, paired, matched)
            spans += [(number, microseconds_of(begins), microseconds_of(ends)) for begins, ends in paired.spans]
    return spans


def _record(number: int, paired: Paired, matched: Matched) -> None:
    matched.sign_in[number] = MISSING if paired.sign_in is None else microseconds_of(paired.sign_in)
    matched.sign_out[number] = MISSING if paired.sign_out is None else microseconds_of(paired.sign_out)
    for punch in paired.punches:
        matched.duty[row_of(punch)] = number
        matched.disposition[row_of(punch)] = DISPOSITIONS.index(punch.disposition)
