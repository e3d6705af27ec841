"""Reply, push and multicast: tokens, quota, retry keys, who receives."""

from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Client, Response

from tests.integration.line_platform.conftest import NOW, OFFICER, OFFICER_ID

Messages = list[dict[str, Any]]
HELLO: Messages = [{"type": "text", "text": "您好"}]
RETRY = "X-Line-Retry-Key"


def reply(api: Client, token: str, messages: Messages = HELLO, **more: Any) -> Response:
    return api.post("/v2/bot/message/reply", json={"replyToken": token, "messages": messages}, **more)


def push(api: Client, to: str = OFFICER_ID, messages: Messages = HELLO, **more: Any) -> Response:
    return api.post("/v2/bot/message/push", json={"to": to, "messages": messages}, **more)


def used(api: Client) -> int:
    total: int = api.get("/v2/bot/message/quota/consumption").json()["totalUsage"]
    return total


def test_reply_is_shown_and_free(line, api, reply_token):
    answer = reply(api, reply_token, [*HELLO, {"type": "text", "text": "簽到成功"}])
    assert answer.status_code == 200
    assert len(answer.json()["sentMessages"]) == 2
    assert answer.json()["sentMessages"][0]["id"].isdigit()
    assert answer.headers["x-line-request-id"]
    assert [message.text for message in line.chat(OFFICER)] == ["簽到", "您好", "簽到成功"]
    assert used(api) == 0


def test_reply_token_works_once(api, reply_token):
    assert reply(api, reply_token).status_code == 200
    again = reply(api, reply_token)
    assert (again.status_code, again.json()) == (400, {"message": "Invalid reply token"})


def test_unknown_reply_token_is_refused(api):
    assert reply(api, "f" * 32).json() == {"message": "Invalid reply token"}


def test_reply_token_lives_one_minute(line_clock, api, reply_token):
    line_clock.advance(60)
    assert reply(api, reply_token).status_code == 200


def test_reply_token_expires_after_one_minute(line_clock, api, reply_token):
    line_clock.advance(60.5)
    assert reply(api, reply_token).json() == {"message": "Invalid reply token"}


def test_refused_message_leaves_the_reply_token_unused(api, reply_token):
    assert reply(api, reply_token, []).status_code == 400
    assert reply(api, reply_token).status_code == 200


@pytest.mark.parametrize(("minutes", "status"), [(19, 200), (20.1, 400)])
def test_redelivered_token_lives_until_twenty_minutes_after_the_event(line, receiver, api, minutes, status):
    receiver.statuses = [500]
    line.set_faults(redelivery=True, redelivery_spacing_s=0.01)
    line.say(OFFICER, "簽到", at=NOW - minutes * 60)
    line.wait_idle()
    token = receiver.events()[-1]["replyToken"]
    assert receiver.events()[-1]["deliveryContext"] == {"isRedelivery": True}
    assert reply(api, token).status_code == status


def test_redelivery_does_not_revive_a_used_token(line, receiver, api):
    receiver.statuses = [500]
    line.set_faults(redelivery=True, redelivery_spacing_s=0.3)
    line.say(OFFICER, "簽到")
    line.wait_for_deliveries(1)
    token = receiver.events()[0]["replyToken"]
    assert reply(api, token).status_code == 200
    line.wait_idle()
    assert len(receiver.requests) == 2
    assert reply(api, token).status_code == 400


def test_retry_key_on_reply_is_refused(api, reply_token):
    assert reply(api, reply_token, headers={RETRY: str(uuid4())}).status_code == 400
    assert reply(api, reply_token).status_code == 200


def test_reply_to_someone_who_blocked_meanwhile_is_accepted_and_not_shown(line, api, reply_token):
    line.unfollow(OFFICER)
    assert reply(api, reply_token).status_code == 200
    assert all(message.sender != "account" for message in line.chat(OFFICER))


def test_push_counts_against_the_quota_once_however_many_messages(line, api):
    assert push(api, messages=HELLO * 5).status_code == 200
    assert used(api) == 1
    assert api.get("/v2/bot/message/quota").json() == {"type": "limited", "value": 3}
    assert len(line.chat(OFFICER)) == 5


def test_push_above_the_monthly_limit_is_429(api, line_clock):
    assert [push(api).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert push(api).json() == {"message": "You have reached your monthly limit."}
    line_clock.advance(31 * 24 * 3600)
    assert push(api).status_code == 200


def test_push_to_one_who_is_no_friend_is_accepted_uncounted_and_not_shown(line, api):
    stranger = line.world.phone("林美玲").user_id
    answer = push(api, stranger)
    assert answer.status_code == 200
    assert len(answer.json()["sentMessages"]) == 1
    assert (line.chat("林美玲"), used(api)) == ([], 0)


def test_stranger_who_wrote_can_be_pushed_to_for_seven_days(line, api, line_clock):
    stranger = line.world.phone("林美玲").user_id
    line.say("林美玲", "請問")
    push(api, stranger)
    line_clock.advance(7 * 24 * 3600 + 1)
    push(api, stranger)
    assert sum(message.sender == "account" for message in line.chat("林美玲")) == 1


def test_push_to_an_unknown_id_fails_to_send(api):
    answer = push(api, "U" + "0" * 32)
    assert (answer.status_code, answer.json()) == (400, {"message": "Failed to send messages"})


def test_push_to_something_that_is_no_id_names_the_property(api):
    assert push(api, "kutemukan").json() == {
        "message": "The property, 'to', in the request body is invalid (line: -, column: -)"
    }


def test_accepted_retry_key_is_answered_409_with_the_first_answer(line, api):
    headers = {RETRY: str(uuid4())}
    first = push(api, headers=headers)
    again = push(api, headers=headers)
    assert (first.status_code, again.status_code) == (200, 409)
    assert again.headers["x-line-accepted-request-id"] == first.headers["x-line-request-id"]
    assert again.headers["x-line-request-id"] != first.headers["x-line-request-id"]
    assert again.json() == {"message": "The retry key is already accepted", **first.json()}
    assert len(line.chat(OFFICER)) == used(api) == 1


def test_retry_key_is_forgotten_after_a_day(line, api, line_clock):
    headers = {RETRY: str(uuid4())}
    push(api, headers=headers)
    line_clock.advance(24 * 3600 + 1)
    assert push(api, headers=headers).status_code == 200
    assert len(line.chat(OFFICER)) == 2


def test_refused_push_does_not_use_its_retry_key_up(api):
    headers = {RETRY: str(uuid4())}
    assert push(api, messages=[], headers=headers).status_code == 400
    assert push(api, headers=headers).status_code == 200


def test_retry_key_must_be_a_uuid(api):
    assert push(api, headers={RETRY: "again"}).status_code == 400


def test_retry_after_a_lost_answer_sends_once(line, api):
    line.fail_api("/v2/bot/message/push", status=500, accepted=True)
    headers = {RETRY: str(uuid4())}
    assert [push(api, headers=headers).status_code for _ in range(2)] == [500, 409]
    assert len(line.chat(OFFICER)) == 1


def test_multicast_reaches_friends_and_counts_each(line, api):
    friend, stranger = line.add_phone("王小明"), line.world.phone("林美玲")
    to = [OFFICER_ID, friend.user_id, stranger.user_id]
    answer = api.post("/v2/bot/message/multicast", json={"to": to, "messages": HELLO})
    assert (answer.status_code, answer.json()) == (200, {})
    assert [len(line.chat(phone)) for phone in (OFFICER, friend, stranger)] == [1, 1, 0]
    assert used(api) == 2


def test_multicast_names_the_wrong_recipient(api):
    answer = api.post("/v2/bot/message/multicast", json={"to": [OFFICER_ID, "C" + "0" * 32], "messages": HELLO})
    assert "'to[1]'" in answer.json()["message"]


def test_validate_sends_nothing(line, api):
    for kind in ("reply", "push", "multicast"):
        assert api.post(f"/v2/bot/message/validate/{kind}", json={"messages": HELLO}).json() == {}
        assert api.post(f"/v2/bot/message/validate/{kind}", json={"messages": []}).status_code == 400
    assert line.chat(OFFICER) == []


def test_quota_without_limit_has_type_none(line, api):
    line.world.quota.limit = None
    assert api.get("/v2/bot/message/quota").json() == {"type": "none"}


def test_quick_reply_is_pressed_by_its_label_and_gone_after_the_next_message(line, receiver, api, reply_token):
    action = {"type": "postback", "label": "簽到", "data": "in", "displayText": "我要簽到"}
    quick = {"items": [{"type": "action", "action": action}]}
    reply(api, reply_token, [{"type": "text", "text": "要簽到嗎", "quickReply": quick}])
    line.press(OFFICER, "簽到")
    line.wait_idle()
    assert receiver.events()[-1]["postback"] == {"data": "in"}
    assert line.chat(OFFICER)[-1].text == "我要簽到"
    with pytest.raises(LookupError, match="簽到"):
        line.press(OFFICER, "簽到")


@pytest.mark.usefixtures("reply_token")
def test_waiting_for_a_message_that_does_not_come_shows_the_chat(line):
    with pytest.raises(AssertionError, match=r"no message with '成功' .*phone: 簽到"):
        line.wait_for_message(OFFICER, "成功", timeout_s=0.05)
