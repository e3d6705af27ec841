"""Deleting what is past its period: each kind of data on both sides of its cut-off, and what is never deleted."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from checkin_api import models as m
from checkin_api.db import Database
from checkin_api.domain.ids import (
    AlarmKind,
    EventState,
    MessageState,
    PhoneSystem,
    PrivacyRequestKind,
    PrivacyRequestState,
    Reason,
    RosterAction,
    new_id,
)
from checkin_api.fleet.alarms import Evidence
from checkin_api.privacy.expiry import FILES, KEPT, RULES, WITH_PERSON, referring
from tests import builders
from tests.expiring import CUT, DAY, NOW, PERIODS, SECOND, Station, count, keys, previewed, purge

# How a row of a kind is made that is so old; of dates, the last day that is past the period is one before the cut-off.
AT: dict[str, Callable[[Station, datetime], m.Base]] = {
    "site_sightings": lambda s, at: s.sighted(at),
    "presences": lambda s, at: s.sensed(at),
    "punches": lambda s, at: s.punched(at),
    "refusals": lambda s, at: builders.refusal(s.session, Reason.NO_PRESENCE, at),
    "corrections": lambda s, at: s.corrected(at),
    "inbox": lambda s, at: builders.inbox_event(s.session, received_at=at),
    "replies": lambda s, at: builders.reply(
        s.session,
        inbox_event_id=builders.inbox_event(s.session, received_at=NOW).id,
        created_at=at,
        state=MessageState.SENT,
    ),
    "phone_check": lambda s, at: s.add(
        m.PhoneCheckup(id=new_id(), officer_id=s.officer.id, system=PhoneSystem.IOS, started_at=at)
    ),
    "reminders": lambda s, at: s.reminded(at, state=MessageState.SENT),
    "requests": lambda s, at: s.add(
        m.PrivacyRequest(
            id=new_id(),
            officer_id=s.officer.id,
            kind=PrivacyRequestKind.SEE,
            text="?",
            requested_at=at,
            state=PrivacyRequestState.OPEN,
        )
    ),
    "account": lambda s, at: builders.line_account(s.session, s.officer, "U1", unbound_at=at),
    "devices": lambda s, at: s.device(s.officer, at),
    "codes": lambda s, at: s.add(m.EnrolmentTry(line_user_id="U1", at=at)),
}
ON: dict[str, Callable[[Station, date], m.Base]] = {
    "person": lambda s, day: s.leaver(day),
    "consents": lambda s, day: builders.acceptance(s.session, s.leaver(day)),
    "roster": lambda s, day: builders.roster(s.session, s.officer, s.shift, day),
}
# Tested by themselves, below or in the files beside this one.
APART = {"alarms", "calendar", "proofs", FILES}


def test_every_kind_of_the_notice_is_deleted_or_has_the_reason_why_not():
    ruled = {rule.kind for rule in RULES} | {FILES}
    assert ruled | set(KEPT) == set(PERIODS)
    assert not ruled & set(KEPT)
    assert ruled == {*AT, *ON, *APART}


def test_whatever_names_an_officer_goes_by_a_rule_or_with_the_person():
    assert {table for table, _ in referring(m.Officer)} - {rule.table for rule in RULES} == WITH_PERSON


@pytest.mark.parametrize("kind", AT)
def test_what_is_past_its_period_goes_and_what_is_not_stays(database: Database, kind: str):
    cut = CUT.at(kind)
    with database.write() as session:
        station = Station(session)
        AT[kind](station, cut - SECOND)
        kept = AT[kind](station, cut)
        table, key = type(kept), kept.__mapper__.primary_key_from_instance(kept)[0]
        builders.inbox_event(session, received_at=NOW)
    assert previewed(database) == {kind: 1}
    assert purge(database) == {kind: 1}
    left = keys(database, next(rule.key for rule in RULES if rule.table is table))
    assert key in left
    assert purge(database) == previewed(database) == {}
    assert keys(database, next(rule.key for rule in RULES if rule.table is table)) == left


@pytest.mark.parametrize("kind", ON)
def test_of_dates_the_day_itself_stays(database: Database, kind: str):
    with database.write() as session:
        station = Station(session)
        ON[kind](station, CUT.day(kind) - DAY)
        ON[kind](station, CUT.day(kind))
    gone = {kind: 1, "person": 1} if kind == "consents" else {kind: 1}
    assert previewed(database) == gone
    assert purge(database) == gone
    assert purge(database) == {}


def test_five_years_are_years_of_the_calendar():
    assert CUT.at("punches") == datetime(2029, 3, 1, 19, 0, tzinfo=UTC)
    assert replace(CUT, now=datetime(2028, 2, 29, 1, tzinfo=UTC)).at("punches") == datetime(2023, 2, 28, 1, tzinfo=UTC)
    assert CUT.at("presences") == NOW - timedelta(days=30)
    assert CUT.day("roster") == date(2029, 3, 2)


@pytest.mark.parametrize("state", EventState)
def test_an_undecided_event_is_never_deleted(database: Database, state: EventState):
    with database.write() as session:
        builders.inbox_event(session, received_at=CUT.at("inbox") - DAY, state=state)
        builders.inbox_event(session, received_at=NOW)
    assert purge(database) == ({} if state is EventState.STORED else {"inbox": 1})


def test_the_number_of_an_event_is_never_given_again(database: Database):
    """Request numbers of punches are made of it, and those are unique for years."""
    old = CUT.at("inbox") - DAY
    with database.write() as session:
        before = [builders.inbox_event(session, received_at=old).id for _ in range(3)]
    purge(database)
    with database.write() as session:
        assert builders.inbox_event(session, received_at=NOW).id > max(before)


@pytest.mark.parametrize("kind", ["replies", "reminders"])
def test_what_waits_to_be_sent_is_left_to_the_courier(database: Database, kind: str):
    at = CUT.at(kind) - DAY
    with database.write() as session:
        if kind == "reminders":
            Station(session).reminded(at, state=MessageState.PENDING)
        else:
            builders.reply(session, inbox_event_id=builders.inbox_event(session, received_at=NOW).id, created_at=at)
    assert purge(database) == {}


def test_old_evidence_goes_from_an_alarm_and_the_alarm_stays(database: Database):
    cut = CUT.at("alarms")
    with database.write() as session:
        station = Station(session)
        evidence = [Evidence(at=at, who="A1", zone="大門").as_json() for at in (cut + SECOND, cut, cut - SECOND)]
        for closed_at in (None, cut):
            station.add(
                m.BeaconAlarm(
                    beacon_id=station.beacon.id,
                    kind=AlarmKind.REPLAYED_CODE,
                    first_at=cut - SECOND,
                    last_at=cut,
                    count=3,
                    evidence=evidence,
                    closed_at=closed_at,
                )
            )
    assert previewed(database) == {"alarms": 2}
    assert purge(database) == {"alarms": 2}
    assert purge(database) == previewed(database) == {}
    with database.read() as session:
        assert [alarm.evidence for alarm in session.scalars(select(m.BeaconAlarm))] == [evidence[:2]] * 2


@pytest.mark.parametrize(("last_day", "left"), [(date(2034, 3, 1), 0), (date(2034, 3, 2), 1), (None, 1)])
def test_a_wish_for_reminders_is_kept_while_in_service(database: Database, last_day: date | None, left: int):
    # In Taipei it is 2 March.
    with database.write() as session:
        officer = builders.officer(session, active_to=last_day)
        session.add(m.ReminderWish(officer_id=officer.id, is_wanted=True, said_at=NOW - timedelta(days=3000)))
    purge(database)
    assert count(database, m.ReminderWish) == left


def test_every_table_of_a_kind_with_several_is_looked_at(database: Database):
    with database.write() as session:
        station = Station(session)
        issued = CUT.at("codes") - DAY
        station.add(
            m.EnrolmentCode(
                officer_id=station.officer.id,
                code_hash="0",
                issued_at=issued,
                expires_at=issued,
                tries_left=0,
            )
        )
        old = CUT.at("roster") - timedelta(days=2)
        station.add(m.Leave(officer_id=station.officer.id, begin=old - DAY, end=old))
        for at, day in ((old, date(2029, 1, 1)), (NOW, date(2029, 1, 1)), (old, date(2034, 1, 1))):
            station.add(
                m.RosterChange(
                    at=at,
                    actor="hr",
                    action=RosterAction.ADDED,
                    officer_id=station.officer.id,
                    duty_date=day,
                    shift_id=station.shift.id,
                )
            )
    assert purge(database) == {"codes": 1, "roster": 2}
    assert count(database, m.RosterChange) == 2
