"""Deleting what is past its period: each kind on both sides of its cut-off, what refers to what, and the proof."""

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checkin_api import audit, privacy
from checkin_api import models as m
from checkin_api.checkin import Rules, decide_events
from checkin_api.clock import SystemClock
from checkin_api.config import Settings
from checkin_api.db import Database
from checkin_api.domain.ids import (
    AlarmKind,
    CorrectionKind,
    CorrectionState,
    DeviceKind,
    Direction,
    EventState,
    MessageState,
    PhoneSystem,
    PrivacyRequestKind,
    PrivacyRequestState,
    Reason,
    Role,
    RosterAction,
    RunState,
    Shown,
    new_id,
)
from checkin_api.fleet.alarms import Evidence
from checkin_api.privacy import CutOffs, purging
from checkin_api.privacy.expiry import ALONG, FILES, KEPT, RULES, WITH_PERSON, referring
from checkin_api.privacy.proving import TIMES
from checkin_api.privacy.retention import retention
from checkin_api.vault import Vault
from checkin_api.worker import run_due, scheduled_jobs
from reports.daily import daily_before
from tests import builders, webhooks
from tests.commands import checkin
from tests.fakes import FakeClock
from tests.officers import TAIPEI

NOW = datetime(2034, 3, 1, 19, 0, tzinfo=UTC)
PERIODS = retention(Settings())
CUT = CutOffs(NOW, TAIPEI, PERIODS)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
ACTOR = "cli:hr"
Row = TypeVar("Row", bound=m.Base)


def no_reports(_: date) -> list[Path]:
    return []


def purge(database: Database, cut: CutOffs = CUT) -> dict[str, int]:
    """What went, kinds of which nothing went left out."""
    done = privacy.purge(database, cut, no_reports, actor=ACTOR)
    assert done.complete
    return {kind: count for kind, count in done.counts.items() if count}


def previewed(database: Database) -> dict[str, int]:
    return {kind: count for kind, count in privacy.preview(database, CUT, no_reports).counts.items() if count}


def count(database: Database, table: type[m.Base]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def keys(database: Database, column: Any) -> set[Any]:
    with database.read() as session:
        return set(session.scalars(select(column)))


class Station:
    """A zone and an officer to hang rows on."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.officer = builders.officer(session)
        self.zone = builders.zone(session)
        self.beacon = builders.beacon(session, self.zone)
        self.agent = builders.agent(session, self.zone)
        self.shift = builders.shift(session)

    def add(self, row: Row) -> Row:
        self.session.add(row)
        self.session.flush()
        return row

    def sensed(self, at: datetime, **values: Any) -> m.Presence:
        return builders.presence(self.session, self.officer, self.zone, at, **{"beacon_id": self.beacon.id, **values})

    def sighted(self, at: datetime) -> m.Presence:
        return self.sensed(at, beacon_id=None, agent_id=self.agent.id)

    def punched(self, at: datetime, proof: m.Presence | None = None) -> m.Punch:
        return builders.punch(self.session, self.officer, Direction.IN, at, proof=proof)

    def corrected(self, at: datetime, **values: Any) -> m.Correction:
        defaults = {"kind": CorrectionKind.ADD, "state": CorrectionState.REJECTED, "punch_id": None}
        return self.add(
            m.Correction(
                **{
                    "id": new_id(),
                    "officer_id": self.officer.id,
                    "direction": Direction.IN,
                    "at": at,
                    "reason": "忘記",
                    "requested_at": at,
                    "requested_by": "officer:A1",
                    **defaults,
                    **values,
                }
            )
        )

    def reminded(self, at: datetime, **values: Any) -> m.Reminder:
        times = {"duty_start": at, "created_at": at, "expires_at": at, "next_attempt_at": at}
        return self.add(m.Reminder(id=new_id(), officer_id=self.officer.id, messages=[], **times, **values))

    def leaver(self, last_day: date) -> m.Officer:
        return builders.officer(self.session, active_to=last_day)

    def device(self, officer: m.Officer, retired_at: datetime | None) -> m.OfficerDevice:
        identity = new_id()
        return self.add(
            m.OfficerDevice(
                public_id=identity,
                officer_id=officer.id,
                kind=DeviceKind.BADGE,
                badge=str(identity),
                consented_at=NOW,
                enrolled_at=NOW,
                enrolled_by="hr",
                retired_at=retired_at,
            )
        )


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
# Tested by themselves below.
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


def test_a_run_leaves_one_entry_that_says_what_went(database: Database):
    with database.write() as session:
        station = Station(session)
        for _ in range(3):
            station.sensed(CUT.at("presences") - DAY)
    purge(database)
    with database.read() as session:
        [entry] = audit.entries(session, subject="privacy:retention")
        assert isinstance(audit.verify(session), audit.Whole)
    assert (entry.actor, entry.action, entry.at) == (ACTOR, "privacy.purge", NOW)
    detail = json.loads(entry.detail)
    assert detail["complete"] is True
    assert detail["removed"] == {kind: 3 if kind == "presences" else 0 for kind in PERIODS if kind not in KEPT}
    assert detail["older_than"]["presences"] == (NOW - timedelta(days=30)).isoformat()
    assert set(detail["older_than"]) == set(detail["removed"]) - {"calendar"}
    assert detail["days"]["presences"] == 30


def test_the_entry_proves_table_by_table_which_rows_went_and_that_none_is_left(database: Database):
    cut = CUT.at("punches")
    with database.write() as session:
        station = Station(session)
        ids: dict[tuple[str, str], list[str]] = {}
        for at in (cut - DAY, cut - 2 * DAY):
            punch = station.punched(at, station.sensed(at))
            void = station.corrected(NOW, kind=CorrectionKind.VOID, punch_id=punch.id, state=CorrectionState.APPROVED)
            station.add(m.PunchVoid(punch_id=punch.id, correction_id=void.id, at=NOW))
            ids.setdefault(("punches", "punch"), []).append(punch.id.hex)
            ids.setdefault(("corrections", "punch_void"), []).append(punch.id.hex)
            ids.setdefault(("corrections", "correction"), []).append(void.id.hex)
            ids.setdefault(("proofs", "presence"), []).append(str(punch.presence_id).replace("-", ""))
        leaver = station.leaver(CUT.day("person") - DAY)
        ids["consents", "notice_acceptance"] = [f"{leaver.id}|{builders.acceptance(session, leaver).version}"]
        ids["person", "officer"] = [str(leaver.id)]
        names = leaver.name, leaver.staff_no
    purge(database)
    with database.read() as session:
        [entry] = audit.entries(session, subject="privacy:retention")
    told = {(each["kind"], each["table"]): each for each in json.loads(entry.detail)["tables"]}
    # As `LC_ALL=C sort | sha256sum` has it.
    lines = {key: "".join(f"{each}\n" for each in sorted(its)) for key, its in ids.items()}
    assert {key: each["sha256"] for key, each in told.items()} == {
        key: hashlib.sha256(text.encode()).hexdigest() for key, text in lines.items()
    }
    assert {key: each["rows"] for key, each in told.items()} == {key: len(its) for key, its in ids.items()}
    assert {each["left"] for each in told.values()} == {json.loads(entry.detail)["left"]} == {0}
    punches = told["punches", "punch"]
    assert [datetime.fromisoformat(punches[name]) for name in ("first", "last")] == [cut - 2 * DAY, cut - DAY]
    assert told["person", "officer"]["last"] == (CUT.day("person") - DAY).isoformat()
    assert [each for each in names if each in entry.detail] == []


def test_a_row_that_comes_meanwhile_is_counted_and_the_run_is_not_complete(sqlite_url: str):
    database = Database(sqlite_url)
    came = False

    def meanwhile(_: date) -> list[Path]:
        nonlocal came
        if not came:
            came = True
            with database.write() as session:
                Station(session).sensed(CUT.at("presences") - DAY)
        return []

    done = privacy.purge(database, CUT, meanwhile, actor=ACTOR)
    with database.read() as session:
        [entry] = audit.entries(session)
    assert (done.complete, json.loads(entry.detail)["left"]) == (False, 1)
    assert purge(database) == {"presences": 1}
    database.close()


def test_every_table_that_is_purged_says_when_its_rows_are_from():
    assert {rule.table for rule in (*RULES, *ALONG)} == set(TIMES)


def test_a_look_ahead_changes_nothing_and_leaves_no_entry(database: Database):
    with database.write() as session:
        Station(session).sensed(CUT.at("presences") - DAY)
    assert previewed(database) == previewed(database) == {"presences": 1}
    assert (count(database, m.Presence), count(database, m.AuditEntry)) == (1, 0)


def test_many_rows_go_in_batches_and_what_there_is_no_time_for_the_next_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(purging, "BATCH", 2)
    monkeypatch.setattr(purging, "_LOOK", 4)
    with database.write() as session:
        station = Station(session)
        for _ in range(11):
            station.sensed(CUT.at("presences") - DAY)
    asked = iter([False, False, False, True])
    done = privacy.purge(database, CUT, no_reports, actor=ACTOR, enough=lambda: next(asked))
    assert (done.complete, done.counts["presences"]) == (False, 6)
    with database.read() as session:
        [entry] = audit.entries(session)
    detail = json.loads(entry.detail)
    assert (detail["complete"], detail["left"], detail["tables"][0]["left"]) == (False, 5, 5)
    assert purge(database) == {"presences": 5}


def test_a_run_that_fails_says_what_had_gone(database: Database):
    with database.write() as session:
        Station(session).sensed(CUT.at("presences") - DAY)

    def unreadable(_: date) -> list[Path]:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(PermissionError):
        privacy.purge(database, CUT, unreadable, actor=ACTOR)
    with database.read() as session:
        [entry] = audit.entries(session)
    detail = json.loads(entry.detail)
    assert (detail["complete"], detail["removed"]["presences"], detail["left"]) == (False, 1, None)


def test_old_reports_go_and_nothing_else_of_the_folder(database: Database, tmp_path: Path):
    last = CUT.day(FILES)
    old = [f"daily_usage_{last - DAY}.csv", f"daily_usage_{last - DAY}.json"]
    others = [
        *(f"daily_usage_{last}.csv", f"daily_usage_{last - DAY}.xlsx", f"my_daily_usage_{last - DAY}.csv"),
        *("daily_usage_2000-13-01.csv", "daily_usage_2000-01-01.csv.bak", "daily_usage_2000-1-1.csv", "notes.txt"),
    ]
    for name in (*old, *others):
        (tmp_path / name).write_text("x")
    (tmp_path / "daily_usage_2000-01-01.csv").mkdir()

    def ours(before: date) -> list[Path]:
        return list(daily_before(tmp_path, before))

    assert privacy.preview(database, CUT, ours).counts[FILES] == 2
    assert privacy.purge(database, CUT, ours, actor=ACTOR).counts[FILES] == 2
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} - {"checkin.db"} >= set(others)
    assert not any((tmp_path / name).exists() for name in old)
    assert list(daily_before(tmp_path / "nowhere", last)) == []


def test_events_are_decided_while_old_ones_go(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(purging, "BATCH", 20)
    ann, rules = webhooks.user(1), Rules(timezone=TAIPEI, code_key=b"key", vault=Vault(b"key"))
    with database.write() as session:
        session.add_all(
            m.InboxEvent(
                webhook_event_id=f"W{number}", received_at=CUT.at("inbox") - DAY, raw="{}", state=EventState.DECIDED
            )
            for number in range(1000)
        )
        station = Station(session)
        for _ in range(100):
            station.sensed(CUT.at("presences") - DAY)
        builders.line_account(session, station.officer, ann)
        hwid = station.beacon.hwid
        builders.inbox_event(session, received_at=NOW)
    longest, made, stop = timedelta(), 0, threading.Event()

    def decide() -> None:
        nonlocal longest, made
        while not made or not stop.is_set():
            at = NOW + timedelta(seconds=made)
            begun = datetime.now(UTC)
            raw = json.dumps(webhooks.beacon(at, ann, hwid))
            with database.write() as session:
                builders.inbox_event(session, received_at=at, raw=raw, state=EventState.STORED)
            decide_events(database, at, rules)
            longest, made = max(longest, datetime.now(UTC) - begun), made + 1

    thread = threading.Thread(target=decide)
    thread.start()
    try:
        assert purge(database) == {"inbox": 1000, "presences": 100}
    finally:
        stop.set()
        thread.join()
    # A batch takes milliseconds; a lock that lasted as long as the purge would be noticed.
    assert longest < timedelta(seconds=2)
    with database.read() as session:
        states = session.execute(select(m.InboxEvent.state, func.count()).group_by(m.InboxEvent.state)).all()
    assert [tuple(each) for each in states] == [(EventState.DECIDED, made + 1)]
    assert count(database, m.Presence) == made


@pytest.mark.parametrize(("at", "runs"), [("2026-11-23T02:59", 0), ("2026-11-23T03:00", 1), ("2026-11-23T23:59", 1)])
def test_the_worker_purges_once_a_day_after_three(database: Database, tmp_path: Path, at: str, runs: int):
    clock = FakeClock(datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Asia/Taipei")))
    todo = [job for job in scheduled_jobs(database, Settings(report_dir=tmp_path / "reports")) if job.name == "purge"]
    with database.write() as session:
        Station(session).sensed(clock.now() - timedelta(days=31))
    assert run_due(database, todo, clock, worker="one") == runs
    assert run_due(database, todo, clock, worker="two") == 0
    with database.read() as session:
        assert [(run.period, run.state) for run in session.scalars(select(m.JobRun))] == [
            ("2026-11-23", RunState.DONE)
        ] * runs
        assert [entry.actor for entry in audit.entries(session)] == ["worker"] * runs
    assert count(database, m.Presence) == 1 - runs


def test_the_command_shows_what_would_go_and_then_what_went(database: Database, database_url: str):
    now = SystemClock().now()
    with database.write() as session:
        Station(session).sensed(now - timedelta(days=31))

    def command(*arguments: str) -> dict[str, dict[str, Any]]:
        done: Result = checkin(database_url, "privacy", "purge", "--format", "json", *arguments)
        assert done.exit_code == 0, done.output
        return {row["kind"]: row for row in json.loads(done.stdout)}

    for arguments, left in ((["--dry-run"], 1), ([], 0)):
        rows = command(*arguments)
        assert list(rows) == list(PERIODS)
        assert rows["presences"]["rows"] == 1
        assert (rows["audit"]["rows"], rows["audit"]["kept"]) == (None, "不刪除 / for good")
        assert "append-only" in rows["audit"]["note"]
        assert rows["presences"]["older_than"][:10] == (now - timedelta(days=30)).astimezone(TAIPEI).date().isoformat()
        assert count(database, m.Presence) == left
    assert command()["presences"]["rows"] == 0
    table = checkin(database_url, "privacy", "purge", "--dry-run").stdout
    assert "site_sightings" in table
    assert "7 天 / 7 days" in table
    with database.read() as session:
        assert [entry.action for entry in audit.entries(session)] == ["privacy.purge"] * 2
