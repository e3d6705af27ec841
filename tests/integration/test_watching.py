"""Beacons that fall silent and batteries that run out, as the worker finds them each hour, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import AlarmKind, OutageSource, SightingSource
from checkin_api.fleet import alarms
from checkin_api.fleet.watching import Watched, watch
from tests import builders

NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Walls:
    """Two beacons in a zone; presences are of the second."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.write() as session:
            self.zone_id = builders.zone(session, name="大門").id
            zone = session.get_one(m.Zone, self.zone_id)
            self.quiet_id, self.other_id = (builders.beacon(session, zone).id for _ in range(2))
            officer = builders.officer(session)
            for minute in range(3):
                builders.presence(session, officer, zone, NOW - timedelta(minutes=minute), beacon_id=self.other_id)

    def health(self, beacon_id: int, heard_at: datetime, battery: int | None = None) -> None:
        with self.database.write() as session:
            health = m.BeaconHealth(beacon_id=beacon_id, synced_at=heard_at, lag_s=0, lag_at=heard_at)
            health.heard_at, health.battery = heard_at, battery
            session.merge(health)

    def watch(self) -> Watched:
        with self.database.write() as session:
            return watch(session, NOW, silent_after=DAY)

    def alarms(self) -> list[tuple[AlarmKind, int, str]]:
        with self.database.read() as session:
            return [(row.kind, row.count, str(row.evidence[0]["note"])) for row in alarms.list_alarms(session)]


@pytest.fixture
def walls(database: Database) -> Walls:
    walls = Walls(database)
    walls.health(walls.other_id, NOW)
    return walls


def test_a_beacon_is_silent_while_its_zone_is_in_use_and_no_longer_when_it_is_heard(walls: Walls):
    walls.health(walls.quiet_id, NOW - DAY - timedelta(seconds=1))
    assert walls.watch().silent == walls.watch().silent == 1
    assert walls.alarms() == [(AlarmKind.SILENT, 1, "last heard 2026-11-21T23:59:59+00:00")]
    walls.health(walls.quiet_id, NOW)
    assert walls.watch().silent == 0
    assert walls.alarms() == []


def test_a_beacon_that_nobody_ever_heard_is_silent(walls: Walls):
    walls.watch()
    assert walls.alarms() == [(AlarmKind.SILENT, 1, "never heard")]


def test_a_beacon_that_somebody_on_site_heard_is_not_silent(walls: Walls):
    with walls.database.write() as session:
        session.add(
            m.BeaconSighting(
                beacon_id=walls.quiet_id, at=NOW, source=SightingSource.AGENT, told_by="pi", zone_id=walls.zone_id
            )
        )
    assert walls.watch().silent == 0


def test_a_beacon_is_silent_where_only_an_agent_listens(walls: Walls):
    with walls.database.write() as session:
        session.execute(delete(m.Presence))
        zone = session.get_one(m.Zone, walls.zone_id)
        builders.agent(session, zone, heartbeat_at=NOW, revoked_at=NOW)
        agent_id = builders.agent(session, zone, heartbeat_at=NOW - DAY - timedelta(seconds=1)).id
    assert walls.watch().silent == 0
    with walls.database.write() as session:
        session.get_one(m.Agent, agent_id).heartbeat_at = NOW
    assert walls.watch().silent == 1


def test_a_zone_that_nobody_uses_may_be_silent(walls: Walls):
    with walls.database.write() as session:
        session.query(m.Presence).delete()
    assert walls.watch().silent == 0


def test_all_beacons_of_a_zone_with_an_outage_are_silent(walls: Walls):
    walls.health(walls.other_id, NOW - 2 * DAY)
    with walls.database.write() as session:
        session.query(m.Presence).delete()
        session.add(
            m.Outage(zone_id=walls.zone_id, begin=NOW - DAY, reason="", source=OutageSource.DERIVED, entered_at=NOW)
        )
    assert walls.watch().silent == 2


def test_a_retired_beacon_may_be_silent(walls: Walls):
    with walls.database.write() as session:
        session.get_one(m.Beacon, walls.quiet_id).retired_at = NOW - DAY
    assert walls.watch().silent == 0


@pytest.mark.parametrize(("level", "low"), [(None, 0), (0, 0), (1, 1), (2, 1), (3, 0), (11, 0)])
def test_a_low_battery_is_told_until_it_is_changed(walls: Walls, level: int | None, low: int):
    walls.health(walls.quiet_id, NOW, battery=level)
    assert walls.watch().low_battery == low
    walls.health(walls.quiet_id, NOW, battery=11)
    assert walls.watch().low_battery == 0
    assert walls.alarms() == []
