"""One event's JSON becomes one value; nothing raises."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin_api.checkin.tapping import as_event
from checkin_api.domain.ids import Direction, LineUserId, PunchSource
from checkin_api.line.events import (
    BeaconHeard,
    EnrolmentAsked,
    Followed,
    ForgotAsked,
    HelpAsked,
    LineEvent,
    MonthAsked,
    NotOurs,
    PunchAsked,
    RemindersAsked,
    Strange,
    TodayAsked,
    Unfollowed,
    parse_event,
)
from tests import webhooks

NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
ANN = webhooks.user(1)


def parse(event: Any, received_at: datetime = NOW) -> LineEvent:
    return parse_event(json.dumps(event), received_at)


def test_lines_published_beacon_event():
    # Source: Messaging API reference, "Beacon event", with a complete user ID.
    event = {
        "type": "beacon", "replyToken": "nHuyWiB7yP5Zw52FIkcQobQuGDXCTA", "mode": "active", "timestamp": 1462629479859,
        "source": {"type": "user", "userId": "U4af4980629" + "0" * 22}, "webhookEventId": "01FZ74A0TDDPYRVKNK77XKC3ZR",
        "deliveryContext": {"isRedelivery": False},
        "beacon": {"hwid": "d41d8cd98f", "type": "enter", "dm": "1234567890ABCDEF"},
    }  # fmt: skip
    assert parse(event, datetime(2016, 5, 7, 13, 58, tzinfo=UTC)) == BeaconHeard(
        user_id=LineUserId("U4af4980629" + "0" * 22),
        at=datetime(2016, 5, 7, 13, 57, 59, 859000, tzinfo=UTC),
        reply_token="nHuyWiB7yP5Zw52FIkcQobQuGDXCTA",
        is_redelivery=False,
        hwid="d41d8cd98f",
        kind="enter",
        device_message="1234567890abcdef",
    )


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (webhooks.event("follow", NOW, ANN), Followed),
        (webhooks.event("unfollow", NOW, ANN, replyToken=None), Unfollowed),
        (webhooks.tap(NOW, ANN), PunchAsked),
        (webhooks.event("postback", NOW, ANN, postback={"data": "checkin=help"}), HelpAsked),
        (webhooks.event("postback", NOW, ANN, postback={"data": "shop=1"}), NotOurs),
        (webhooks.event("postback", NOW, ANN, postback={"data": "checkin=help&checkin=today"}), NotOurs),
        (webhooks.event("postback", NOW, ANN, postback={"data": "checkin=today"}), TodayAsked),
        (webhooks.event("postback", NOW, ANN, postback={"data": "checkin=month"}), MonthAsked),
        (webhooks.event("postback", NOW, ANN, postback={"data": "checkin=forgot"}), ForgotAsked),
        (webhooks.say(NOW, ANN, "今天"), TodayAsked),
        (webhooks.say(NOW, ANN, "Today"), TodayAsked),
        (webhooks.say(NOW, ANN, "本月"), MonthAsked),
        (webhooks.say(NOW, ANN, "month"), MonthAsked),
        (webhooks.say(NOW, ANN, "忘記打卡"), ForgotAsked),
        (webhooks.say(NOW, ANN, "forgot"), ForgotAsked),
        (webhooks.say(NOW, ANN, "今天午餐"), NotOurs),
        (webhooks.say(NOW, ANN, "提醒我買便當"), NotOurs),
        (webhooks.say(NOW, ANN, "remind me"), NotOurs),
        (webhooks.say(NOW, ANN, "說明"), HelpAsked),
        (webhooks.say(NOW, ANN, "綁定"), HelpAsked),
        (webhooks.say(NOW, ANN, "綁定 A0\x001 CODE"), HelpAsked),
        (webhooks.say(NOW, ANN, "綁定 A0001 ABCD-2345"), EnrolmentAsked),
        (webhooks.say(NOW, ANN, "bind A0001 ABCD 2345"), EnrolmentAsked),
        (webhooks.say(NOW, ANN, "綁定A0001 ABCD-2345"), EnrolmentAsked),
        (webhooks.say(NOW, ANN, "綁定：A0001 ABCD-2345"), EnrolmentAsked),
        (webhooks.say(NOW, ANN, "綁定 ： A0001 ABCD-2345"), EnrolmentAsked),
        (webhooks.say(NOW, ANN, "綁定要怎麼弄"), HelpAsked),
        (webhooks.say(NOW, ANN, "binding"), NotOurs),
        (webhooks.say(NOW, ANN, "簽到了嗎"), NotOurs),
        (webhooks.event("message", NOW, ANN, message={"type": "sticker"}), NotOurs),
        (webhooks.event("join", NOW, ANN), NotOurs),
        (webhooks.beacon(NOW, ANN, "c0ffee0001", kind="leave"), NotOurs),
        (webhooks.beacon(NOW, ANN, "c0ffee0001", source={"type": "group", "groupId": "C1"}), NotOurs),
    ],
)
def test_kinds(event: dict[str, Any], kind: type[LineEvent]):
    assert isinstance(parse(event), kind)


@pytest.mark.parametrize(
    ("text", "direction"),
    [("簽到", "in"), ("上班", "in"), (" In ", "in"), ("簽退", "out"), ("下班", "out"), ("OUT", "out")],
)
def test_words_that_punch(text: str, direction: str):
    event = parse(webhooks.say(NOW, ANN, text))
    assert isinstance(event, PunchAsked)
    assert event.direction is Direction(direction)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("提醒 開", True), ("提醒開", True), ("Remind ON", True), ("remind on", True), ("提醒 關", False),
        ("提醒　關", False), ("remind off", False), ("提醒", None), ("remind", None),
    ],
)  # fmt: skip
def test_words_that_switch_reminders(text: str, wanted: bool | None):
    event = parse(webhooks.say(NOW, ANN, text))
    assert isinstance(event, RemindersAsked)
    assert event.wanted is wanted


@pytest.mark.parametrize(("to", "wanted"), [("&to=on", True), ("&to=off", False), ("", None), ("&to=x", None)])
def test_buttons_that_switch_reminders(to: str, wanted: bool | None):
    event = parse(webhooks.event("postback", NOW, ANN, postback={"data": f"checkin=remind{to}"}))
    assert isinstance(event, RemindersAsked)
    assert event.wanted is wanted


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        ({"type": None}, "missing_field", "type"),
        ({"type": 3}, "bad_field", "type"),
        ({"type": "telepathy"}, "unknown_type", "'telepathy'"),
        ({"type": "x\x00\ud800"}, "unknown_type", "'x\\x00\\ud800'"),
        ({"mode": None}, "missing_field", "mode"),
        ({"mode": "standby"}, "standby", "'standby'"),
        ({"webhookEventId": None}, "missing_field", "webhookEventId"),
        ({"timestamp": "1"}, "bad_field", "timestamp"),
        ({"timestamp": True}, "bad_field", "timestamp"),
        ({"timestamp": 10**30}, "bad_field", "timestamp"),
        ({"source": None}, "missing_field", "source"),
        ({"source": {"type": "user"}}, "missing_field", "userId"),
        ({"source": {"type": "user", "userId": "U123"}}, "bad_field", "source.userId"),
        ({"replyToken": 5}, "bad_field", "replyToken"),
        ({"replyToken": "x" * 65}, "bad_field", "replyToken"),
        ({"beacon": None}, "missing_field", "beacon"),
        ({"beacon": {"type": "enter", "hwid": "xyz"}}, "bad_field", "beacon.hwid"),
        ({"beacon": {"type": "orbit", "hwid": "c0ffee0001"}}, "unknown_beacon_type", "'orbit'"),
        ({"beacon": {"type": "enter", "hwid": "c0ffee0001", "dm": 7}}, "bad_field", "beacon.dm"),
        ({"beacon": {"type": "enter", "hwid": "c0ffee0001", "dm": "0" * 28}}, "bad_field", "beacon.dm"),
        ({"beacon": {"type": "enter", "hwid": "c0ffee0001", "dm": "xy"}}, "bad_field", "beacon.dm"),
    ],
)
def test_what_is_strange_and_why(change: dict[str, Any], reason: str, detail: str):
    assert parse(webhooks.beacon(NOW, ANN, "c0ffee0001") | change) == Strange(reason, detail)


@pytest.mark.parametrize("query", ["checkin=punch", "checkin=punch&direction=", "checkin=punch&direction=auto"])
def test_our_button_without_a_direction_is_strange(query: str):
    event = webhooks.event("postback", NOW, ANN, postback={"data": query})
    assert parse(event) == Strange("bad_field", "postback.data")


def test_event_from_the_future_proves_nothing():
    assert isinstance(parse(webhooks.beacon(NOW + timedelta(minutes=5), ANN, "c0ffee0001")), BeaconHeard)
    late = parse(webhooks.beacon(NOW + timedelta(minutes=5, milliseconds=1), ANN, "c0ffee0001"))
    assert isinstance(late, Strange)
    assert late.reason == "timestamp_in_future"


def test_event_of_more_than_a_month_ago_makes_no_punch():
    assert isinstance(parse(webhooks.tap(NOW - timedelta(days=31), ANN)), PunchAsked)
    old = parse(webhooks.tap(NOW - timedelta(days=31, milliseconds=1), ANN))
    assert isinstance(old, Strange)
    assert old.reason == "timestamp_too_old"


@pytest.mark.parametrize("dm", [None, "", "00", "0A" * 13])
def test_device_message_may_be_missing_or_empty(dm: str | None):
    event = parse(webhooks.event("beacon", NOW, ANN, beacon={"hwid": "C0FFEE0001", "type": "stay", "dm": dm}))
    assert isinstance(event, BeaconHeard)
    assert event.device_message == (dm or "").lower()
    assert event.hwid == "c0ffee0001"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "type", "mode", "timestamp", "source", "webhookEventId", "deliveryContext", "replyToken", "beacon", "postback",
    "message",
]  # fmt: skip


@given(
    st.sampled_from(
        [
            webhooks.beacon(NOW, ANN, "c0ffee0001"),
            webhooks.tap(NOW, ANN),
            webhooks.say(NOW, ANN, "綁定 A0001 ABCD-2345"),
            webhooks.event("follow", NOW, ANN),
        ]
    ),
    st.dictionaries(st.sampled_from(FIELDS), VALUES),
)
def test_no_change_of_any_field_raises(event: dict[str, Any], changes: dict[str, Any]):
    parsed = parse(event | changes)
    if isinstance(parsed, Strange):
        assert (parsed.reason + parsed.detail).isprintable()
        assert (parsed.reason + parsed.detail).isascii()


@given(st.text())
def test_no_text_raises(raw: str):
    parse_event(raw, NOW)


def test_a_tap_in_the_app_is_an_event_of_our_own():
    _, raw = as_event(LineUserId(ANN), "6b04f58e.kHbZwQ-HwfpQ.GTI0lzvbsXSOX3Sc", Direction.OUT, NOW)
    assert parse_event(raw, NOW) == PunchAsked(
        user_id=LineUserId(ANN),
        at=NOW,
        reply_token=None,
        is_redelivery=False,
        direction=Direction.OUT,
        source=PunchSource.LIFF,
    )


def test_what_comes_from_line_is_no_tap_in_the_app():
    event = webhooks.event("liffTap", NOW, ANN, tap={"direction": "in"})
    assert parse(event) == Strange("unknown_type", "liffTap")
    odd = {**event, "webhookEventId": "liff:x", "tap": {"direction": "sideways"}}
    assert isinstance(parse(odd), Strange)
