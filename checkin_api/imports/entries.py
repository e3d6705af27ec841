"""Roster entries as columns: those of a file and those that are stored, and when their duties are.

A month of a department is 150,000 entries; as columns they are compared in a tenth of the time (``make bench``).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checkin_api.domain.columns import Bools, Ints
from checkin_api.imports.comparing import in_steps
from checkin_api.imports.sheet import Sheet
from checkin_api.models import RosterEntry
from checkin_api.queries.columns import arrays
from checkin_api.roster import DutyTimes

# No zone; the ids of rows begin at 1.
NO_ZONE = 0


@dataclass(frozen=True, slots=True)
class Entries:
    """Whose, when (the ordinal of the duty date), which shift, which zone; ``number`` is a line or the id of a row."""

    officer: Ints
    day: Ints
    shift: Ints
    zone: Ints
    number: Ints

    def __len__(self) -> int:
        return len(self.officer)

    def __getitem__(self, chosen: Bools) -> "Entries":
        return Entries(*(column[chosen] for column in self._columns()))

    def __add__(self, others: "Entries") -> "Entries":
        pairs = zip(self._columns(), others._columns(), strict=True)
        return Entries(*(np.concatenate(pair) for pair in pairs))

    def key(self, at: int) -> tuple[int, date, int]:
        """What makes one entry."""
        return int(self.officer[at]), date.fromordinal(int(self.day[at])), int(self.shift[at])

    def duty(self, at: int) -> tuple[date, int, int | None]:
        """Duty date, shift and zone of one entry."""
        return date.fromordinal(int(self.day[at])), int(self.shift[at]), int(self.zone[at]) or None

    def positions_in(self, others: "Entries") -> Ints:
        """Where among ``others`` the entry with the same key is, -1 where it is not."""
        if not len(self) or not len(others):
            return np.full(len(self), -1)
        mine, theirs = _coded((self, others), ("officer", "day", "shift"))
        order = np.argsort(theirs)
        found = order[np.minimum(np.searchsorted(theirs, mine, sorter=order), len(order) - 1)]
        return np.where(theirs[found] == mine, found, -1)

    def times(self, times: DutyTimes) -> tuple[Ints, Ints]:
        """When the duties begin and end, in seconds since 1970."""
        (codes,) = _coded((self,), ("day", "shift", "zone"))
        _, firsts, which = np.unique(codes, return_index=True, return_inverse=True)
        duties = [times.duty(*self.duty(int(at))) for at in firsts]
        begins = np.array([duty.start.timestamp() for duty in duties], np.int64)
        ends = np.array([duty.end.timestamp() for duty in duties], np.int64)
        return begins[which], ends[which]

    def _columns(self) -> Sequence[Ints]:
        return self.officer, self.day, self.shift, self.zone, self.number


def in_file(sheet: Sheet) -> Entries:
    """The entries of a sheet whose references are ids; without a column for zones they have none."""
    names = [column.name for column in sheet.columns]
    rows = sheet.rows

    def column(name: str, number: Callable[..., int] = int) -> Ints:
        at = names.index(name)
        return np.fromiter((number(row.values[at]) for row in rows), np.int64, len(rows))

    return Entries(
        column("staff_no"),
        column("duty_date", date.toordinal),
        column("shift_code"),
        column("zone_code", lambda zone_id: zone_id or NO_ZONE) if "zone_code" in names else np.zeros(len(rows), int),
        np.fromiter((row.line for row in rows), np.int64, len(rows)),
    )


def in_database(session: Session, officers: Iterable[int], first: date, last: date) -> Entries:
    """The stored entries of these officers on these duty dates, the last included."""
    entry = RosterEntry
    found = _none()
    for ids in in_steps(sorted(officers)):
        query = select(
            entry.officer_id, entry.duty_date, entry.shift_id, func.coalesce(entry.zone_id, NO_ZONE), entry.id
        ).where(entry.officer_id.in_(ids), entry.duty_date.between(first, last))
        found += Entries(*arrays(session, query))
    return found


def _none() -> Entries:
    return Entries(*(np.empty(0, np.int64) for _ in range(5)))


def _coded(entries: Sequence[Entries], names: Sequence[str]) -> tuple[Ints, ...]:
    """Several columns as one number an entry, none of them empty: equal numbers, equal columns."""
    codes = [np.zeros(len(one), np.int64) for one in entries]
    for name in names:
        columns = [getattr(one, name) for one in entries]
        least = min(column.min() for column in columns)
        count = max(column.max() for column in columns) - least + 1
        codes = [code * count + column - least for code, column in zip(codes, columns, strict=True)]
    return tuple(codes)
