"""The console's beacons and agents: the plan of sites, what asks for a visit, alarms closed, blind times."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from checkin_api import audit
from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import AlarmKind, OutageSource, Role
from checkin_api.imports import ImportRefusedError, Kind, read_sheet, store_sheet
from tests import builders
from tests.console import Console, console
from tests.fakes import FakeClock

HWID = "c0ffee0001"


@pytest.fixture
def office(sqlite_url: str, clock: FakeClock) -> Iterator[Console]:
    database = Database(sqlite_url)
    office = console(database, clock)
    with database.write() as session:
        zone = builders.zone(session, builders.site(session, code="HQ", name="總局"), code="Z1", name="大門")
        beacon = builders.beacon(session, zone, hwid=HWID, label="門上")
        builders.zone(session, builders.site(session, code="BRANCH", name="分局"), code="Z2", name="後門")
        session.add(
            m.BeaconAlarm(
                beacon_id=beacon.id,
                kind=AlarmKind.FORGED_CODE,
                first_at=clock.now(),
                last_at=clock.now(),
                count=3,
                evidence=[{"at": clock.now().isoformat(), "who": "A0001", "zone": "Z1", "note": "<b>遠處</b>"}],
            )
        )
        session.add(
            m.Outage(
                zone_id=zone.id,
                begin=clock.now() - timedelta(days=2),
                end=clock.now() - timedelta(days=1),
                reason="停電",
                source=OutageSource.ENTERED,
                entered_at=clock.now(),
            )
        )
    yield office
    office.close()
    database.close()


def test_what_is_wrong_is_told_and_when_a_zone_was_blind(office: Console):
    browser = office.open(Role.INSTALLER)
    assert "偽造的滾動碼" in browser.get("/fleet").text
    assert "這個簽到區還沒有信標" in browser.get("/fleet/site?code=BRANCH").text
    page = browser.get("/fleet/site?code=HQ").text
    assert "偽造的滾動碼" in page
    # A day of seven, two days ago: of a bar of 700.
    assert '<rect class="blind" x="500.0" y="2" width="100.0"' in page
    assert "停電" in page
    beacon = office.open(Role.AUDITOR).get(f"/fleet/beacons/{HWID.upper()}").text
    assert '<a href="/console/fleet/site?code=HQ#zone-Z1">大門</a>' in beacon
    assert "&lt;b&gt;遠處" in beacon


def states(page: str) -> dict[str, str]:
    """Of each mark of the plan, and of each line beneath it, what is said of the site."""
    return dict(re.findall(r'aria-label="([^："]+)：([^"]+)"', page))


def test_a_site_is_marked_by_the_most_urgent_that_is_true_of_it(office: Console):
    now = office.clock.now()
    with office.database.write() as session:
        for number, (name, heard) in enumerate([("全好", now), ("低電", now), ("瞎了", now), ("新的", None)]):
            place = builders.site(session, code=f"P{number}", name=name, latitude=24.1 + number / 100, longitude=120.6)
            zone = builders.zone(session, place)
            beacon = builders.beacon(session, zone)
            if heard:
                battery = 1 if name == "低電" else 10
                session.add(
                    m.BeaconHealth(
                        beacon_id=beacon.id, heard_at=heard, synced_at=now, lag_s=0, lag_at=now, battery=battery
                    )
                )
            if name == "瞎了":
                began = now - timedelta(hours=1)
                session.add(
                    m.Outage(zone_id=zone.id, begin=began, reason="", source=OutageSource.ENTERED, entered_at=now)
                )
    browser = office.open(Role.HR)
    page = browser.get("/fleet").text
    assert states(page) == {"全好": "正常", "低電": "失聲、電池低或有警報", "瞎了": "現在看不到", "新的": "從未聽到"}
    for shape in ('<rect class="blind"', '<path class="trouble"', '<path class="never"', '<circle class="well"'):
        assert shape in page
    # Those of the fixture have no coordinates.
    assert page.index("沒有經緯度") < page.index(">總局</a>")
    assert states(browser.get("/fleet?only=trouble").text).keys() == {"低電", "瞎了", "新的"}
    part = browser.get("/fleet/sites?only=trouble").text
    assert "<html" not in part
    assert states(part).keys() == {"低電", "瞎了", "新的"}
    # All of the department, and where nothing was heard yet, too.
    with office.database.write() as session:
        session.add(m.Outage(begin=now, reason="LINE", source=OutageSource.ENTERED, entered_at=now))
    assert set(states(browser.get("/fleet").text).values()) == {"現在看不到"}
    page = browser.get("/fleet/site?code=P0").text
    assert ("，LINE <a href=" in page, "/console/outages/" in page) == (True, True)
    # Who may not look at outages gets no way there.
    assert "/console/outages/" not in office.open(Role.INSTALLER).get("/fleet/site?code=P0").text


def test_a_site_whose_only_beacon_was_retired_was_heard_and_can_be_blind(office: Console):
    now = office.clock.now()
    with office.database.write() as session:
        zone = builders.zone(session, builders.site(session, code="OLD", name="舊址", latitude=24, longitude=120))
        beacon = builders.beacon(session, zone, retired_at=now - timedelta(hours=1))
        heard, zone_id = now - timedelta(days=1), zone.id
        session.add(m.BeaconHealth(beacon_id=beacon.id, heard_at=heard, synced_at=heard, lag_s=0, lag_at=heard))
    browser = office.open(Role.HR)
    assert states(browser.get("/fleet").text)["舊址"] == "失聲、電池低或有警報"
    with office.database.write() as session:
        session.add(m.Outage(zone_id=zone_id, begin=now, reason="", source=OutageSource.ENTERED, entered_at=now))
    assert states(browser.get("/fleet").text)["舊址"] == "現在看不到"


@pytest.mark.parametrize("code", ["A/B ?&#", "..", '"><script>', "空 白"])
def test_a_site_is_found_whatever_its_code_holds(office: Console, code: str):
    with office.database.write() as session:
        builders.site(session, code=code, name="<b>怪</b>", latitude=24, longitude=120)
    browser = office.open(Role.HR)
    page = browser.get("/fleet").text
    assert "<b>怪" not in page
    assert "<script>" not in page
    [address] = re.findall(r'<a id="mark-1" href="/console([^"]+)"', page)
    assert "&lt;b&gt;怪" in browser.get(html.unescape(address)).text


def test_coordinates_that_are_no_place_do_not_come_in_and_break_nothing_if_they_are_there(office: Console):
    header = "code,name,latitude,longitude\n"
    for cells in ("nan,120", "24,inf", "91,120", "24,-181", "1e5,1", "24,", f"{'9' * 400},1"):
        content = f"{header}X,x,{cells}\n".encode()
        sheet = read_sheet(Kind.SITES, content, filename="s.csv", default_timezone="Asia/Taipei")
        with office.database.write() as session, pytest.raises(ImportRefusedError):
            store_sheet(session, sheet, now=office.clock.now(), actor="test")
    with office.database.write() as session:
        builders.site(session, code="BAD", name="壞的", latitude=float("inf"), longitude=1e308)
    page = office.open(Role.HR).get("/fleet").text
    assert states(page) == {}
    assert ">壞的</a>" in page


def test_an_alarm_is_closed_with_what_was_found(office: Console):
    browser = office.open(Role.INSTALLER)
    browser.get("/fleet")
    with office.database.read() as session:
        alarm_id = session.scalars(select(m.BeaconAlarm.id)).one()
    assert browser.post(f"/fleet/alarms/{alarm_id}/close", {"note": " "}).status_code == 422
    browser.get("/fleet")
    assert browser.post(f"/fleet/alarms/{alarm_id}/close", {"note": "已更換"}).location == "/console/fleet?done=closed"
    assert "偽造的滾動碼" not in browser.get("/fleet").text
    with office.database.read() as session:
        [entry] = audit.entries(session, subject=f"alarm:{alarm_id}")
    assert (entry.actor, "已更換" in entry.detail) == ("console:installer", True)


def test_what_is_not_there_is_told_so(office: Console):
    browser = office.open(Role.HR)
    assert browser.get("/fleet/beacons/0000000000").status_code == 404
    assert browser.get("/fleet/site").status_code == 404
    assert browser.get("/fleet/site?code=NOWHERE").status_code == 404
    assert browser.get("/fleet/beacons/%27%3B--").status_code == 404
    browser.get("/fleet")
    assert browser.post("/fleet/alarms/999/close", {"note": "x"}).status_code == 404
