"""Message objects and their common properties. Source: Messaging API reference, "Message objects"."""

from collections.abc import Iterator
from typing import Any

from tests.line_platform.checks.actions import Place, check_action
from tests.line_platform.checks.flex import check_container
from tests.line_platform.checks.rules import (
    EMPTY,
    INVALID,
    MISSING,
    UNKNOWN,
    Path,
    Rule,
    Shape,
    Wrong,
    anything,
    items,
    number,
    text,
    url,
)
from tests.line_platform.checks.templates import check_template
from tests.line_platform.errors import ApiError, Detail, body_errors, invalid_property

_MOST_MESSAGES = 5
_MEDIA_URL = url(2000, "https")
_COMMON: dict[str, Rule] = {"type": anything, "quickReply": anything, "sender": anything}
_SENDER = Shape({"name": text(20), "iconUrl": _MEDIA_URL})
_QUICK_REPLY = Shape({"items": items(1, 13)}, ("items",))
_QUICK_REPLY_BUTTON = Shape({"type": anything, "imageUrl": _MEDIA_URL, "action": anything}, ("action",))

_TEXT = text(5000)
_ALT_TEXT = text(400)
_SHAPES: dict[str, Shape] = {
    "text": Shape({"text": _TEXT, "emojis": items(0, 20), "quoteToken": anything}, ("text",)),
    "textV2": Shape({"text": _TEXT, "substitution": anything, "quoteToken": anything}, ("text",)),
    "sticker": Shape(
        {"packageId": anything, "stickerId": anything, "quoteToken": anything}, ("packageId", "stickerId")
    ),
    "image": Shape(
        {"originalContentUrl": _MEDIA_URL, "previewImageUrl": _MEDIA_URL}, ("originalContentUrl", "previewImageUrl")
    ),
    "video": Shape(
        {"originalContentUrl": _MEDIA_URL, "previewImageUrl": _MEDIA_URL, "trackingId": text(100)},
        ("originalContentUrl", "previewImageUrl"),
    ),
    "audio": Shape(
        {"originalContentUrl": _MEDIA_URL, "duration": number(1, 86_400_000)}, ("originalContentUrl", "duration")
    ),
    "location": Shape(
        {"title": text(100), "address": text(100), "latitude": number(-90, 90), "longitude": number(-180, 180)},
        ("title", "address", "latitude", "longitude"),
    ),
    "imagemap": Shape(
        {
            "baseUrl": _MEDIA_URL,
            "altText": _ALT_TEXT,
            "baseSize": anything,
            "actions": items(0, 50),
            "video": anything,
        },
        ("baseUrl", "altText", "baseSize", "actions"),
    ),
    "template": Shape({"altText": _ALT_TEXT, "template": anything}, ("altText", "template")),
    "flex": Shape({"altText": _ALT_TEXT, "contents": anything}, ("altText", "contents")),
}


def check_messages(messages: object) -> ApiError | None:
    """Return the answer LINE gives to wrong `messages`, or None when they can be sent."""
    if not isinstance(messages, list) or not 1 <= len(messages) <= _MOST_MESSAGES:
        return body_errors([Detail("messages", f"Size must be between 1 and {_MOST_MESSAGES}")])
    wrongs = [wrong for i, message in enumerate(messages) for wrong in _message(message, ("messages", i))]
    unknown = next((wrong for wrong in wrongs if wrong.message == UNKNOWN), None)
    if unknown:
        return invalid_property(unknown.dotted())
    if wrongs:
        return body_errors([Detail(wrong.dotted(), _words(wrong)) for wrong in wrongs])
    return _flex_error(messages)


def _message(message: object, path: Path) -> Iterator[Wrong]:
    if not isinstance(message, dict):
        yield Wrong(path, INVALID)
        return
    kind = message.get("type")
    shape = _SHAPES.get(kind) if isinstance(kind, str) else None
    if shape is None:
        known = ", ".join(_SHAPES)
        yield Wrong((*path, "type"), EMPTY if kind is None else f"Must be one of the following values: [{known}]")
        return
    yield from Shape({**_COMMON, **shape.rules}, shape.required).wrongs(message, path)
    if message.get("quickReply") is not None:
        yield from _quick_reply(message["quickReply"], (*path, "quickReply"))
    if message.get("sender") is not None:
        yield from _sender(message["sender"], (*path, "sender"))
    if kind == "template" and message.get("template") is not None:
        yield from check_template(message["template"], (*path, "template"))


def _sender(sender: object, path: Path) -> Iterator[Wrong]:
    if isinstance(sender, dict):
        yield from _SENDER.wrongs(sender, path)
    else:
        yield Wrong(path, INVALID)


def _quick_reply(quick_reply: object, path: Path) -> Iterator[Wrong]:
    if not isinstance(quick_reply, dict):
        yield Wrong(path, INVALID)
        return
    yield from _QUICK_REPLY.wrongs(quick_reply, path)
    buttons = quick_reply.get("items")
    for i, button in enumerate(buttons if isinstance(buttons, list) else ()):
        place = (*path, "items", i)
        if not isinstance(button, dict) or button.get("type") != "action":
            yield Wrong((*place, "type"), INVALID)
            continue
        yield from _QUICK_REPLY_BUTTON.wrongs(button, place)
        yield from check_action(button.get("action"), Place.QUICK_REPLY, (*place, "action"))


def _flex_error(messages: list[dict[str, Any]]) -> ApiError | None:
    for i, message in enumerate(messages):
        if message["type"] != "flex":
            continue
        details = tuple(Detail(wrong.pointer(), wrong.message) for wrong in check_container(message["contents"]))
        if details:
            return ApiError(400, f"A message (messages[{i}]) in the request body is invalid", details)
    return None


def _words(wrong: Wrong) -> str:
    # Outside Flex containers LINE says "May not be empty" where a property is missing.
    return EMPTY if wrong.message == MISSING else wrong.message
