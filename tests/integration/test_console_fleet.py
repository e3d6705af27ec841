"""The console's beacons and agents: what asks for somebody to go there, alarms closed by a person, blind times."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from checkin_api import audit
from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import AlarmKind, OutageSource, Role
from tests import builders
from tests.console import Console, console
from tests.fakes import FakeClock

HWID = "c0ffee0001"


@pytest.fixture
def office(sqlite_url: str, clock: FakeClock) -> Iterator[Console]:
    database = Database(sqlite_url)
    office = console(database, clock)
    with database.write() as session:
        zone = builders.zone(session, builders.site(session, name="總局"), code="Z1", name="大門")
        beacon = builders.beacon(session, zone, hwid=HWID, label="門上")
        builders.zone(session, builders.site(session, name="分局"), code="Z2", name="後門")
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
    page = office.open(Role.INSTALLER).get("/fleet").text
    assert "偽造的滾動碼" in page
    assert "這個簽到區還沒有信標" in page
    # A day of seven, two days ago: of a bar of 700.
    assert '<rect class="blind" x="500.0" y="2" width="100.0"' in page
    assert "停電" in page
    beacon = office.open(Role.AUDITOR).get(f"/fleet/beacons/{HWID.upper()}").text
    assert "&lt;b&gt;遠處" in beacon


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
    assert browser.get("/fleet/beacons/%27%3B--").status_code == 404
    browser.get("/fleet")
    assert browser.post("/fleet/alarms/999/close", {"note": "x"}).status_code == 404
