"""The calendar of own duties as RFC 5545 wants it, read again by a parser of calendars."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from checkin_api.calendar_feed import DutyEntry, as_ics

TAIPEI = ZoneInfo("Asia/Taipei")
NOW = datetime(2026, 11, 23, 0, 0, 0, 123456, tzinfo=UTC)


def entry(summary: str = "夜勤", location: str = "", zone: ZoneInfo = TAIPEI) -> DutyEntry:
    start = datetime(2026, 11, 23, 20, tzinfo=zone)
    return DutyEntry(UUID(int=7), summary, location, start, datetime(2026, 11, 24, 8, tzinfo=zone))


def read(*entries: DutyEntry, zone: ZoneInfo = TAIPEI) -> Any:
    return Calendar.from_ical(as_ics(entries, NOW, zone))


def test_a_duty_over_midnight_ends_on_the_next_day_in_local_time():
    [event] = read(entry(location="第一分局 大門")).walk("VEVENT")
    assert event["dtstart"].dt == datetime(2026, 11, 23, 20, tzinfo=TAIPEI)
    assert event["dtend"].dt == datetime(2026, 11, 24, 8, tzinfo=TAIPEI)
    assert event["dtstart"].params["TZID"] == "Asia/Taipei"
    assert (event["summary"], event["location"]) == ("夜勤", "第一分局 大門")
    assert event["dtstamp"].dt == NOW.replace(microsecond=0)
    assert event["uid"] == str(UUID(int=7))


def test_every_zone_that_is_named_is_explained():
    calendar = read(entry(), entry(zone=ZoneInfo("America/New_York")))
    assert {zone["tzid"] for zone in calendar.walk("VTIMEZONE")} == {"Asia/Taipei", "America/New_York"}
    assert calendar.get_missing_tzids() == set()
    assert [part.name for part in calendar.subcomponents] == ["VTIMEZONE", "VTIMEZONE", "VEVENT", "VEVENT"]


@pytest.mark.parametrize("zone", ["Asia/Taipei", "UTC", "Europe/Berlin"])
def test_a_calendar_without_duties_is_a_calendar_still(zone: str):
    calendar = read(zone=ZoneInfo(zone))
    assert calendar.walk("VEVENT") == []
    assert len(calendar.subcomponents) == 1


def test_calendars_are_told_to_ask_once_an_hour():
    calendar = read(entry())
    assert calendar["refresh-interval"].dt == timedelta(hours=1)
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in as_ics([entry()], NOW, TAIPEI)
    assert b"X-PUBLISHED-TTL:PT1H\r\n" in as_ics([entry()], NOW, TAIPEI)
    assert (str(calendar["version"]), str(calendar["method"])) == ("2.0", "PUBLISH")


def test_lines_end_and_are_folded_as_the_rfc_says():
    # Source: RFC 5545, section 3.1: CRLF, at most 75 octets a line, and no character of UTF-8 torn apart.
    name = "深夜勤務值班臺兼受理報案，備勤；\n第二行\\" * 20
    text = as_ics([entry(name, name)], NOW, TAIPEI)
    assert text.endswith(b"END:VCALENDAR\r\n")
    lines = text.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not [line for line in lines if b"\n" in line or b"\r" in line]
    for line in lines:
        line.decode()
    parsed: Any = Calendar.from_ical(text)
    [event] = parsed.walk("VEVENT")
    assert (event["summary"], event["location"]) == (name, name)


@pytest.mark.parametrize("hostile", ["x\r\nATTENDEE:mailto:a@b", "BEGIN:VALARM", "\x0b\x00x", "a" * 1_000_000])
def test_a_name_adds_no_property_and_no_component(hostile: str):
    calendar = read(entry(hostile))
    [event] = calendar.walk("VEVENT")
    assert "attendee" not in event
    assert event.subcomponents == []
    assert len(calendar.walk()) == len(read(entry()).walk())
