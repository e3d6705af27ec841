"""Records of punches that belong to no duty (rule 12)."""

from collections.abc import Iterator

import numpy as np

from checkin_api.domain.columns import MISSING, Ints, microseconds_of
from checkin_api.domain.ids import Disposition, Flag, Status
from checkin_api.domain.matching import DISPOSITIONS, facts_at, row_of
from checkin_api.domain.minutes import bucket, to_minute, worked
from checkin_api.domain.pairing import Paired, pair_unrostered
from checkin_api.domain.records import Facts, RecordColumns, used_in
from checkin_api.domain.shifts import local_date
from checkin_api.domain.status import STATUSES, bits
from checkin_api.domain.windows import AssignedPunch


def unrostered(facts: Facts, record: Ints, disposition: Ints, *, first: int) -> RecordColumns:
    """Make records of the punches without one (-1), numbered from ``first``.

    ``record`` and ``disposition`` are filled in for those punches.
    """
    found: list[Paired] = []
    for paired in _paired(facts, np.flatnonzero(record < 0)):
        for punch in paired.punches:
            record[row_of(punch)] = first + len(found)
            disposition[row_of(punch)] = DISPOSITIONS.index(punch.disposition)
        found.append(paired)
    rows = np.array([row_of(paired.punches[0]) for paired in found], np.int64)
    return _columns(facts, found, rows, (record - first, disposition))


def _paired(facts: Facts, rows: Ints) -> Iterator[Paired]:
    punches = facts.punches
    counted, void = rows[~punches.voided[rows]], rows[punches.voided[rows]]
    # Punches between which one of a duty lies are not of one stay; a void one is as if it were not there.
    number = np.cumsum(~punches.voided)
    parted = (np.diff(punches.officer[counted]) != 0) | (np.diff(number[counted]) != 1)
    for stay in np.split(counted, np.flatnonzero(parted) + 1):
        yield from pair_unrostered(facts_at(punches, stay))
    for fact in facts_at(punches, void):
        yield Paired((AssignedPunch(fact, Disposition.IGNORED),), None, None, ())


def _columns(facts: Facts, found: list[Paired], rows: Ints, punched: tuple[Ints, Ints]) -> RecordColumns:
    punches, count = facts.punches, len(found)
    zone = punches.zone[rows]
    dates = [
        local_date(paired.punches[0].fact.at, facts.zones[number]).toordinal()
        for paired, number in zip(found, zone, strict=True)
    ]
    spans = [
        (number, microseconds_of(begin), microseconds_of(end))
        for number, paired in enumerate(found)
        for begin, end in paired.spans
    ]
    bucketed = bucket(np.array(spans, np.int64).reshape(-1, 3), count, zone, facts.zones)
    sign_in, sign_out = (
        to_minute(np.array([MISSING if at is None else microseconds_of(at) for at in times], np.int64))
        for times in ([paired.sign_in for paired in found], [paired.sign_out for paired in found])
    )
    both = (sign_in != MISSING) & (sign_out != MISSING)
    flags = {
        Flag.CORRECTED: used_in(*punched, punches.corrected, count=count),
        Flag.LOW_ASSURANCE: used_in(*punched, punches.weak, count=count),
    }
    unknown = np.full(count, MISSING)
    return RecordColumns(
        officer=punches.officer[rows],
        duty=np.full(count, -1),
        duty_date=np.array(dates, np.int64),
        zone=zone,
        start=unknown,
        end=unknown,
        sign_in=sign_in,
        sign_out=sign_out,
        status=np.full(count, STATUSES.index(Status.UNROSTERED)),
        flags=bits(flags, count),
        worked=worked(bucketed, both, np.zeros(count, np.int64)),
        late=unknown,
        early=unknown,
        overtime=unknown,
        before=unknown,
        **bucketed.where(both),
    )
