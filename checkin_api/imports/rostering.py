"""The roster of a file against the stored one: overlaps, what a replacing file removes, every change kept."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
from sqlalchemy import delete, func, select

from checkin_api import models as m
from checkin_api.db import Turn, take_turn
from checkin_api.domain.ids import RosterAction
from checkin_api.domain.overlaps import overlaps
from checkin_api.domain.shifts import REACH
from checkin_api.imports.comparing import Difference, in_steps
from checkin_api.imports.entries import NO_ZONE, Entries, in_database, in_file
from checkin_api.imports.replacing import Scope, left_alone, scope_of
from checkin_api.imports.review import Findings, Review
from checkin_api.imports.roster_changes import (
    AddedEntry,
    EntryChange,
    RosterChanges,
    keep_changes,
    load_codes,
    mark_punched,
)
from checkin_api.roster import DutyTimes


class RosterReview(Review):
    """Refuses duties that overlap, removes what a replacing file does not have, keeps every change with its actor."""

    def begin(self) -> None:
        """Note every line whose duty overlaps another of the officer; find what is to be removed."""
        take_turn(self.session, Turn.ROSTER)
        self._times = DutyTimes(self.session, self.sheet.zone)
        self._last_id = self.session.scalar(select(func.max(m.RosterEntry.id))) or 0
        self._added: list[AddedEntry] = []
        self._others: list[EntryChange] = []
        self._removed: list[int] = []
        self._scope: Scope | None = None
        if self.sheet.rows:
            self._look_around()

    def step(self, difference: Difference) -> None:
        """Take down what is added and changed."""
        self._added += [(*key, values["zone_id"]) for key, values in difference.added.items()]
        for key, values in difference.changed.items():
            officer_id, duty_date, shift_id = key
            zones = values["zone_id"], difference.old[key]["zone_id"]
            self._others.append(EntryChange(RosterAction.CHANGED, officer_id, duty_date, shift_id, *zones))

    def end(self) -> Findings:
        """Remove, keep all changes, and say which of them touch duties that have punches."""
        for ids in in_steps(self._removed):
            self.session.execute(delete(m.RosterEntry).where(m.RosterEntry.id.in_(ids)))
        others = sorted(self._others, key=lambda change: change.action)
        others = mark_punched(self.session, others, self._times, self.terms.now)
        keep_changes(self.session, others, now=self.terms.now, actor=self.terms.actor, after=self._last_id)
        return Findings(
            removed=len(self._removed),
            changes=RosterChanges(self._added, others, load_codes(self.session)),
            warnings=(*_punched(others), *self._left_alone()),
        )

    def _look_around(self) -> None:
        """Compare the file with the entries of its officers on its dates and around them."""
        if self.terms.replacing is not None:
            self._scope = scope_of(self.session, self.sheet, self.terms.replacing)
        entries = in_file(self.sheet)
        first, last = (date.fromordinal(int(day)) for day in (entries.day.min(), entries.day.max()))
        officers = {int(officer) for officer in np.unique(entries.officer)}
        officers |= self._scope.officers if self._scope else set()
        stored = in_database(self.session, officers, first - REACH, last + REACH)
        if "zone_code" not in [column.name for column in self.sheet.columns]:
            entries = _with_stored_zones(entries, stored)
        others = stored[stored.positions_in(entries) < 0]
        if self._scope is not None:
            others = self._remove(others, self._scope)
        self._refuse_overlaps(entries, others)

    def _remove(self, others: Entries, scope: Scope) -> Entries:
        """Note what is to be removed from the entries that the file does not have; the rest of them."""
        gone = np.isin(others.officer, list(scope.officers))
        gone &= (scope.first.toordinal() <= others.day) & (others.day <= scope.last.toordinal())
        removed = others[gone]
        self._removed = removed.number.tolist()
        for at in range(len(removed)):
            zone_id = int(removed.zone[at]) or None
            self._others.append(EntryChange(RosterAction.REMOVED, *removed.key(at), zone_id))
        return others[~gone]

    def _refuse_overlaps(self, entries: Entries, others: Entries) -> None:
        """Note every line that overlaps an earlier line, or an entry that stays in the database."""
        # What is stored has no line.
        whole = entries + replace(others, number=np.zeros(len(others), np.int64))
        for pair in overlaps(whole.officer, *whole.times(self._times)):
            other, at = sorted(pair, key=lambda at: whole.number[at])
            line, other_line = int(whole.number[at]), int(whole.number[other])
            if line:
                place = (f"第 {other_line} 行", f"line {other_line}") if other_line else ("資料庫", "the database")
                duty = self._times.in_words(*whole.duty(other))
                message = f"與{place[0]}的勤務重疊 / overlaps a duty of {place[1]}: {duty}"
                self.sheet.problems.add(line, "duty_date", message)

    def _left_alone(self) -> tuple[str, ...]:
        return left_alone(self.session, self._scope) if self._scope is not None else ()


def _with_stored_zones(entries: Entries, stored: Entries) -> Entries:
    """The entries in the zones in which they are stored."""
    at = entries.positions_in(stored)
    zones = np.append(stored.zone, NO_ZONE)
    return replace(entries, zone=zones[at])


def _punched(changes: Sequence[EntryChange]) -> tuple[str, ...]:
    count = sum(change.has_punches for change in changes)
    message = (
        f"更改或刪除的勤務中，{count:,} 筆已有打卡，請核對"
        f" / {count:,} of the duties changed or removed have punches, check them"
    )
    return (message,) if count else ()
