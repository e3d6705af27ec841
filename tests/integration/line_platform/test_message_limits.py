"""LINE's limits on messages, and the error answers that name what is wrong."""

from typing import Any

import pytest

POSTBACK: dict[str, Any] = {"type": "postback", "label": "簽到", "data": "in"}


@pytest.fixture
def refusal(api):
    """Validate messages and return the refusal, None when they are good."""

    def validate(*messages):
        answer = api.post("/v2/bot/message/validate/reply", json={"messages": list(messages)})
        return None if answer.status_code == 200 else answer.json()

    return validate


def one(message: str, place: str) -> dict[str, Any]:
    return {"message": "The request body has 1 error(s)", "details": [{"message": message, "property": place}]}


def quick_reply(*actions: dict[str, Any]) -> dict[str, Any]:
    items = [{"type": "action", "action": action} for action in actions]
    return {"type": "text", "text": "嗨", "quickReply": {"items": items}}


def test_text_is_counted_in_utf16_units(refusal):
    assert refusal({"type": "text", "text": "字" * 5000}) is None
    assert refusal({"type": "text", "text": "😀" * 2500}) is None
    too_long = one("Length must be between 0 and 5000", "messages[0].text")
    assert refusal({"type": "text", "text": "😀" * 2500 + "x"}) == too_long


def test_number_of_messages_is_one_to_five(refusal):
    text = {"type": "text", "text": "嗨"}
    assert refusal(*[text] * 5) is None
    for wrong in ([], [text] * 6):
        assert refusal(*wrong) == one("Size must be between 1 and 5", "messages")


def test_errors_are_counted_and_each_is_named(refusal):
    answer = refusal({"type": "text", "text": ""}, {"type": "texts"})
    assert answer["message"] == "The request body has 2 error(s)"
    assert answer["details"][0] == {"message": "May not be empty", "property": "messages[0].text"}
    assert answer["details"][1]["property"] == "messages[1].type"
    assert answer["details"][1]["message"].startswith("Must be one of the following values: [text, ")


def test_unknown_property_is_named(refusal):
    assert refusal({"type": "text", "text": "嗨", "quickreply": {}}) == {
        "message": "The property, 'messages[0].quickreply', in the request body is invalid (line: -, column: -)"
    }


def test_null_property_counts_as_absent(refusal):
    assert refusal({"type": "text", "text": "嗨", "quickReply": None, "quoteToken": None}) is None


def test_quick_reply_has_at_most_13_buttons(refusal):
    assert refusal(quick_reply(*[POSTBACK] * 13)) is None
    place = "messages[0].quickReply.items"
    assert refusal(quick_reply(*[POSTBACK] * 14)) == one("Size must be between 1 and 13", place)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"label": "二十一個字元的標籤超過了上限所以不行的啦喔"}, "label"),
        ({"label": None}, "label"),
        ({"data": "x" * 301}, "data"),
        ({"data": None}, "data"),
        ({"displayText": "x" * 301}, "displayText"),
        ({"type": "postbak"}, "type"),
        ({"type": "richmenuswitch", "richMenuAliasId": "a"}, "type"),
    ],
)
def test_action_limits_hold_in_quick_replies(refusal, change, place):
    details = refusal(quick_reply({**POSTBACK, **change}))["details"]
    assert [each["property"] for each in details] == [f"messages[0].quickReply.items[0].action.{place}"]


def test_every_action_type_can_be_sent(refusal):
    actions = [
        POSTBACK,
        {"type": "message", "label": "說", "text": "嗨"},
        {"type": "uri", "label": "開", "uri": "https://liff.line.me/1-a"},
        {"type": "datetimepicker", "label": "選", "data": "t", "mode": "datetime", "initial": "2026-11-23t08:00"},
        {"type": "camera", "label": "相機"},
        {"type": "cameraRoll", "label": "相簿"},
        {"type": "location", "label": "位置"},
        {"type": "clipboard", "label": "複製", "clipboardText": "A1"},
    ]
    assert refusal(quick_reply(*actions)) is None


def test_uri_scheme_must_be_one_that_line_opens(refusal):
    details = refusal(quick_reply({"type": "uri", "label": "開", "uri": "javascript:alert(1)"}))["details"]
    assert details == [{"message": "invalid uri scheme", "property": "messages[0].quickReply.items[0].action.uri"}]


@pytest.mark.parametrize("kind", ["flex", "template"])
def test_alt_text_is_required(refusal, kind):
    contents = {"contents": {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": []}}}
    template = {"template": {"type": "confirm", "text": "好嗎", "actions": [POSTBACK, POSTBACK]}}
    message = {"type": kind, **(contents if kind == "flex" else template)}
    assert refusal({**message, "altText": "簽到"}) is None
    assert refusal(message) == one("May not be empty", "messages[0].altText")
    assert refusal({**message, "altText": "x" * 401}) == one("Length must be between 0 and 400", "messages[0].altText")


@pytest.mark.parametrize(
    ("template", "place"),
    [
        ({"type": "confirm", "text": "x" * 241, "actions": [POSTBACK] * 2}, "text"),
        ({"type": "confirm", "text": "x", "actions": [POSTBACK]}, "actions"),
        ({"type": "buttons", "text": "x" * 161, "actions": [POSTBACK]}, "text"),
        ({"type": "buttons", "title": "t", "text": "x" * 61, "actions": [POSTBACK]}, "text"),
        ({"type": "buttons", "text": "x", "actions": [POSTBACK] * 5}, "actions"),
        ({"type": "buttons", "text": "x", "actions": [{"type": "camera", "label": "c"}]}, "actions[0].type"),
        ({"type": "carousel", "columns": [{"text": "x" * 121, "actions": [POSTBACK]}]}, "columns[0].text"),
        (
            {"type": "image_carousel", "columns": [{"imageUrl": "http://a/b", "action": POSTBACK}]},
            "columns[0].imageUrl",
        ),
        ({"type": "list"}, "type"),
    ],
)
def test_template_limits(refusal, template, place):
    details = refusal({"type": "template", "altText": "a", "template": template})["details"]
    assert [each["property"] for each in details] == [f"messages[0].template.{place}"]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "sticker", "packageId": "446", "stickerId": "1988"},
        {"type": "image", "originalContentUrl": "https://a/b.png", "previewImageUrl": "https://a/b.png"},
        {"type": "location", "title": "總局", "address": "臺北市", "latitude": 25.0, "longitude": 121.5},
        {"type": "audio", "originalContentUrl": "https://a/b.m4a", "duration": 60000},
        {"type": "text", "text": "嗨", "sender": {"name": "簽到", "iconUrl": "https://a/b.png"}},
    ],
)
def test_other_messages_can_be_sent(refusal, message):
    assert refusal(message) is None
    for name in set(message) - {"type", "sender"}:
        assert refusal({key: value for key, value in message.items() if key != name}) is not None


def test_images_need_https(refusal):
    message = {"type": "image", "originalContentUrl": "http://a/b.png", "previewImageUrl": "https://a/b.png"}
    assert refusal(message) == one("invalid uri scheme", "messages[0].originalContentUrl")
