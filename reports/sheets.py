"""Personal month sheets 個人差勤紀錄表: from an officer's duty records to the lines of the sheet; pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from checkin_api.domain.ids import Direction, Disposition, Flag, Status
from checkin_api.domain.leave import Leave
from checkin_api.domain.records import DutyRecord, Facts
from checkin_api.domain.shifts import DAY, local_day
from checkin_api.domain.totals import Totals
from checkin_api.domain.words import FLAG, STATUS

CORRECTED = "補"
WEAK = "*"
DAY_BEFORE, DAY_AFTER = "前", "翌"
UNKNOWN = "—"
OFF = "休"

_WEEKDAYS = "一二三四五六日"
# These stand in the columns of minutes or beside a time; the others are said in words.
_SHOWN_ELSEWHERE = {Flag.LATE, Flag.EARLY_LEAVE}
_OPEN = {Status.PENDING, Status.IN_PROGRESS}


@dataclass(frozen=True, slots=True)
class Person:
    """Whose sheet it is."""

    staff_no: str
    name: str
    title: str
    unit: str


@dataclass(frozen=True, slots=True)
class Pair:
    """One duty: its shift, and IN and OUT as the sheet shows them, with their marks."""

    shift: str = ""
    sign_in: str = ""
    sign_out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: a date with up to two duties; minutes are None where no duty of the line has them known."""

    day: str
    weekday: str
    is_off: bool
    first: Pair
    second: Pair
    words: str
    late: int | None
    early: int | None
    overtime: int | None
    night: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One officer's month."""

    month: str
    person: Person
    lines: Sequence[Line]
    statuses: Mapping[str, int]
    flags: Mapping[str, int]
    minutes: Mapping[str, int]
    overtime_hours: int
    pooled_hours: int
    left_minutes: int

    def as_json(self) -> dict[str, Any]:
        """All that is on it, but for when and by whom it was made; what its hash is of."""
        person = self.person
        return {
            "month": self.month,
            "person": [person.staff_no, person.name, person.title, person.unit],
            "lines": [
                [
                    *(line.day, line.weekday, line.is_off),
                    *(line.first.shift, line.first.sign_in, line.first.sign_out),
                    *(line.second.shift, line.second.sign_in, line.second.sign_out),
                    *(line.words, line.late, line.early, line.overtime, line.night),
                ]
                for line in self.lines
            ],
            "statuses": self.statuses,
            "flags": self.flags,
            "minutes": self.minutes,
            "overtime_hours": [self.overtime_hours, self.pooled_hours, self.left_minutes],
        }

    @property
    def sha256(self) -> str:
        """The hash of its data: equal data, equal hash, whenever and by whomever it is made."""
        canonical = json.dumps(self.as_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Month:
    """The dates of a sheet, what all officers share.

    ``off`` are the days off of office staff, ``notes`` what the calendar calls some dates, ``shifts`` names by code.
    """

    first: date
    last: date
    zone: ZoneInfo
    off: frozenset[date]
    notes: Mapping[date, str]
    shifts: Mapping[str, str]


def days_of(first: date, last: date) -> list[date]:
    """The dates of a period in order."""
    return [first + DAY * number for number in range((last - first).days + 1)]


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of an officer's month.

    ``records`` are those of the month, by duty date and start, ``totals`` their totals; the punches in ``facts`` say
    which were corrections or prove little.
    """

    records: Sequence[DutyRecord]
    totals: Totals
    facts: Facts
    leaves: Sequence[Leave]


def sheet_of(person: Person, month: Month, found: Found) -> Sheet:
    """An officer's sheet."""
    totals = found.totals
    of_day: dict[date, list[DutyRecord]] = {day: [] for day in days_of(month.first, month.last)}
    for record in found.records:
        of_day[record.duty_date].append(record)
    return Sheet(
        month=f"{month.first:%Y-%m}",
        person=person,
        lines=[line for day, its in of_day.items() for line in _lines(day, its, month, found)],
        statuses={status.value: count for status, count in totals.statuses.items()},
        flags={flag.value: count for flag, count in totals.flags.items()},
        minutes=dict(totals.minutes),
        overtime_hours=totals.overtime_hours,
        pooled_hours=totals.pooled_hours,
        left_minutes=totals.left_minutes,
    )


def _lines(day: date, records: Sequence[DutyRecord], month: Month, found: Found) -> Iterator[Line]:
    is_off = day in month.off
    for number in range(0, max(1, len(records)), 2):
        two = records[number : number + 2]
        pairs = [_pair(record, month.shifts, found.facts) for record in two]
        yield Line(
            day=f"{day:%m/%d}",
            weekday=_WEEKDAYS[day.weekday()] + (f" {OFF}" if is_off else ""),
            is_off=is_off,
            first=pairs[0] if pairs else Pair(),
            second=pairs[1] if len(pairs) > 1 else Pair(),
            words=_words(two, pairs, _notes(day, month, found)),
            late=_sum([record.late_minutes for record in two]),
            early=_sum([record.early_leave_minutes for record in two]),
            overtime=_sum([record.overtime_minutes for record in two]),
            night=_sum([record.night_minutes for record in two]),
        )


def _pair(record: DutyRecord, shifts: Mapping[str, str], facts: Facts) -> Pair:
    shift = STATUS[Status.UNROSTERED][0] if record.shift_code is None else shifts.get(record.shift_code, "")
    return Pair(
        shift or str(record.shift_code),
        _time(record, record.sign_in, Direction.IN, facts),
        _time(record, record.sign_out, Direction.OUT, facts),
    )


def _time(record: DutyRecord, at: datetime | None, direction: Direction, facts: Facts) -> str:
    if at is None:
        return "" if record.status in {Status.LEAVE, *_OPEN} else UNKNOWN
    shown = f"{_day_beside(at.date() - record.duty_date, at)}{at:%H:%M}"
    # The punch that made the time: a record is kept to the minute, a punch to less than the second.
    rows = [
        punch.row
        for punch in record.punches
        if punch.disposition is Disposition.USED
        and punch.direction in {direction, Direction.AUTO}
        and punch.at.replace(second=0, microsecond=0) == at
    ]
    corrected = any(facts.punches.corrected[row] for row in rows)
    weak = any(facts.punches.weak[row] for row in rows)
    return shown + CORRECTED * corrected + WEAK * weak


def _day_beside(apart: timedelta, at: datetime) -> str:
    known = {timedelta(0): "", DAY: f"{DAY_AFTER} ", -DAY: f"{DAY_BEFORE} "}
    return known.get(apart, f"{at:%m/%d} ")


def _notes(day: date, month: Month, found: Found) -> list[str]:
    """What the calendar calls the date, then the kinds of leave on it."""
    notes = [month.notes[day]] if day in month.notes else []
    return notes + [
        leave.kind or STATUS[Status.LEAVE][0] for leave in found.leaves if _concerns(leave, day, month.zone)
    ]


def _words(records: Sequence[DutyRecord], pairs: Sequence[Pair], notes: Sequence[str]) -> str:
    """The status of each duty, once where they are alike, then what else there is to know about the day."""
    statuses = list(dict.fromkeys(STATUS[record.status][0] for record in records))
    words = list(notes)
    times = "".join(time for pair in pairs for time in (pair.sign_in, pair.sign_out))
    marked = {Flag.CORRECTED: CORRECTED in times, Flag.LOW_ASSURANCE: WEAK in times}
    for record in records:
        words += [FLAG[flag][0] for flag in record.flags if flag not in _SHOWN_ELSEWHERE and not marked.get(flag)]
    return "／".join(statuses) + (f"；{'、'.join(dict.fromkeys(words))}" if words and statuses else "、".join(words))


def _concerns(leave: Leave, day: date, zone: ZoneInfo) -> bool:
    begin, end = local_day(day, zone)
    return leave.begin < end and leave.end > begin


def _sum(minutes: Sequence[int | None]) -> int | None:
    known = [each for each in minutes if each is not None]
    return sum(known) if known else None
