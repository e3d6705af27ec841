"""Duty records 差勤紀錄, as columns for counting and one by one for reading."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from checkin_api.domain.columns import DIRECTIONS, EPOCH, MISSING, Bools, DutyColumns, Ints, PunchColumns, instant
from checkin_api.domain.duty_law import DutyLimits
from checkin_api.domain.ids import Direction, Disposition, Flag, Status
from checkin_api.domain.leave import Leave
from checkin_api.domain.matching import DISPOSITIONS, USED
from checkin_api.domain.outages import Outage
from checkin_api.domain.status import STATUSES, flags_in

_MINUTES = (
    "worked_minutes",
    "late_minutes",
    "early_leave_minutes",
    "overtime_minutes",
    "before_minutes",
    "night_minutes",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the rules need to know of some officers.

    ``zones`` are the time zones of the zones that duties and punches name by position; the last one is for those that
    name none (-1).
    """

    duties: DutyColumns
    punches: PunchColumns
    zones: Sequence[ZoneInfo]
    leave: Sequence[Leave] = ()
    outages: Sequence[Outage] = ()
    limits: DutyLimits = field(default_factory=DutyLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordColumns:
    """Duty records as columns, a row a record; ``MISSING`` where something is not known.

    ``duty`` is the position in ``Facts.duties``, -1 for an unrostered record. ``duty_date`` is an ordinal; all times
    and lengths are in minutes; ``start`` and ``end`` are what leave has left of the duty.
    """

    officer: Ints
    duty: Ints
    duty_date: Ints
    zone: Ints
    start: Ints
    end: Ints
    sign_in: Ints
    sign_out: Ints
    status: Ints
    flags: Ints
    worked: Ints
    late: Ints
    early: Ints
    overtime: Ints
    before: Ints
    night: Ints
    day: Ints
    evening: Ints

    def __len__(self) -> int:
        return len(self.officer)

    def followed_by(self, other: "RecordColumns") -> "RecordColumns":
        """These rows and then those."""
        if not len(other):
            return self
        pairs = {each.name: (getattr(self, each.name), getattr(other, each.name)) for each in fields(self)}
        return RecordColumns(**{name: np.concatenate(pair) for name, pair in pairs.items()})


@dataclass(frozen=True, slots=True)
class RecordedPunch:
    """A punch in its record; ``row`` is its position in ``Facts.punches``."""

    at: datetime
    direction: Direction
    disposition: Disposition
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRecord:
    """One duty record; times are aware and local, minutes None where they are not known."""

    officer: int
    duty_date: date
    shift_code: str | None
    zone: int
    start: datetime | None
    end: datetime | None
    sign_in: datetime | None
    sign_out: datetime | None
    status: Status
    flags: tuple[Flag, ...]
    worked_minutes: int | None
    late_minutes: int | None
    early_leave_minutes: int | None
    overtime_minutes: int | None
    before_minutes: int | None
    night_minutes: int | None
    punches: tuple[RecordedPunch, ...]

    def as_json(self, staff_no: str, zone: str) -> dict[str, Any]:
        """The record for other programs, with the names of its officer and zone; times in ISO 8601."""
        return {
            "staff_no": staff_no,
            "duty_date": self.duty_date.isoformat(),
            "shift": self.shift_code,
            "zone": zone or None,
            "start": _iso(self.start),
            "end": _iso(self.end),
            "in": _iso(self.sign_in),
            "out": _iso(self.sign_out),
            "status": self.status.value,
            "flags": [flag.value for flag in self.flags],
            **{name: getattr(self, name) for name in _MINUTES},
            "punches": [
                {"at": punch.at.isoformat(), "direction": punch.direction.value, "disposition": punch.disposition.value}
                for punch in self.punches
            ],
        }


@dataclass(frozen=True, slots=True)
class Attendance:
    """The records of some officers, and for every punch its record and what it counts for there."""

    facts: Facts
    columns: RecordColumns
    record: Ints
    disposition: Ints

    def records(self, chosen: Bools | None = None) -> Iterator[DutyRecord]:
        """The records, or the chosen ones, one by one, by officer, duty date and start."""
        c, order = self.columns, self.order(chosen)
        by_record = np.argsort(self.record, kind="stable")
        firsts = np.searchsorted(self.record[by_record], np.arange(len(c) + 1))
        rows, read, clock = by_record.tolist(), self._punch_reader(), lru_cache(4096)(_local)
        values = {each.name: getattr(c, each.name)[order].tolist() for each in fields(c)}
        for number, *of_record in zip(order.tolist(), *values.values(), strict=True):
            row = dict(zip(values, of_record, strict=True))
            zone = self.facts.zones[row["zone"]]
            yield DutyRecord(
                officer=row["officer"],
                duty_date=date.fromordinal(row["duty_date"]),
                shift_code=self._shift_code(row["duty"]),
                zone=row["zone"],
                start=clock(row["start"], zone),
                end=clock(row["end"], zone),
                sign_in=clock(row["sign_in"], zone),
                sign_out=clock(row["sign_out"], zone),
                status=STATUSES[row["status"]],
                flags=flags_in(row["flags"]),
                worked_minutes=_known(row["worked"]),
                late_minutes=_known(row["late"]),
                early_leave_minutes=_known(row["early"]),
                overtime_minutes=_known(row["overtime"]),
                before_minutes=_known(row["before"]),
                night_minutes=_known(row["night"]),
                punches=tuple(read(row_, zone) for row_ in rows[firsts[number] : firsts[number + 1]]),
            )

    def order(self, chosen: Bools | None = None) -> Ints:
        """The rows of the records, or of the chosen ones, by officer, duty date and start."""
        c = self.columns
        begin = np.where(c.start == MISSING, np.where(c.sign_in == MISSING, c.sign_out, c.sign_in), c.start)
        order = np.lexsort((c.end, begin, c.duty_date, c.officer))
        return order if chosen is None else order[chosen[order]]

    def _shift_code(self, duty: int) -> str | None:
        duties = self.facts.duties
        return None if duty < 0 else duties.kinds[duties.kind[duty]].shift_code

    def _punch_reader(self) -> Callable[[int, ZoneInfo], RecordedPunch]:
        punches = self.facts.punches
        ats, directions, dispositions = punches.at.tolist(), punches.direction.tolist(), self.disposition.tolist()

        def read(row: int, zone: ZoneInfo) -> RecordedPunch:
            at = instant(ats[row]).astimezone(zone)
            return RecordedPunch(at, DIRECTIONS[directions[row]], DISPOSITIONS[dispositions[row]], row)

        return read


def used_in(record: Ints, disposition: Ints, holds: Bools, *, count: int) -> Bools:
    """Which of ``count`` records have a used punch of which something holds."""
    rows = holds & (disposition == USED) & (record >= 0)
    return np.bincount(record[rows], minlength=count) > 0


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _local(minutes: int, zone: ZoneInfo) -> datetime | None:
    return None if minutes == MISSING else (EPOCH + timedelta(minutes=minutes)).astimezone(zone)


def _known(minutes: int) -> int | None:
    return None if minutes == MISSING else minutes
