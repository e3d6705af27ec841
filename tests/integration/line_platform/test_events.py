"""Webhook events: their shape, and when a phone makes none."""

import re

import pytest

from tests.integration.line_platform.conftest import NOW, OFFICER, OFFICER_ID
from tests.line_platform import RefusedError, UnknownError
from tests.line_platform.reception import Silence
from tests.line_platform.signature import sign

ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


def test_beacon_event_has_lines_envelope_and_properties(line, receiver):
    line.hear(OFFICER, "D41D8CD98F", "1234567890abcdef")
    line.wait_idle()
    request = receiver.requests[0]
    event = request.events[0]
    assert request.signature == sign(line.config.channel_secret, request.body)
    assert b'"destination":"U8e742f61d673b39c7fff3cecb7536ef0"' in request.body
    assert ULID.fullmatch(event.pop("webhookEventId"))
    assert re.fullmatch(r"[0-9a-f]{32}", event.pop("replyToken"))
    assert event == {
        "type": "beacon",
        "beacon": {"hwid": "d41d8cd98f", "type": "enter", "dm": "1234567890abcdef"},
        "deliveryContext": {"isRedelivery": False},
        "timestamp": int(NOW * 1000),
        "source": {"type": "user", "userId": OFFICER_ID},
        "mode": "active",
    }


def test_ulid_carries_the_time_of_the_event(line, receiver):
    line.say(OFFICER, "嗨")
    line.wait_idle()
    digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    millis = 0
    for letter in receiver.events()[0]["webhookEventId"][:10]:
        millis = millis * 32 + digits.index(letter)
    assert millis == int(NOW * 1000)


def test_walking_in_makes_one_enter_event_for_each_beacon(line, receiver):
    walk = line.walk_in(OFFICER, "HQ")
    line.wait_idle()
    beacons = [event["beacon"] for event in receiver.events()]
    assert sorted(beacons, key=str) == [
        {"hwid": "d41d8cd98f", "type": "enter", "dm": "0102"},
        {"hwid": "d41d8cd990", "type": "enter"},  # a certified LINE Beacon: no device message
    ]
    assert {event["webhookEventId"] for event in receiver.events()} == set(walk.event_ids)


def test_walking_out_makes_no_event(line, receiver):
    line.walk_in(OFFICER, "HQ")
    line.walk_out(OFFICER)
    line.wait_idle()
    assert {event["beacon"]["type"] for event in receiver.events()} == {"enter"}


@pytest.mark.parametrize(
    ("setting", "silence"),
    [
        ({"bluetooth": False}, Silence.BLUETOOTH_OFF),
        ({"beacon_consent": False}, Silence.CONSENT_OFF),
        ({"line_in_front": False}, Silence.ANDROID_IN_BACKGROUND),
    ],
)
def test_phone_that_cannot_hear_makes_no_event_and_says_why(line, receiver, setting, silence):
    line.switch(OFFICER, **setting)
    assert line.walk_in(OFFICER, "HQ").silence is silence
    assert receiver.requests == []


def test_stranger_and_blocker_make_no_beacon_event(line, receiver):
    assert line.walk_in("林美玲", "HQ").silence is Silence.NOT_FRIEND
    line.unfollow(OFFICER)
    assert line.walk_in(OFFICER, "HQ").silence is Silence.NOT_FRIEND
    line.wait_idle()
    assert [event["type"] for event in receiver.events()] == ["unfollow"]


def test_zone_without_beacon_makes_no_event(line):
    assert line.walk_in(OFFICER, "GATE").silence is Silence.NO_BEACON


def test_opening_line_inside_a_zone_reports_the_beacons(line, receiver):
    line.switch(OFFICER, line_in_front=False)
    line.walk_in(OFFICER, "HQ")
    walk = line.switch(OFFICER, line_in_front=True)
    line.wait_idle()
    assert len(walk.event_ids) == len(receiver.events()) == 2


@pytest.mark.parametrize("kind", ["stay", "banner", "enter"])
def test_lingering_reports_the_zone_again(line, receiver, kind):
    line.walk_in(OFFICER, "HQ")
    line.wait_idle()
    line.linger(OFFICER, kind)
    line.wait_idle()
    assert [event["beacon"]["type"] for event in receiver.events()[2:]] == [kind, kind]


def test_changed_device_message_is_heard(line, receiver):
    line.set_device_message("d41d8cd98f", "ff" * 13)
    line.walk_in(OFFICER, "HQ")
    line.wait_idle()
    assert "ff" * 13 in {event["beacon"].get("dm") for event in receiver.events()}


def test_follow_after_a_block_is_an_unblocking_and_unfollow_has_no_reply_token(line, receiver):
    line.unfollow(OFFICER)
    line.wait_idle()
    line.follow(OFFICER)
    line.wait_idle()
    line.follow("林美玲")
    line.wait_idle()
    unfollow, again, first = receiver.events()
    assert "replyToken" not in unfollow
    assert (again["follow"], first["follow"]) == ({"isUnblocked": True}, {"isUnblocked": False})
    assert again["replyToken"]


def test_message_events_carry_what_was_sent(line, receiver):
    line.say(OFFICER, "簽到😀")
    line.wait_idle()
    line.send_sticker(OFFICER)
    line.wait_idle()
    line.send_location(OFFICER, 25.04, 121.5, address="臺北市")
    line.wait_idle()
    text, sticker, place = (event["message"] for event in receiver.events())
    assert (text["type"], text["text"], text["id"].isdigit()) == ("text", "簽到😀", True)
    assert text["quoteToken"] != sticker["quoteToken"]
    assert (sticker["packageId"], sticker["stickerId"], sticker["stickerResourceType"]) == ("446", "1988", "STATIC")
    assert {key: place[key] for key in ("type", "latitude", "longitude", "address")} == {
        "type": "location",
        "latitude": 25.04,
        "longitude": 121.5,
        "address": "臺北市",
    }


def test_postback_event_carries_data_and_params(line, receiver):
    line.tap(OFFICER, "punch=in", display_text="簽到", params={"time": "08:00"})
    line.wait_idle()
    assert receiver.events()[0]["postback"] == {"data": "punch=in", "params": {"time": "08:00"}}
    assert line.chat(OFFICER)[-1].text == "簽到"


def test_standby_mode_has_no_reply_token(line, receiver):
    line.set_faults(standby=True)
    line.say(OFFICER, "嗨")
    line.wait_idle()
    event = receiver.events()[0]
    assert event["mode"] == "standby"
    assert "replyToken" not in event


def test_events_of_several_users_can_share_a_request(line, receiver):
    line.follow("林美玲")
    line.wait_idle()
    with line.one_request():
        line.walk_in(OFFICER, "HQ")
        line.say("林美玲", "我也到了")
    line.wait_idle()
    assert len(receiver.requests) == 2
    users = {event["source"]["userId"] for event in receiver.requests[1].events}
    assert len(receiver.requests[1].events) == 3
    assert len(users) == 2


def test_event_can_be_dated(line, receiver):
    line.walk_in(OFFICER, "HQ", at=NOW - 3600)
    line.wait_idle()
    assert receiver.events()[0]["timestamp"] == int((NOW - 3600) * 1000)


def test_blocked_account_cannot_be_written_to(line):
    line.unfollow(OFFICER)
    with pytest.raises(RefusedError, match="blocked"):
        line.say(OFFICER, "哈囉")


def test_unknown_phone_and_zone_are_named(line):
    with pytest.raises(UnknownError, match="no phones are called '誰'"):
        line.say("誰", "嗨")
    with pytest.raises(UnknownError, match="XX"):
        line.walk_in(OFFICER, "XX")


def test_two_people_of_one_name_are_told_apart_by_id(line):
    second = line.add_phone(OFFICER)
    with pytest.raises(UnknownError, match="2 phones"):
        line.chat(OFFICER)
    assert line.chat(second.user_id) == line.chat(OFFICER_ID) == []
