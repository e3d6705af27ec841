"""Flex containers: structure and size, with the places LINE names."""

import json
from typing import Any

import pytest

Part = dict[str, Any]
TEXT: Part = {"type": "text", "text": "簽到成功"}
BUTTON: Part = {"type": "button", "action": {"type": "postback", "label": "簽退", "data": "out"}}


def box(*contents: Part, **more: Any) -> Part:
    return {"type": "box", "layout": "vertical", "contents": list(contents), **more}


def bubble(*contents: Part, **more: Any) -> Part:
    return {"type": "bubble", "body": box(*contents), **more}


@pytest.fixture
def details(api):
    """Validate a Flex container and return what is wrong: place to message; None when it is good."""

    def validate(container):
        message = {"type": "flex", "altText": "簽到", "contents": container}
        answer = api.post("/v2/bot/message/validate/push", json={"messages": [{"type": "text", "text": "嗨"}, message]})
        if answer.status_code == 200:
            return None
        assert answer.json()["message"] == "A message (messages[1]) in the request body is invalid"
        return {each["property"]: each["message"] for each in answer.json()["details"]}

    return validate


def test_bubble_of_every_component_is_accepted(details):
    picture = {"type": "image", "url": "https://a/b.png", "size": "full", "aspectRatio": "20:13", "aspectMode": "cover"}
    icon = {"type": "icon", "url": "https://a/i.png", "size": "sm"}
    span = {"type": "span", "text": "08:00", "weight": "bold", "color": "#1F6F8B"}
    row = {"type": "box", "layout": "baseline", "spacing": "sm", "contents": [icon, {**TEXT, "flex": 2}]}
    full = bubble(
        {**TEXT, "size": "xl", "weight": "bold", "margin": "12px", "wrap": True},
        {"type": "separator", "margin": "lg"},
        row,
        {"type": "text", "contents": [span]},
        {"type": "filler"},
        box(backgroundColor="#12304f", cornerRadius="md", paddingAll="8px", width="50%", action=BUTTON["action"]),
        header=box(TEXT),
        hero=picture,
        footer=box(BUTTON),
        styles={"footer": {"separator": True}},
        size="kilo",
    )
    assert details(full) is None
    assert details({"type": "carousel", "contents": [full] * 12}) is None


@pytest.mark.parametrize(
    ("container", "place", "message"),
    [
        ({"type": "flex", "contents": bubble(TEXT)}, "/type", "invalid property"),
        ({}, "/type", "must be specified"),
        ({"type": "bubble"}, "/", "At least one block must be specified"),
        (bubble({"type": "spacer"}), "/body/contents/0", "invalid property"),
        (bubble({"type": "icon", "url": "https://a/b.png"}), "/body/contents/0", "invalid property"),
        (bubble({"type": "text", "text": ""}), "/body/contents/0/text", "must be non-empty text"),
        (bubble({"type": "text"}), "/body/contents/0/text", "must be non-empty text"),
        (bubble({**TEXT, "fontSize": "xl"}), "/body/contents/0/fontSize", "unknown field"),
        (bubble({**TEXT, "size": "huge"}), "/body/contents/0/size", "invalid property"),
        (bubble({**TEXT, "color": "red"}), "/body/contents/0/color", "invalid property"),
        (bubble({**TEXT, "wrap": "true"}), "/body/contents/0/wrap", "invalid property"),
        (bubble({"type": "box", "layout": "vertical"}), "/body/contents/0/contents", "must be specified"),
        (bubble({"type": "button"}), "/body/contents/0/action", "must be specified"),
        (bubble({"type": "image", "url": "http://a/b.png"}), "/body/contents/0/url", "invalid uri scheme"),
        (bubble(TEXT, hero=BUTTON), "/hero", "invalid property"),
        (bubble(TEXT, size="tera"), "/size", "invalid property"),
        ({"type": "carousel", "contents": []}, "/contents", "Size must be between 1 and 12"),
        ({"type": "carousel", "contents": [bubble(TEXT)] * 13}, "/contents", "Size must be between 1 and 12"),
    ],
)
def test_wrong_container_is_refused_at_its_place(details, container, place, message):
    assert details(container)[place] == message


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"label": "x" * 41}, "label"),
        ({"label": None}, "label"),
        ({"data": "x" * 301}, "data"),
        ({"type": "camera"}, "type"),
    ],
)
def test_button_action_limits(details, change, place):
    action = {**BUTTON["action"], **change}
    assert list(details(bubble({**BUTTON, "action": action}))) == [f"/body/contents/0/action/{place}"]


def test_label_is_optional_outside_buttons(details):
    assert details(bubble({**TEXT, "action": {"type": "postback", "data": "in"}})) is None


def padded(size: int) -> Part:
    """Return a bubble whose compact JSON has exactly `size` bytes."""
    empty = len(json.dumps(bubble({"type": "text", "text": ""}), separators=(",", ":")))
    return bubble({"type": "text", "text": "x" * (size - empty)})


def test_bubble_has_at_most_30_kilobytes(details):
    assert details(padded(30 * 1024)) is None
    assert details(padded(30 * 1024 + 1)) == {"/": "the bubble is larger than 30 KB"}


def test_carousel_has_at_most_50_kilobytes(details):
    half = padded(25 * 1024)
    assert "/" in details({"type": "carousel", "contents": [half, half]})
    assert details({"type": "carousel", "contents": [padded(20 * 1024)] * 2}) is None


def test_bubbles_of_a_carousel_have_one_size(details):
    mixed = {"type": "carousel", "contents": [bubble(TEXT, size="kilo"), bubble(TEXT)]}
    assert list(details(mixed)) == ["/contents"]
