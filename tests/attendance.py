"""The attendance rules in a few words: duties, punches, leave and outages as short texts, one officer unless said."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from checkin_api.domain.attendance import compute
from checkin_api.domain.gathering import PunchRow, RosterRow, gather_duties, gather_punches
from checkin_api.domain.ids import Direction, HoursRule
from checkin_api.domain.leave import Leave
from checkin_api.domain.outages import Outage
from checkin_api.domain.records import Attendance, DutyRecord, Facts
from checkin_api.domain.shifts import Shift

TAIPEI = ZoneInfo("Asia/Taipei")


def shift(code: str, start: str, end: str, **rules: Any) -> Shift:
    """A shift, ``08:00`` to ``17:00``."""
    return Shift(code=code, name=code, start=time.fromisoformat(start), end=time.fromisoformat(end), **rules)


SHIFTS = (
    shift("day", "08:00", "17:00"),
    shift("lunch", "08:00", "17:00", break_minutes=60),
    shift("grace", "08:00", "17:00", late_grace_minutes=5, early_grace_minutes=5),
    shift("night", "20:00", "08:00"),
    shift("whole", "08:00", "08:00"),
    shift("a", "08:00", "12:00"),
    shift("b", "14:00", "18:00"),
    shift("c", "20:00", "22:00"),
    shift("early", "00:00", "08:00"),
    shift("late", "16:00", "00:00"),
    shift("pairs", "08:00", "17:00", hours_rule=HoursRule.EVERY_PAIR, break_minutes=60),
    shift("half", "08:00", "17:00", half_day_below_minutes=240, absent_below_minutes=60),
    shift("office", "08:30", "17:30", break_minutes=60),
)


def at(text: str, zone: ZoneInfo = TAIPEI) -> datetime:
    """``23 08:00[:30]``, or with month and year in front: ``2028-02-29 08:00``."""
    day, clock = text.split()
    if "-" not in day:
        day = f"2026-11-{int(day):02}"
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), zone)


def between(text: str) -> tuple[datetime, datetime]:
    """``23 08:00/23 12:00``."""
    begin, end = text.split("/")
    return at(begin), at(end)


def roster_row(text: str) -> RosterRow:
    """``23 day``, ``2028-02-29 night`` with an officer's number in front when there are several: ``1: 23 day``."""
    officer, text = _officer(text)
    day, code = text.split()
    duty_date = date.fromisoformat(day) if "-" in day else date(2026, 11, int(day))
    return RosterRow(officer=officer, duty_date=duty_date, shift=[s.code for s in SHIFTS].index(code), zone=0)


def punch_row(text: str, zone: ZoneInfo = TAIPEI) -> PunchRow:
    """``in 23 08:00``, ``auto …``; ``corrected``, ``weak``, ``voided`` may follow."""
    officer, text = _officer(text)
    direction, day, clock, *marks = text.split()
    return PunchRow(
        officer=officer,
        at=at(f"{day} {clock}", zone),
        direction=Direction(direction),
        zone=0,
        **dict.fromkeys(marks, True),
    )


def _officer(text: str) -> tuple[int, str]:
    head, colon, rest = text.partition(": ")
    return (int(head), rest) if colon else (0, text)


def attendance(
    roster: Sequence[str],
    punches: Sequence[str] = (),
    *,
    leave: Sequence[str] = (),
    outages: Sequence[str] = (),
    as_of: str = "2030-01-01 00:00",
    zone: ZoneInfo = TAIPEI,
) -> Attendance:
    """Compute one case."""
    zones = [zone, zone]
    facts = Facts(
        duties=gather_duties([roster_row(text) for text in roster], SHIFTS, zones),
        punches=gather_punches(punch_row(text, zone) for text in punches),
        zones=zones,
        leave=[Leave(officer=0, begin=begin, end=end) for begin, end in map(between, leave)],
        outages=[Outage(zone=0, begin=begin, end=end) for begin, end in map(between, outages)],
    )
    return compute(facts, at(as_of))


def in_words(record: DutyRecord) -> str:
    """A record as ``day present 08:00-17:05 +late`` with what is missing as a dash."""
    times = "-".join("…" if clock is None else f"{clock:%H:%M}" for clock in (record.sign_in, record.sign_out))
    flags = "".join(f" +{flag}" for flag in record.flags)
    return f"{record.shift_code or '?'} {record.status} {times}{flags}"


def dispositions(record: DutyRecord) -> str:
    """What each punch counts for: ``used used ignored``."""
    return " ".join(punch.disposition for punch in record.punches)
