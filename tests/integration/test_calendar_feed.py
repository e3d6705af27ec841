"""The calendar at a secret address, as an officer makes it and a calendar reads it, on both databases."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from icalendar import Calendar
from pydantic import SecretStr
from sqlalchemy import event, select

from checkin_api import enrolment
from checkin_api import models as m
from checkin_api.app import create_app
from checkin_api.config import Settings
from checkin_api.web.calendar_feed import Paces
from tests import builders, webhooks
from tests.officers import ANN, BEN, KEY, STRANGER, TAIPEI, Phones
from tests.serving import Serving


def make(phones: Phones, user: str = ANN) -> str:
    """A new address; its path."""
    status, told = phones.ask("POST", "/calendar", user=user)
    assert status == 201, told
    prefix, path = told["url"][:16], told["url"][16:]
    assert prefix == "http://localhost"
    return str(path)


def fetch(phones: Phones, path: str, **more: Any) -> Any:
    return phones.app.test_client().get(path, **more)


def events(phones: Phones, path: str) -> list[Any]:
    answer = fetch(phones, path)
    assert answer.status_code == 200
    parsed: Any = Calendar.from_ical(answer.data)
    return list(parsed.walk("VEVENT"))


def add_duties(phones: Phones, *duties: tuple[date, m.Shift, m.Zone | None], staff_no: str = "A0001") -> None:
    with phones.database.write() as session:
        officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == staff_no)).one()
        for duty_date, shift, zone in duties:
            builders.roster(session, officer, shift, duty_date, zone_id=zone.id if zone else None)


@pytest.fixture
def night(phones: Phones) -> tuple[m.Shift, m.Zone]:
    with phones.database.write() as session:
        shift = builders.shift(session, name="深夜勤", start=time(22), end=time(6))
        site = builders.site(session, name="第一分局", timezone="Asia/Tokyo")
        zone = builders.zone(session, site, name="後門")
        session.expunge_all()
    return shift, zone


def test_an_address_opens_the_own_duties_and_nobody_elses(phones: Phones, night: tuple[m.Shift, m.Zone]):
    add_duties(phones, (date(2026, 12, 1), *night))
    add_duties(phones, (date(2026, 12, 2), *night), staff_no="A0002")
    path = make(phones)
    answer = fetch(phones, path)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-store"
    found = events(phones, path)
    assert [(str(each["summary"]), str(each.get("location", ""))) for each in found] == [
        ("日勤", ""),
        ("日勤", ""),
        ("深夜勤", "第一分局 後門"),
    ]
    # 22:00 to 6:00 by the clock of its site, which is an hour ahead.
    late = found[-1]
    assert late["dtstart"].params["TZID"] == "Asia/Tokyo"
    assert late["dtstart"].dt == datetime(2026, 12, 1, 21, tzinfo=TAIPEI)
    assert late["dtend"].dt == datetime(2026, 12, 2, 5, tzinfo=TAIPEI)
    assert found[0]["dtstart"].dt.isoformat() == "2026-11-23T08:00:00+08:00"
    assert {str(each["summary"]) for each in events(phones, make(phones, BEN))} == {"日勤", "深夜勤"}
    assert "員警2" not in answer.text
    assert "A0001" not in answer.text


def test_it_reaches_a_month_back_and_three_ahead(phones: Phones, night: tuple[m.Shift, m.Zone]):
    days = [date(2026, 11, 23) + timedelta(days=number) for number in (-32, -31, 92, 93)]
    add_duties(phones, *((day, night[0], None) for day in days))
    dates = [each["dtstart"].dt.date() for each in events(phones, make(phones))]
    assert (dates[0], dates[-1], len(dates)) == (days[1], days[2], 4)


def test_a_duty_keeps_its_identity_when_the_roster_is_entered_anew(phones: Phones):
    path = make(phones)
    before = [str(each["uid"]) for each in events(phones, path)]
    with phones.database.write() as session:
        officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0001")).one()
        entries = session.scalars(select(m.RosterEntry).where(m.RosterEntry.officer_id == officer.id)).all()
        duties = [(entry.duty_date, entry.shift_id) for entry in entries]
        for entry in entries:
            session.delete(entry)
        session.flush()
        session.add_all([m.RosterEntry(officer_id=officer.id, duty_date=day, shift_id=shift) for day, shift in duties])
    assert [str(each["uid"]) for each in events(phones, path)] == before
    assert len(set(before)) == 2
    # A colleague's duty on the same day is another one.
    assert not {str(each["uid"]) for each in events(phones, make(phones, BEN))} & set(before)


def test_office_staff_have_their_working_days(phones: Phones):
    with phones.database.write() as session:
        shift = builders.shift(session, name="辦公", start=time(8, 30), end=time(17, 30))
        officer = builders.officer(session, staff_no="A0007", default_shift_id=shift.id)
        builders.line_account(session, officer, webhooks.user(7))
        builders.acceptance(session, officer)
        # Rostered on a Saturday, and not twice on a Monday.
        builders.roster(session, officer, builders.shift(session, name="值日"), date(2026, 11, 28))
        builders.roster(session, officer, builders.shift(session, name="代班"), date(2026, 11, 30))
    phones.line.add_phone("office", webhooks.user(7))
    found = [
        (each["dtstart"].dt.date(), str(each["summary"]))
        for each in events(phones, make(phones, webhooks.user(7)))
        if date(2026, 11, 23) <= each["dtstart"].dt.date() <= date(2026, 12, 1)
    ]
    assert found == [
        *((date(2026, 11, day), "辦公") for day in range(23, 28)),
        (date(2026, 11, 28), "值日"),
        (date(2026, 11, 30), "代班"),
        (date(2026, 12, 1), "辦公"),
    ]


def test_a_new_address_ends_the_old_one_and_an_end_ends_it(phones: Phones):
    assert phones.ask("GET", "/calendar")[1] == {"exists": False, "made_at": None, "last_read_on": None}
    first, second = make(phones), make(phones)
    assert first != second
    assert fetch(phones, first).status_code == 404
    assert fetch(phones, second).status_code == 200
    assert phones.ask("GET", "/calendar")[1]["exists"] is True
    # Ben's end is not Ann's.
    assert phones.ask("DELETE", "/calendar", user=BEN)[0] == 200
    assert fetch(phones, second).status_code == 200
    for _ in range(2):
        assert phones.ask("DELETE", "/calendar") == (200, {"exists": False, "made_at": None, "last_read_on": None})
    assert fetch(phones, second).status_code == 404
    assert phones.ask("GET", "/calendar")[1]["exists"] is False


def test_two_tabs_at_once_leave_one_address(phones: Phones):
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _: make(phones), range(4)))
    assert sorted(fetch(phones, path).status_code for path in paths) == [200, 404, 404, 404]


def test_the_address_is_long_random_and_stored_as_a_hash(phones: Phones):
    token = make(phones).removeprefix("/calendar/").removesuffix(".ics")
    assert len(token) == 32
    with phones.database.read() as session:
        [feed] = session.scalars(select(m.CalendarFeed))
    assert len(feed.token_hash) == 64
    assert token not in feed.token_hash
    assert token not in str(phones.ask("GET", "/calendar")[1])


def test_releasing_the_line_account_ends_the_address_for_good(phones: Phones):
    path = make(phones)
    with phones.database.write() as session:
        enrolment.release(session, phones.clock.now(), "A0001", actor="cli:hr")
    assert fetch(phones, path).status_code == 404
    phones.clock.advance(hours=1)
    with phones.database.write() as session:
        officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0001")).one()
        builders.line_account(session, officer, ANN, bound_at=phones.clock.now())
    assert fetch(phones, path).status_code == 404
    assert phones.ask("GET", "/calendar")[1]["exists"] is False
    assert fetch(phones, make(phones)).status_code == 200


def test_who_has_left_has_no_duties_any_more(phones: Phones):
    path = make(phones)
    with phones.database.write() as session:
        officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0001")).one()
        officer.active_to = date(2026, 11, 22)
    assert events(phones, path) == []


def statements(phones: Phones, path: str) -> list[str]:
    engine, seen = phones.app.extensions["database"].engine, list[str]()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        fetch(phones, path)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return seen


@pytest.mark.parametrize("token", ["x", "A" * 32, "%00" * 10, "%ED%A0%80", "é", "a" * 60_000, "' or 1=1 --"])
def test_an_address_that_never_was_is_answered_like_one_that_was_ended(phones: Phones, token: str):
    ended = make(phones)
    make(phones)
    first, second = fetch(phones, ended), fetch(phones, f"/calendar/{token}.ics")
    assert (second.status_code, second.data, dict(second.headers)) == (404, first.data, dict(first.headers))
    # As much work: one question, by a hash of one length.
    work = [statements(phones, path) for path in (ended, f"/calendar/{token}.ics")]
    assert work[0] == work[1]
    assert len([each for each in work[0] if each.lower().startswith("select")]) == 1


@pytest.mark.parametrize("path", ["/calendar/", "/calendar/.ics", "/calendar/a/b.ics", "/calendar/x", "/calendar"])
def test_other_paths_are_nothing(phones: Phones, path: str):
    assert fetch(phones, path).status_code == 404
    assert phones.app.test_client().post(f"{make(phones)}").status_code == 405


def test_a_reading_is_written_down_once_a_day(phones: Phones):
    path = make(phones)
    assert phones.ask("GET", "/calendar")[1]["last_read_on"] is None
    fetch(phones, path)
    assert phones.ask("GET", "/calendar")[1]["last_read_on"] == "2026-11-23"
    assert not [each for each in statements(phones, path) if not each.lower().startswith(("select", "begin"))]
    # In the department's zone the next day begins at 16:00 UTC.
    phones.clock.advance(hours=16)
    fetch(phones, path)
    assert phones.ask("GET", "/calendar")[1]["last_read_on"] == "2026-11-24"


def test_one_address_is_not_read_without_end_and_others_do_not_suffer(phones: Phones):
    phones.app.extensions["calendar_paces"] = Paces(readings=3, tries=4)
    mine, bens = make(phones), make(phones, BEN)
    codes = [fetch(phones, mine).status_code for _ in range(6)]
    assert (codes[0], codes[-1]) == (200, 429)
    assert fetch(phones, bens).status_code == 200
    guesses = [fetch(phones, f"/calendar/{number}.ics").status_code for number in range(8)]
    assert (guesses[0], guesses[-1]) == (404, 429)
    # Whoever knows an address reads it from the same place still.
    assert fetch(phones, bens).status_code == 200


def test_who_is_not_enrolled_has_no_address(phones: Phones):
    for method in ("GET", "POST", "DELETE"):
        assert phones.ask(method, "/calendar", user=STRANGER)[1]["code"] == "not_enrolled"
        assert phones.ask(method, "/calendar", token="x")[0] == 401


def test_the_address_begins_with_the_public_one_that_is_set(phones: Phones):
    settings = phones.app.extensions["settings"].model_copy(update={"public_url": "https://checkin.example.gov.tw/a/"})
    phones.app.extensions["settings"] = settings
    url = phones.ask("POST", "/calendar")[1]["url"]
    assert url.startswith("https://checkin.example.gov.tw/a/calendar/")
    assert url.endswith(".ics")


def test_no_log_record_holds_the_address(phones: Phones, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    path = make(phones)
    token = path.removeprefix("/calendar/").removesuffix(".ics")
    fetch(phones, path)
    # Even when it fails for a reason that nobody foresaw.
    phones.app.extensions["clock"] = None
    assert fetch(phones, path).status_code == 500
    assert caplog.records
    assert token not in caplog.text


def test_without_a_login_channel_addresses_are_read_still(database_url: str):
    app = create_app(Settings(database_url=database_url, secret_key=SecretStr(KEY)))
    assert app.test_client().get("/calendar/x.ics").status_code == 404
    app.extensions["database"].close()


def test_the_server_logs_no_address_that_is_read(sqlite_url: str, tmp_path: Path):
    log = tmp_path / "log"
    with Serving(sqlite_url, log=log) as serving, pytest.raises(HTTPError):
        urlopen(f"{serving.url}/calendar/a-secret-address.ics", timeout=10).close()
    assert "serving on" in log.read_text()
    assert "a-secret-address" not in log.read_text()
