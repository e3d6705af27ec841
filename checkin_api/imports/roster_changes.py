"""Changes of the roster: each as it is kept, and all of them as a person or a program reads them."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, overload

from sqlalchemy import insert, literal, select
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api.domain.ids import RosterAction
from checkin_api.domain.shifts import Duty
from checkin_api.imports.comparing import in_steps
from checkin_api.imports.outcome import Change
from checkin_api.roster import DutyTimes

_ENTRY_COLUMNS = ("officer_id", "duty_date", "shift_id", "zone_id")


# Officer, duty date, shift, zone.
AddedEntry = tuple[int, date, int, int | None]


class EntryChange(NamedTuple):
    """What becomes of one roster entry; ``was_zone_id`` is the zone before a change."""

    action: RosterAction
    officer_id: int
    duty_date: date
    shift_id: int
    zone_id: int | None
    was_zone_id: int | None = None
    has_punches: bool = False


def keep_changes(session: Session, others: Sequence[EntryChange], *, now: datetime, actor: str, after: int) -> None:
    """Store every change: these, and as added the entries with an id above ``after``, within the database."""
    columns = ("at", "actor", "action", *_ENTRY_COLUMNS)
    kept = {"at": now, "actor": actor}
    constants = [literal(value, m.RosterChange.__table__.c[name].type) for name, value in kept.items()]
    action = literal(RosterAction.ADDED, m.RosterChange.__table__.c.action.type)
    entry = [getattr(m.RosterEntry, name) for name in _ENTRY_COLUMNS]
    added = select(*constants, action, *entry).where(m.RosterEntry.id > after).order_by(m.RosterEntry.id)
    session.execute(insert(m.RosterChange).from_select(columns, added))
    names = ("action", *_ENTRY_COLUMNS, "was_zone_id")
    rows = [{**kept, **dict(zip(names, change, strict=False))} for change in others]
    if rows:
        session.execute(insert(m.RosterChange), rows)


def mark_punched(
    session: Session, changes: Sequence[EntryChange], times: DutyTimes, now: datetime
) -> list[EntryChange]:
    """The same changes; those that touch a duty with punches in its window say so."""
    duties = (times.duty(change.duty_date, change.shift_id, change.zone_id) for change in changes)
    begun = {at: duty for at, duty in enumerate(duties) if duty.opens <= now}
    if not begun:
        return list(changes)
    punches = _punches(session, {changes[at].officer_id for at in begun}, list(begun.values()))
    marked = list(changes)
    for at, duty in begun.items():
        times_of = punches[marked[at].officer_id]
        found = bisect_left(times_of, duty.opens)
        if found < len(times_of) and times_of[found] <= duty.closes:
            marked[at] = marked[at]._replace(has_punches=True)
    return marked


def _punches(session: Session, officers: set[int], duties: Sequence[Duty]) -> Mapping[int, list[datetime]]:
    """When these officers punched around these duties, in order."""
    first, last = min(duty.opens for duty in duties), max(duty.closes for duty in duties)
    found: defaultdict[int, list[datetime]] = defaultdict(list)
    for ids in in_steps(sorted(officers)):
        rows = session.execute(
            select(m.Punch.officer_id, m.Punch.at)
            .where(m.Punch.officer_id.in_(ids), m.Punch.at.between(first, last))
            .order_by(m.Punch.officer_id, m.Punch.at)
        )
        for officer_id, at in rows:
            found[officer_id].append(at)
    return found


@dataclass(frozen=True, slots=True)
class Codes:
    """What people call the rows that an entry refers to."""

    officers: Mapping[int, str]
    shifts: Mapping[int, str]
    zones: Mapping[int | None, str | None]


def load_codes(session: Session) -> Codes:
    """The codes of all officers, shifts and zones."""

    def of(row_id: Any, code: Any) -> dict[Any, Any]:
        return dict(session.execute(select(row_id, code)).all())

    officers = of(m.Officer.id, m.Officer.staff_no)
    return Codes(officers, of(m.Shift.id, m.Shift.code), {None: None, **of(m.Zone.id, m.Zone.code)})


class RosterChanges(Sequence[Change]):
    """Changes in words, each put into words when it is asked for: a month of a department has 150,000."""

    def __init__(self, added: Sequence[AddedEntry], others: Sequence[EntryChange], codes: Codes) -> None:
        self._added = added
        # Changes of entries that have punches are to be looked at first.
        self._others = sorted(others, key=lambda change: not change.has_punches)
        self._codes = codes

    def __len__(self) -> int:
        return len(self._others) + len(self._added)

    @overload
    def __getitem__(self, index: int) -> Change: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Change]: ...
    def __getitem__(self, index: int | slice) -> Change | Sequence[Change]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        if at < len(self._others):
            return self._in_words(self._others[at])
        return self._in_words(EntryChange(RosterAction.ADDED, *self._added[at - len(self._others)]))

    def _in_words(self, change: EntryChange) -> Change:
        codes = self._codes
        row = {
            "staff_no": codes.officers[change.officer_id],
            "duty_date": change.duty_date,
            "shift": codes.shifts[change.shift_id],
            "zone": codes.zones[change.zone_id],
            "was_zone": codes.zones[change.was_zone_id],
            "has_punches": change.has_punches,
        }
        zone = row["zone"] or ""
        if change.action is RosterAction.CHANGED:
            zone = f"{row['was_zone'] or '-'} → {zone or '-'}"
        punched = " 已有打卡 / has punches" if change.has_punches else ""
        text = f"{row['staff_no']} {row['duty_date']} {row['shift']} {zone}".rstrip()
        return Change(change.action, text + punched, row)
