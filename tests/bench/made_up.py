"""A made-up department as facts for the rules; as a program, a year of it through the rules, with time and memory.

A third of the officers has a night duty, the others two segments a day; 2 % of the OUTs are forgotten, 1 % of the INs
tapped twice.
"""

import resource
import sys
import time
from datetime import UTC, date, datetime
from datetime import time as clock
from zoneinfo import ZoneInfo

import numpy as np

from checkin_api.domain.attendance import compute
from checkin_api.domain.columns import IN, MICROSECONDS, OUT, Ints, punch_columns
from checkin_api.domain.gathering import roster_duties
from checkin_api.domain.records import Facts
from checkin_api.domain.shifts import Shift
from checkin_api.queries.attendance import OFFICER_DAYS

SHIFTS = (
    Shift(code="A", name="上午", start=clock(8), end=clock(12)),
    Shift(code="B", name="下午", start=clock(14), end=clock(18)),
    Shift(code="N", name="夜勤", start=clock(20), end=clock(8)),
)
_ZONES = [ZoneInfo("Asia/Taipei")]
_SECOND = 1_000_000
_DAYS = 366
_BLOCK = OFFICER_DAYS // _DAYS


def facts(officers: Ints, first: int, days: int, *, two_for_all: bool = False) -> Facts:
    """Duties and punches of officers (their numbers) over dates (``first`` an ordinal), the same in every run."""
    chance = np.random.default_rng(int(officers[0]))
    officer = np.repeat(np.arange(len(officers)), days * 2)
    day = np.tile(np.repeat(np.arange(first, first + days), 2), len(officers))
    shift = np.tile([0, 1], days * len(officers))
    if not two_for_all:
        night = officers[officer] % 3 == 0
        kept = ~(night & (shift == 1))
        officer, day, shift = officer[kept], day[kept], np.where(night, 2, shift)[kept]
    duties = roster_duties(np.column_stack((officer, day, shift, np.full(len(day), -1))), SHIFTS, _ZONES)
    come = duties.start * MICROSECONDS + chance.integers(-900, 300, len(duties)) * _SECOND
    gone = duties.end * MICROSECONDS + chance.integers(-60, 900, len(duties)) * _SECOND
    kept, twice = chance.random(len(duties)) >= 0.02, chance.random(len(duties)) < 0.01
    ins = np.concatenate((come, come[twice] + 20 * _SECOND))
    whose = np.concatenate((duties.officer, duties.officer[twice], duties.officer[kept]))
    at = np.concatenate((ins, gone[kept]))
    nothing = np.zeros(len(at), bool)
    punches = punch_columns(
        officer=whose,
        at=at,
        direction=np.where(np.arange(len(at)) < len(ins), IN, OUT),
        zone=np.full(len(at), -1),
        corrected=nothing,
        weak=nothing,
        voided=nothing,
    )
    return Facts(duties=duties, punches=punches, zones=_ZONES)


def main() -> None:
    """Print the seconds that the rules take for a year of so many officers, and the peak memory in MB."""
    officers, spent, made = int(sys.argv[1]), 0.0, 0
    for begin in range(0, officers, _BLOCK):
        block = facts(
            np.arange(begin, min(begin + _BLOCK, officers)), date(2028, 1, 1).toordinal(), _DAYS, two_for_all=True
        )
        started = time.perf_counter()
        made += len(compute(block, datetime(2029, 6, 1, tzinfo=UTC)).columns)
        spent += time.perf_counter() - started
    if made < officers * _DAYS * 2:
        raise SystemExit("records are missing")
    print(spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
