"""Outages 中斷: times at which a zone could not have seen anybody, so that nobody is absent for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from checkin_api.domain.columns import MICROSECONDS, Bools, DutyColumns, microseconds_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A zone that was blind, the end not included; ``zone`` None for all of them, ``end`` None while it lasts."""

    zone: int | None
    begin: datetime
    end: datetime | None
    reason: str = ""


def blinded(duties: DutyColumns, outages: Iterable[Outage]) -> Bools:
    """Which duties have an outage of their zone within their window; a duty without zone only one of all zones."""
    blind = np.zeros(len(duties), bool)
    for outage in outages:
        here = (duties.closes * MICROSECONDS >= microseconds_of(outage.begin)) & (
            duties.zone == outage.zone if outage.zone is not None else True
        )
        blind |= here if outage.end is None else here & (duties.opens * MICROSECONDS < microseconds_of(outage.end))
    return blind
