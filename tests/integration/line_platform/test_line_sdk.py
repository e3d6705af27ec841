"""LINE's own SDK takes the platform for LINE."""

import time
from typing import Any
from uuid import uuid4

import pytest
from linebot.v3 import WebhookParser
from linebot.v3.exceptions import InvalidSignatureError
from linebot.v3.messaging import (
    ApiClient,
    ApiException,
    Configuration,
    FlexMessage,
    MessagingApi,
    PushMessageRequest,
    ReplyMessageRequest,
    TextMessage,
)
from linebot.v3.messaging.models import FlexBubble
from linebot.v3.webhooks import BeaconEvent, FollowEvent, MessageEvent, PostbackEvent, UnfollowEvent

from tests.integration.line_platform.conftest import OFFICER, OFFICER_ID
from tests.integration.line_platform.receiving import Received


@pytest.fixture
def sdk(line):
    configuration = Configuration(access_token=line.config.channel_access_token, host=line.url)
    with ApiClient(configuration) as client:
        yield MessagingApi(client)


@pytest.fixture
def parser(line):
    return WebhookParser(line.config.channel_secret)


def parse(parser: WebhookParser, request: Received) -> list[Any]:
    events: list[Any] = parser.parse(request.body.decode(), request.signature)
    return events


def test_sdk_accepts_every_kind_of_event(line, receiver, parser):
    line.walk_in(OFFICER, "HQ")
    line.linger(OFFICER, "stay")
    line.say(OFFICER, "簽到")
    line.send_sticker(OFFICER)
    line.send_location(OFFICER, 25.0, 121.5)
    line.tap(OFFICER, "in")
    line.unfollow(OFFICER)
    line.follow(OFFICER)
    line.wait_idle()
    events = [event for request in receiver.requests for event in parse(parser, request)]
    kinds = sorted(type(event).__name__ for event in events)
    assert kinds == sorted(
        kind.__name__ for kind in [BeaconEvent] * 4 + [MessageEvent] * 3 + [PostbackEvent, UnfollowEvent, FollowEvent]
    )
    heard = next(event for event in events if isinstance(event, BeaconEvent) and event.beacon.hwid == "d41d8cd98f")
    assert (heard.source.user_id, heard.beacon.dm) == (OFFICER_ID, "0102")


def test_sdk_refuses_a_wrong_signature(line, receiver, parser):
    line.set_faults(signature="wrong")
    line.say(OFFICER, "簽到")
    line.wait_idle()
    with pytest.raises(InvalidSignatureError):
        parse(parser, receiver.requests[0])


def test_sdk_replies_to_the_event(line, receiver, parser, sdk):
    line.walk_in(OFFICER, "HQ")
    line.wait_idle()
    event = parse(parser, receiver.requests[0])[0]
    bubble = {
        "type": "bubble",
        "body": {"type": "box", "layout": "vertical", "contents": [{"type": "text", "text": "簽到成功"}]},
    }
    messages = [
        TextMessage(text="到了"),
        FlexMessage(alt_text="簽到成功", contents=FlexBubble.from_dict(bubble)),
    ]
    answer = sdk.reply_message(ReplyMessageRequest(reply_token=event.reply_token, messages=messages))
    assert len(answer.sent_messages) == 2
    assert line.wait_for_message(OFFICER, "簽到成功").content["type"] == "flex"
    with pytest.raises(ApiException) as refused:
        sdk.reply_message(ReplyMessageRequest(reply_token=event.reply_token, messages=messages))
    assert (refused.value.status, "Invalid reply token" in refused.value.body) == (400, True)


def test_sdk_pushes_and_reads_profile_and_quota(line, sdk):
    request = PushMessageRequest(to=OFFICER_ID, messages=[TextMessage(text="提醒")])
    key = str(uuid4())
    assert sdk.push_message(request, x_line_retry_key=key).sent_messages[0].id.isdigit()
    with pytest.raises(ApiException) as conflict:
        sdk.push_message(request, x_line_retry_key=key)
    assert conflict.value.status == 409
    assert sdk.get_profile(OFFICER_ID).display_name == OFFICER
    assert sdk.get_message_quota_consumption().total_usage == 1
    assert sdk.get_bot_info().user_id == line.config.bot_user_id


def test_few_hundred_events_a_second_are_sent(line, receiver):
    started = time.monotonic()
    for _ in range(300):
        line.hear(OFFICER, "d41d8cd98f", "00")
    line.wait_idle()
    assert len(receiver.requests) == 300
    # Measured 2026-11-23 on two shared cores: 0.3 s. The bound only catches a sender that lost its keep-alive.
    assert time.monotonic() - started < 5
