"""The status and the flags of duty records (rules 7, 10 and 11)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from checkin_api.domain.columns import MISSING, Bools, Ints
from checkin_api.domain.ids import Flag, Status

STATUSES = list(Status)
FLAGS = list(Flag)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a status is made of, a row a record."""

    on_leave: Bools
    not_open_yet: Bools
    still_open: Bools
    signed_in: Bools
    signed_out: Bools
    blind: Bools


def status_of(f: Findings) -> Ints:
    """The first that holds; positions in ``STATUSES``. Source: attendance rule 10."""
    rows = (
        (f.on_leave, Status.LEAVE),
        (f.not_open_yet, Status.PENDING),
        (f.still_open & ~(f.signed_in & f.signed_out), Status.IN_PROGRESS),
        (f.signed_in & f.signed_out, Status.PRESENT),
        (f.signed_in, Status.MISSING_OUT),
        (f.signed_out, Status.MISSING_IN),
        (f.blind, Status.UNPROVEN),
    )
    return np.select(
        [holds for holds, _ in rows],
        [STATUSES.index(status) for _, status in rows],
        default=STATUSES.index(Status.ABSENT),
    ).astype(np.int64)


def is_(status: Ints, *wanted: Status) -> Bools:
    """Which records have one of these statuses."""
    return np.isin(status, [STATUSES.index(each) for each in wanted])


def below(worked: Ints, threshold: Ints) -> Bools:
    """Which records are known to have worked less than a threshold; 0 is none."""
    holds: Bools = (worked != MISSING) & (worked < threshold)
    return holds


def has(flags: Ints, *wanted: Flag) -> Bools:
    """Which records have one of these flags."""
    mask = sum(1 << FLAGS.index(flag) for flag in wanted)
    holds: Bools = (flags & mask) != 0
    return holds


def bits(flags: Mapping[Flag, Bools], count: int) -> Ints:
    """Flags as one number a record, a bit each in the order of ``FLAGS``."""
    total = np.zeros(count, np.int64)
    for flag, holds in flags.items():
        total |= holds.astype(np.int64) << FLAGS.index(flag)
    return total


@lru_cache
def flags_in(number: int) -> tuple[Flag, ...]:
    """The flags again."""
    return tuple(flag for position, flag in enumerate(FLAGS) if number >> position & 1)
