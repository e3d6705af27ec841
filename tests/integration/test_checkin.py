"""From a stored webhook event to presence, punch, refusal and reply, on both databases."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from checkin_api import enrolment
from checkin_api import models as m
from checkin_api.checkin import Rules, decide_events
from checkin_api.checkin.records import Stored
from checkin_api.checkin.rulings import Rulings
from checkin_api.db import Database
from checkin_api.domain.ids import (
    Assurance,
    BeaconKind,
    Direction,
    EventState,
    MessageState,
    PunchSource,
    Reason,
    ZoneMode,
    new_id,
)
from checkin_api.ingest import Arrival, Ingest, Original
from checkin_api.line.webhook import split_events
from checkin_api.vault import Vault
from tests import builders, webhooks

TAIPEI = ZoneInfo("Asia/Taipei")
VAULT = Vault(b"key")
RULES = Rules(timezone=TAIPEI, code_key=b"key", vault=VAULT)
FORWARDING = Rules(timezone=TAIPEI, code_key=b"key", vault=VAULT, forwards=True)
EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=TAIPEI).astimezone(UTC)
ANN = webhooks.user(1)
STRANGER = webhooks.user(99)
HWID, AUTO_HWID, STRICT_HWID, RETIRED_HWID = "c0ffee0001", "c0ffee0002", "c0ffee0003", "c0ffee0004"


class Department:
    """One officer on day duty 08:00-20:00, a confirming, an automatic and a strict zone; events in, rows out."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._ingest = Ingest(database)
        with database.write() as session:
            self.officer_id = builders.officer(session, staff_no="A0001", name="王小明").id
            officer = session.get_one(m.Officer, self.officer_id)
            builders.line_account(session, officer, ANN)
            day = builders.shift(session)
            builders.roster(session, officer, day, date(2026, 11, 23))
            zone = builders.zone(session, name="大門簽到區")
            builders.beacon(session, zone, hwid=HWID)
            builders.beacon(session, zone, hwid=RETIRED_HWID, retired_at=EIGHT - timedelta(days=1))
            auto = builders.zone(session, name="後門簽到區", mode=ZoneMode.AUTO)
            builders.beacon(session, auto, hwid=AUTO_HWID, kind=BeaconKind.LINE)
            strict = builders.zone(session, name="槍械室", enforced=True, required_assurance=Assurance.MEDIUM)
            builders.beacon(session, strict, hwid=STRICT_HWID)

    def receive(self, *events: Any, at: datetime | None = None, decide: bool = True) -> None:
        """Deliver one webhook at the time of its newest event, or at ``at``."""
        times = [event["timestamp"] / 1000 for event in events if isinstance(event, dict) and "timestamp" in event]
        at = at or datetime.fromtimestamp(max(times), UTC)
        self._ingest.put(Arrival(at, split_events(webhooks.body(*events))))
        if decide:
            self.decide(at)

    def decide(self, at: datetime, rules: Rules = RULES) -> None:
        while decide_events(self.database, at, rules):
            pass

    def rows(self, table: type[Any]) -> list[Any]:
        with self.database.read() as session:
            order = table.at if hasattr(table, "at") else table.id
            return list(session.scalars(select(table).order_by(order)))

    @property
    def punches(self) -> list[m.Punch]:
        return self.rows(m.Punch)

    def texts(self) -> list[str]:
        """What a screen reader says of each message."""
        said = [message for reply in self.rows(m.Reply) for message in reply.messages]
        return [message.get("text") or message["altText"] for message in said]


@pytest.fixture
def department(database: Database) -> Iterator[Department]:
    return Department(database)  # type: ignore[return-value]  # nothing to close


def test_tap_after_the_beacon_is_a_punch_with_its_evidence(department: Department):
    department.receive(webhooks.beacon(EIGHT, ANN, HWID.upper()))
    department.receive(webhooks.tap(EIGHT + timedelta(seconds=40), ANN))
    [presence] = department.rows(m.Presence)
    [punch] = department.punches
    assert (presence.at, presence.assurance, presence.device_message) == (EIGHT, Assurance.LOW, "00")
    assert (punch.direction, punch.at, punch.source) == (Direction.IN, EIGHT + timedelta(seconds=40), PunchSource.CHAT)
    assert (punch.presence_id, punch.zone_id, punch.assurance) == (presence.id, presence.zone_id, Assurance.LOW)
    ask, confirmation = department.texts()
    assert "已感應到「大門簽到區」" in ask
    assert "✅ 簽到完成 08:00　王小明" in confirmation
    assert "08:00:00 手機感應到簽到區信標，靜態信標（證明力：低）" in confirmation
    assert "Signed in 08:00" in confirmation


def test_question_is_asked_once_per_visit(department: Department):
    for minutes in (0, 3, 9):
        department.receive(webhooks.beacon(EIGHT + timedelta(minutes=minutes), ANN, HWID))
    assert len(department.rows(m.Presence)) == 3
    assert len(department.texts()) == 1


def test_nobody_is_asked_outside_a_duty(department: Department):
    department.receive(webhooks.beacon(EIGHT - timedelta(hours=2, seconds=1), ANN, HWID))
    assert len(department.rows(m.Presence)) == 1
    assert department.texts() == []


def test_office_staff_are_asked_on_working_days_without_a_roster(department: Department):
    monday, saturday = EIGHT + timedelta(days=7), EIGHT + timedelta(days=5)
    with department.database.write() as session:
        session.get_one(m.Officer, department.officer_id).default_shift_id = builders.shift(session).id
    department.receive(webhooks.beacon(saturday, ANN, HWID))
    assert department.texts() == []
    department.receive(webhooks.beacon(monday, ANN, HWID))
    assert len(department.texts()) == 1


def test_who_is_on_duty_is_asked_to_sign_out_only_towards_the_end(department: Department):
    department.receive(webhooks.beacon(EIGHT, ANN, HWID), webhooks.tap(EIGHT, ANN))
    department.receive(webhooks.beacon(EIGHT + timedelta(hours=4), ANN, HWID))
    assert len(department.texts()) == 2
    department.receive(webhooks.beacon(EIGHT + timedelta(hours=11, minutes=30), ANN, HWID))
    assert "簽退" in department.texts()[-1]


def test_automatic_zone_signs_in_with_the_first_event_of_a_duty(department: Department):
    at = EIGHT - timedelta(minutes=5)
    department.receive(webhooks.beacon(at, ANN, AUTO_HWID), webhooks.beacon(at + timedelta(minutes=1), ANN, AUTO_HWID))
    [punch] = department.punches
    assert (punch.direction, punch.at, punch.source) == (Direction.IN, at, PunchSource.ZONE)
    assert punch.assurance is Assurance.MEDIUM
    [text] = department.texts()
    assert "已自動簽到 07:55" in text


def test_automatic_zone_signs_in_who_is_there_when_the_window_opens(department: Department):
    opens = EIGHT - timedelta(hours=2)
    department.receive(webhooks.beacon(opens - timedelta(seconds=5), ANN, AUTO_HWID))
    assert department.punches == []
    department.receive(webhooks.beacon(opens + timedelta(seconds=55), ANN, AUTO_HWID, kind="stay"))
    assert [punch.at for punch in department.punches] == [opens + timedelta(seconds=55)]


def test_automatic_zone_never_signs_out(department: Department):
    department.receive(webhooks.beacon(EIGHT, ANN, AUTO_HWID))
    department.receive(webhooks.beacon(EIGHT + timedelta(hours=12), ANN, AUTO_HWID))
    assert [punch.direction for punch in department.punches] == [Direction.IN]
    assert "簽退" in department.texts()[-1]


def test_tap_without_presence_waits_and_is_granted_when_the_beacon_is_heard(department: Department):
    department.receive(webhooks.tap(EIGHT, ANN))
    [refusal] = department.rows(m.Refusal)
    assert (refusal.reason, refusal.direction) == (Reason.NO_PRESENCE, Direction.IN)
    assert "尚未簽到" in department.texts()[0]
    department.receive(webhooks.beacon(EIGHT + timedelta(seconds=60), ANN, HWID))
    [punch] = department.punches
    assert (punch.at, punch.tapped_at) == (EIGHT + timedelta(seconds=60), EIGHT)
    [refusal] = department.rows(m.Refusal)
    assert refusal.punch_id == punch.id
    assert "簽到完成 08:01" in department.texts()[1]


def test_beacon_after_the_waiting_time_grants_nothing(department: Department):
    department.receive(webhooks.tap(EIGHT, ANN))
    department.receive(webhooks.beacon(EIGHT + timedelta(seconds=61), ANN, HWID))
    assert department.punches == []


def test_tap_delivered_before_its_presence_is_granted_all_the_same(department: Department):
    beacon = webhooks.beacon(EIGHT, ANN, HWID)
    department.receive(webhooks.tap(EIGHT + timedelta(seconds=2), ANN))
    department.receive(beacon)
    [punch] = department.punches
    assert punch.at == EIGHT + timedelta(seconds=2)


def test_events_of_one_batch_are_decided_in_the_order_they_happened(department: Department):
    department.receive(webhooks.tap(EIGHT + timedelta(seconds=2), ANN), webhooks.beacon(EIGHT, ANN, HWID))
    assert len(department.punches) == 1
    assert department.rows(m.Refusal) == []


def test_two_waiting_taps_become_one_punch(department: Department):
    department.receive(webhooks.tap(EIGHT, ANN), webhooks.tap(EIGHT + timedelta(seconds=5), ANN))
    department.receive(webhooks.beacon(EIGHT + timedelta(seconds=9), ANN, HWID))
    [punch] = department.punches
    assert {refusal.punch_id for refusal in department.rows(m.Refusal)} == {punch.id}


@pytest.mark.parametrize(("seconds", "granted"), [(300, True), (301, False)])
def test_presence_is_good_for_the_zones_time(department: Department, seconds: int, granted: bool):
    department.receive(webhooks.beacon(EIGHT, ANN, HWID))
    department.receive(webhooks.tap(EIGHT + timedelta(seconds=seconds), ANN))
    assert bool(department.punches) == granted
    assert [refusal.reason for refusal in department.rows(m.Refusal)] == ([] if granted else [Reason.PRESENCE_EXPIRED])


def test_second_tap_is_kept_and_answered_with_the_first(department: Department):
    department.receive(webhooks.beacon(EIGHT, ANN, HWID), webhooks.tap(EIGHT, ANN))
    department.receive(webhooks.tap(EIGHT + timedelta(seconds=20), ANN))
    assert len(department.punches) == 2
    assert "本班先前已於 08:00 簽到" in department.texts()[-1]


def test_enforced_zone_refuses_weak_proof_and_says_why(department: Department):
    department.receive(webhooks.beacon(EIGHT, ANN, STRICT_HWID), webhooks.tap(EIGHT + timedelta(seconds=5), ANN))
    assert department.punches == []
    assert [refusal.reason for refusal in department.rows(m.Refusal)] == [Reason.LOW_ASSURANCE]
    assert "槍械室" in department.texts()[-1]


def test_unknown_beacon_is_refused_counted_and_not_answered(department: Department):
    department.receive(webhooks.beacon(EIGHT, ANN, "0000000000"))
    [refusal] = department.rows(m.Refusal)
    assert (refusal.reason, refusal.hwid, refusal.officer_id) == (
        Reason.UNKNOWN_BEACON, "0000000000", department.officer_id,
    )  # fmt: skip
    assert department.texts() == []
    [event] = department.rows(m.InboxEvent)
    assert (event.state, event.reason) == (EventState.DECIDED, "unknown_beacon")


def test_retired_beacon_is_refused(department: Department):
    department.receive(webhooks.beacon(EIGHT, ANN, RETIRED_HWID))
    assert [refusal.reason for refusal in department.rows(m.Refusal)] == [Reason.RETIRED_BEACON]
    assert department.rows(m.Presence) == []


def test_unknown_officer_is_refused_in_silence_for_a_beacon_and_in_words_for_a_tap(department: Department):
    department.receive(webhooks.beacon(EIGHT, STRANGER, HWID), webhooks.tap(EIGHT, STRANGER))
    assert [refusal.reason for refusal in department.rows(m.Refusal)] == [Reason.NOT_ENROLLED] * 2
    [text] = department.texts()
    assert text.startswith("⚠️ 未記錄簽到：這個 LINE 帳號尚未綁定")


def test_inactive_officer_is_refused(department: Department):
    with department.database.write() as session:
        session.get_one(m.Officer, department.officer_id).active_to = date(2026, 11, 22)
    department.receive(webhooks.beacon(EIGHT, ANN, HWID), webhooks.tap(EIGHT, ANN))
    assert [refusal.reason for refusal in department.rows(m.Refusal)] == [Reason.INACTIVE_OFFICER] * 2
    assert department.rows(m.Presence) == department.punches == []


def test_strange_events_are_parked_and_the_others_of_the_batch_decided(department: Department):
    good = webhooks.beacon(EIGHT, ANN, HWID)
    strange = {
        "not_an_object": 1,
        "missing_field": {"type": "beacon", "mode": "active"},
        "standby": webhooks.beacon(EIGHT, ANN, HWID, mode="standby"),
        "unknown_type": webhooks.event("telepathy", EIGHT, ANN),
        "unknown_beacon_type": webhooks.beacon(EIGHT, ANN, HWID, kind="orbit"),
        "bad_field": webhooks.beacon(EIGHT, "not a user", HWID),
        "timestamp_in_future": webhooks.beacon(EIGHT + timedelta(minutes=6), ANN, HWID),
        "timestamp_too_old": webhooks.beacon(EIGHT - timedelta(days=32), ANN, HWID),
    }
    department.receive(good, *strange.values(), at=EIGHT)
    parked = [event for event in department.rows(m.InboxEvent) if event.state is EventState.PARKED]
    assert sorted(event.reason for event in parked) == sorted(strange)
    assert {event.raw for event in parked} == {json.dumps(e, separators=(",", ":")) for e in strange.values()}
    assert len(department.rows(m.Presence)) == 1


def test_events_of_no_use_are_stored_and_ignored(department: Department):
    department.receive(
        webhooks.event("videoPlayComplete", EIGHT, ANN),
        webhooks.say(EIGHT, ANN, "今天午餐吃什麼"),
        webhooks.beacon(EIGHT, ANN, HWID, kind="leave"),
        webhooks.event("postback", EIGHT, ANN, postback={"data": "shop=1"}),
    )
    assert {event.state for event in department.rows(m.InboxEvent)} == {EventState.IGNORED}
    assert department.texts() == []


def test_stay_events_refresh_presence_during_duty_at_most_once_a_minute(department: Department):
    for seconds in (0, 10, 59, 60, 70):
        department.receive(webhooks.beacon(EIGHT + timedelta(seconds=seconds), ANN, HWID, kind="stay"))
    department.receive(webhooks.beacon(EIGHT + timedelta(days=3), ANN, HWID, kind="stay"))
    assert [presence.at - EIGHT for presence in department.rows(m.Presence)] == [timedelta(0), timedelta(seconds=60)]
    assert department.texts() == []


def test_event_that_breaks_the_code_is_parked_and_the_others_decided(
    department: Department, monkeypatch: pytest.MonkeyPatch
):
    # A bug in our own code cannot be provoked with data; the test plants one.
    real = Rulings.punch_asked

    def broken(self: Rulings, stored: Stored, event: Any) -> Any:
        if event.user_id == STRANGER:
            raise RuntimeError("planted")
        return real(self, stored, event)

    monkeypatch.setattr(Rulings, "punch_asked", broken)
    body = webhooks.body(webhooks.beacon(EIGHT, ANN, HWID), webhooks.tap(EIGHT, STRANGER), webhooks.tap(EIGHT, ANN))
    department._ingest.put(Arrival(EIGHT, split_events(body), Original(new_id(), body, webhooks.sign(body))))  # noqa: SLF001
    department.decide(EIGHT, FORWARDING)
    assert sorted(event.state for event in department.rows(m.InboxEvent)) == ["decided", "decided", "parked"]
    assert len(department.punches) == 1
    # What we cannot judge may concern another service of the official account.
    assert [delivery.state for delivery in department.rows(m.Delivery)] == [MessageState.PENDING]


@pytest.mark.parametrize(
    "failure", [OperationalError("select 1", {}, Exception("gone")), PermissionError("the lock file")]
)
def test_a_database_that_fails_parks_nothing(
    department: Department, monkeypatch: pytest.MonkeyPatch, failure: Exception
):
    # The moment at which a database goes away cannot be chosen; the test plants it.
    def broken(*_: object) -> None:
        raise failure

    department.receive(webhooks.beacon(EIGHT, ANN, HWID), webhooks.tap(EIGHT, ANN), decide=False)
    with monkeypatch.context() as planted:
        planted.setattr(Rulings, "punch_asked", broken)
        with pytest.raises(type(failure)):
            department.decide(EIGHT)
    assert {event.state for event in department.rows(m.InboxEvent)} == {EventState.STORED}
    department.decide(EIGHT)
    assert len(department.punches) == 1


def test_undecided_events_of_before_a_crash_are_decided_at_the_next_start(department: Department):
    department.receive(webhooks.beacon(EIGHT, ANN, HWID), webhooks.tap(EIGHT, ANN), decide=False)
    assert department.punches == []
    department.decide(EIGHT + timedelta(hours=3))
    assert [punch.at for punch in department.punches] == [EIGHT]


def test_reply_lives_as_long_as_its_token(department: Department):
    tap = webhooks.tap(EIGHT, ANN)
    late = webhooks.tap(EIGHT - timedelta(minutes=19, seconds=50), ANN) | {"deliveryContext": {"isRedelivery": True}}
    department.receive(tap, late, at=EIGHT)
    replies = {reply.reply_token: reply.expires_at for reply in department.rows(m.Reply)}
    assert replies[tap["replyToken"]] == EIGHT + timedelta(seconds=50)
    assert replies[late["replyToken"]] == EIGHT + timedelta(seconds=10)


def test_text_words_punch_like_the_buttons(department: Department):
    department.receive(webhooks.beacon(EIGHT, ANN, HWID))
    department.receive(webhooks.say(EIGHT, ANN, " 簽到 "), webhooks.say(EIGHT + timedelta(hours=0), ANN, "OUT"))
    assert sorted(punch.direction for punch in department.punches) == [Direction.IN, Direction.OUT]


def test_code_sent_in_the_chat_binds_the_account_and_what_follows_counts(department: Department):
    bob = webhooks.user(2)
    with department.database.write() as session:
        builders.officer(session, staff_no="A0002", name="李大華")
        code = enrolment.issue_code(session, EIGHT, "A0002", actor="cli:hr", key=RULES.code_key).code
    department.receive(
        webhooks.say(EIGHT, bob, f"綁定 A0002 {code}"), webhooks.beacon(EIGHT + timedelta(seconds=1), bob, HWID)
    )
    assert "綁定完成：李大華（A0002）" in department.texts()[0]
    assert len(department.rows(m.Presence)) == 1


def test_enrolment_messages_of_strangers_hold_nobody_up(department: Department):
    wrong = [webhooks.say(EIGHT, webhooks.user(100 + number), "綁定 A0001 ABCD-2345") for number in range(30)]
    department.receive(*wrong, webhooks.beacon(EIGHT, ANN, HWID), webhooks.tap(EIGHT, ANN), decide=False)
    assert decide_events(department.database, EIGHT, RULES) is False
    assert len(department.punches) == 1


def test_an_event_whose_odd_id_comes_three_times_counts_once(department: Department):
    department.receive(webhooks.beacon(EIGHT, ANN, HWID))
    for _ in range(3):
        department.receive(webhooks.tap(EIGHT, ANN) | {"webhookEventId": "一/二 " * 30})
    assert len(department.punches) == 1


def test_wrong_code_is_refused_in_words_and_counted(department: Department):
    department.receive(webhooks.say(EIGHT, STRANGER, "bind A0001 ABCD-2345"))
    assert [refusal.reason for refusal in department.rows(m.Refusal)] == [Reason.CODE_WRONG]
    [text] = department.texts()
    assert "員警編號或一次碼不正確" in text


@pytest.mark.parametrize("said", ["說明", "HELP", "？", "綁定", "綁定 A0001"])
def test_who_asks_or_begins_to_enrol_is_told_how(department: Department, said: str):
    department.receive(webhooks.say(EIGHT, STRANGER, said))
    [text] = department.texts()
    assert "綁定 員警編號 一次碼" in text
    assert department.rows(m.Refusal) == []


def test_unfollow_and_follow_are_remembered(department: Department):
    department.receive(webhooks.event("unfollow", EIGHT, ANN))
    assert [account.is_friend for account in department.rows(m.LineAccount)] == [False]
    department.receive(webhooks.event("follow", EIGHT, ANN, follow={"isUnblocked": True}))
    assert [account.is_friend for account in department.rows(m.LineAccount)] == [True]
    assert "綁定" in department.texts()[-1]


def test_request_with_a_foreign_event_is_kept_to_be_passed_on_and_others_forgotten(department: Department):
    ours = webhooks.body(webhooks.beacon(EIGHT, ANN, HWID))
    mixed = webhooks.body(webhooks.tap(EIGHT, ANN), webhooks.say(EIGHT, ANN, "not for us"))
    for body in (ours, mixed):
        department._ingest.put(Arrival(EIGHT, split_events(body), Original(new_id(), body, webhooks.sign(body))))  # noqa: SLF001
    department.decide(EIGHT, FORWARDING)
    [delivery] = department.rows(m.Delivery)
    assert (delivery.body, delivery.signature, delivery.state) == (mixed, webhooks.sign(mixed), MessageState.PENDING)
