"""An officer's own duties as a calendar at a secret address: making the address, ending it, what is in the calendar."""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVarTuple
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from checkin_api import models as m
from checkin_api import queries
from checkin_api.domain.shifts import local_date

if TYPE_CHECKING:
    from icalendar import Timezone

_Columns = TypeVarTuple("_Columns")

# 192 bits: nobody guesses one.
_TOKEN_BYTES = 24
BACK, AHEAD = timedelta(days=31), timedelta(days=92)
_NAME = "勤務 / Duties"
# Of our own; what a calendar knows a duty by must not change when its roster is imported anew.
_DUTIES = UUID("8f0d3c52-7e0b-4c0e-9a56-2d6a8f6f6f0e")


@dataclass(frozen=True, slots=True)
class Feed:
    """Whether there is an address, without the address: that is shown once and kept nowhere."""

    made_at: datetime
    last_read_on: date | None


@dataclass(frozen=True, slots=True)
class Opened:
    """Whose duties an address opens, and the day on which it was last read."""

    officer_id: int
    last_read_on: date | None


@dataclass(frozen=True, slots=True)
class DutyEntry:
    """A duty as it stands in a calendar; times in the zone of its site."""

    uid: UUID
    summary: str
    location: str
    start: datetime
    end: datetime


def make(session: Session, now: datetime, officer_id: int) -> str:
    """Make a new address, and end the one before. The caller commits.

    Returns:
        The token in it, which cannot be had again.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    # Two requests at once: the second waits here.
    session.get_one(m.Officer, officer_id, with_for_update={"key_share": True})
    end(session, officer_id)
    session.add(m.CalendarFeed(officer_id=officer_id, token_hash=hash_of(token), made_at=now))
    session.flush()
    return token


def end(session: Session, officer_id: int) -> None:
    """End the address, if there is one. The caller commits."""
    session.execute(delete(m.CalendarFeed).where(m.CalendarFeed.officer_id == officer_id))


def feed_of(session: Session, officer_id: int) -> Feed | None:
    """The address that an officer has, if it still opens anything."""
    f = m.CalendarFeed
    row = session.execute(_open(select(f.made_at, f.last_read_on)).where(f.officer_id == officer_id)).one_or_none()
    return None if row is None else Feed(*row)


def opened_by(session: Session, token_hash: str) -> Opened | None:
    """What a token opens: one question by a unique hash, whether it is known or not."""
    f = m.CalendarFeed
    row = session.execute(_open(select(f.officer_id, f.last_read_on)).where(f.token_hash == token_hash)).one_or_none()
    return None if row is None else Opened(*row)


def note_read(session: Session, officer_id: int, today: date) -> None:
    """Remember the day of the newest reading. The caller commits, and asks for it once a day at most."""
    f = m.CalendarFeed
    session.execute(update(f).where(f.officer_id == officer_id).values(last_read_on=today))


def hash_of(token: str) -> str:
    """What is stored of a token; it is random, so its hash tells nothing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def duties(session: Session, now: datetime, officer_id: int, zone: ZoneInfo) -> list[DutyEntry]:
    """The own duties from a month back to three months ahead, in order; on the roster, or by the default shift."""
    today = local_date(now, zone)
    first, last = today - BACK, today + AHEAD
    places = {(place.duty_date, place.shift_code): place for place in _places(session, officer_id, first, last)}
    names = dict(session.execute(select(m.Shift.code, m.Shift.name)).all())
    expected = queries.expected_duties(session, first, last, zone, among=m.Officer.id == officer_id)
    entries = []
    for duty in (each.duty for each in expected):
        place = places.get((duty.duty_date, duty.shift_code))
        at = ZoneInfo(place.timezone) if place else zone
        entries.append(
            DutyEntry(
                uid=uuid5(_DUTIES, f"{officer_id}:{duty.duty_date}:{duty.shift_code}"),
                summary=names.get(duty.shift_code, duty.shift_code),
                location=place.name if place else "",
                start=duty.start.astimezone(at),
                end=duty.end.astimezone(at),
            )
        )
    return sorted(entries, key=lambda entry: (entry.start, entry.uid))


def as_ics(entries: Sequence[DutyEntry], now: datetime, zone: ZoneInfo) -> bytes:
    """The calendar as text/calendar. Source: RFC 5545; RFC 7986, section 5.7 for how often it is to be read."""
    from icalendar import Calendar, Event  # noqa: PLC0415 (only who reads a calendar waits for it)

    calendar = Calendar()
    calendar.add("prodid", "-//police-checkin//duties//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", _NAME)
    # Its name before RFC 7986, which calendars read still.
    calendar.add("x-wr-calname", _NAME)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for entry in entries:
        event = Event()
        event.add("uid", str(entry.uid))
        event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
        event.add("dtstart", entry.start)
        event.add("dtend", entry.end)
        event.add("summary", entry.summary)
        if entry.location:
            event.add("location", entry.location)
        calendar.add_component(event)
    # A calendar has at least one component. Source: RFC 5545, section 3.6.
    named = sorted(calendar.get_missing_tzids()) if entries else [zone.key]
    # Before the events that name them, for whoever reads a calendar from top to bottom.
    calendar.subcomponents[:0] = [_timezone(name, now.year) for name in named]
    text: bytes = calendar.to_ical()
    return text


@lru_cache(maxsize=64)
def _timezone(name: str, year: int) -> "Timezone":
    """A zone's changes in the years around; working them out takes as long as all the rest."""
    from icalendar import Timezone  # noqa: PLC0415 (as above)

    return Timezone.from_tzid(name, first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1))


@dataclass(frozen=True, slots=True)
class _Place:
    duty_date: date
    shift_code: str
    name: str
    timezone: str


def _places(session: Session, officer_id: int, first: date, last: date) -> Iterator[_Place]:
    r = m.RosterEntry
    rows = session.execute(
        select(r.duty_date, m.Shift.code, m.Zone.name, m.Site.name, m.Site.timezone)
        .join(m.Shift, m.Shift.id == r.shift_id)
        .join(m.Zone, m.Zone.id == r.zone_id)
        .join(m.Site, m.Site.id == m.Zone.site_id)
        .where(r.officer_id == officer_id, r.duty_date.between(first, last))
    )
    for duty_date, shift_code, zone, site, timezone in rows:
        yield _Place(duty_date, shift_code, f"{site} {zone}", timezone)


def _open(query: Select[*_Columns]) -> Select[*_Columns]:
    """Only addresses made under the LINE account that is bound now: releasing it, for a lost phone say, ends them."""
    a = m.LineAccount
    return query.join(
        a, (a.officer_id == m.CalendarFeed.officer_id) & a.unbound_at.is_(None) & (a.bound_at <= m.CalendarFeed.made_at)
    )
