"""Deleting what is past its period: what refers to what goes together, or stays together."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import (
    CorrectionKind,
    CorrectionState,
    Reason,
    Role,
    Shown,
)
from tests import builders
from tests.expiring import CUT, DAY, NOW, SECOND, Station, count, keys, previewed, purge


def test_an_agents_sighting_and_a_sensing_that_prove_a_punch_are_kept_with_it(database: Database):
    with database.write() as session:
        station = Station(session)
        at = CUT.at("punches") + DAY
        for proof in (station.sighted(at), station.sensed(at)):
            station.punched(at, proof)
        # A position is a presence without a beacon.
        station.punched(at, station.sensed(at, beacon_id=None, shown=Shown.LOCATION, distance_m=12, accuracy_m=5))
    assert purge(database) == {}
    later = replace(CUT, now=NOW + 2 * DAY)
    assert purge(database, later) == {"punches": 3, "proofs": 3}
    assert count(database, m.Presence) == count(database, m.Punch) == 0


def test_an_agents_sighting_goes_before_a_sensing(database: Database):
    with database.write() as session:
        station = Station(session)
        at = CUT.at("site_sightings") - DAY
        station.sighted(at)
        kept = station.sensed(at).id, station.sensed(at, agent_id=station.agent.id).id
    assert purge(database) == {"site_sightings": 1}
    assert keys(database, m.Presence.id) == set(kept)


def test_a_sensing_that_proves_two_punches_goes_with_the_later(database: Database):
    cut = CUT.at("punches")
    with database.write() as session:
        station = Station(session)
        proof = station.sensed(cut - SECOND)
        station.punched(cut - SECOND, proof)
        station.punched(cut, proof)
    assert previewed(database) == {"punches": 1}
    assert purge(database) == {"punches": 1}
    assert count(database, m.Presence) == 1


def test_with_a_punch_goes_all_that_refers_to_it(database: Database):
    cut = CUT.at("punches")
    with database.write() as session:
        station = Station(session)
        for at, later in ((cut - DAY, NOW - DAY), (cut + DAY, NOW - DAY)):
            punch = station.punched(at, station.sensed(at))
            void = station.corrected(
                later, kind=CorrectionKind.VOID, punch_id=punch.id, state=CorrectionState.APPROVED, decided_at=later
            )
            station.add(m.PunchVoid(punch_id=punch.id, correction_id=void.id, at=later))
            station.corrected(at, punch_id=punch.id)
            builders.refusal(session, Reason.NO_PRESENCE, later, officer_id=station.officer.id, punch_id=punch.id)
    gone = {"punches": 1, "proofs": 1, "corrections": 2, "refusals": 1}
    assert previewed(database) == gone
    assert purge(database) == gone
    assert purge(database) == {}
    tables = (m.Punch, m.PunchVoid, m.Correction, m.Refusal, m.Presence)
    assert [count(database, table) for table in tables] == [1, 1, 2, 1, 1]


def test_an_event_goes_with_its_reply_and_its_presence_and_punch_stay(database: Database):
    old = CUT.at("inbox") - DAY
    with database.write() as session:
        station = Station(session)
        event = builders.inbox_event(session, received_at=old, webhook_event_id="liff:1")
        builders.reply(session, inbox_event_id=event.id, created_at=CUT.at("replies") + DAY)
        punch = station.punched(old, station.sensed(old, inbox_event_id=event.id))
        punch.request_id = f"liff:{event.id}:in"
        builders.inbox_event(session, received_at=NOW)
        request_id, presence_id = punch.request_id, punch.presence_id
    assert previewed(database) == {"inbox": 1, "replies": 1}
    assert purge(database) == {"inbox": 1, "replies": 1}
    with database.read() as session:
        assert session.execute(select(m.Presence.id, m.Presence.inbox_event_id)).all() == [(presence_id, None)]
        assert session.scalars(select(m.Punch.request_id)).all() == [request_id]


def test_with_a_person_goes_what_nobody_ended(database: Database):
    with database.write() as session:
        station = Station(session)
        for day in (CUT.day("person") - DAY, CUT.day("person")):
            left = station.leaver(day)
            builders.line_account(session, left, f"U{day}")
            builders.acceptance(session, left)
            station.device(left, None)
            station.add(m.Supervisor(officer_id=left.id, unit_id=left.unit_id, named_at=NOW))
            builders.console_user(session, username=f"user{left.id}", role=Role.HR, officer_id=left.id)
            station.add(m.CalendarFeed(officer_id=left.id, token_hash=f"{day}", made_at=NOW))
        # In service, and nothing of this is old.
        builders.line_account(session, station.officer, "U1")
        builders.acceptance(session, station.officer)
        station.device(station.officer, None)
    gone = {"account": 1, "devices": 1, "consents": 1, "calendar": 1, "person": 1}
    assert previewed(database) == gone
    assert purge(database) == gone
    assert purge(database) == {}
    assert (count(database, m.Supervisor), count(database, m.ConsoleUser)) == (1, 2)
    assert count(database, m.LineAccount) == count(database, m.OfficerDevice) == 2


def test_a_person_is_kept_while_a_younger_row_is_theirs(database: Database):
    with database.write() as session:
        station = Station(session)
        station.officer.active_to = CUT.day("person") - DAY
        station.punched(CUT.at("punches") - DAY)
        builders.refusal(session, Reason.NO_PRESENCE, NOW - DAY, officer_id=station.officer.id)
    assert previewed(database) == {"punches": 1}
    assert purge(database) == {"punches": 1}
    assert purge(database, replace(CUT, now=NOW + timedelta(days=365))) == {"refusals": 1, "person": 1}


def test_a_device_is_kept_while_it_proves_a_punch(database: Database):
    with database.write() as session:
        station = Station(session)
        device = station.device(station.officer, CUT.at("devices") - DAY)
        at = CUT.at("punches") + DAY
        proof = station.sensed(at, beacon_id=None, agent_id=station.agent.id, device_id=device.id)
        station.punched(at, proof)
    assert purge(database) == previewed(database) == {}
