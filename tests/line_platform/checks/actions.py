"""Action objects: what a tap does. Source: Messaging API reference, "Action objects"."""

from collections.abc import Iterator
from enum import Enum

from tests.line_platform.checks.rules import (
    INVALID,
    MISSING,
    Path,
    Rule,
    Shape,
    Wrong,
    anything,
    matching,
    one_of,
    text,
    url,
)


class Place(Enum):
    """Where an action is set; its label's length and duty depend on that."""

    FLEX_BUTTON = "flex button"
    FLEX_OTHER = "flex other"
    QUICK_REPLY = "quick reply"
    TEMPLATE = "template"
    TEMPLATE_AREA = "template area"
    IMAGE_CAROUSEL = "image carousel"
    RICH_MENU = "rich menu"


# The most UTF-16 units a label may have, and whether there must be one. Source: "Specifications of the label".
_LABELS = {
    Place.FLEX_BUTTON: (40, True),
    Place.FLEX_OTHER: (40, False),
    Place.QUICK_REPLY: (20, True),
    Place.TEMPLATE: (20, True),
    Place.TEMPLATE_AREA: (20, False),
    Place.IMAGE_CAROUSEL: (12, False),
    Place.RICH_MENU: (20, False),
}

_DATA = text(300)
_URI = url(1000, "http", "https", "line", "tel")
_PICKER_TIME = matching(r"(\d{4}-\d\d-\d\d)?[Tt]?(\d\d:\d\d)?")

_SHAPES: dict[str, Shape] = {
    "postback": Shape(
        {
            "data": _DATA,
            "displayText": _DATA,
            "text": _DATA,
            "inputOption": one_of("closeRichMenu", "openRichMenu", "openKeyboard", "openVoice"),
            "fillInText": _DATA,
        },
        ("data",),
    ),
    "message": Shape({"text": _DATA}, ("text",)),
    "uri": Shape({"uri": _URI, "altUri": anything}, ("uri",)),
    "datetimepicker": Shape(
        {
            "data": _DATA,
            "mode": one_of("date", "time", "datetime"),
            "initial": _PICKER_TIME,
            "max": _PICKER_TIME,
            "min": _PICKER_TIME,
        },
        ("data", "mode"),
    ),
    "clipboard": Shape({"clipboardText": text(1000)}, ("clipboardText",)),
    "camera": Shape({}),
    "cameraRoll": Shape({}),
    "location": Shape({}),
    "richmenuswitch": Shape({"richMenuAliasId": text(32), "data": _DATA}, ("richMenuAliasId", "data")),
}
_ONLY_IN = {
    "camera": Place.QUICK_REPLY,
    "cameraRoll": Place.QUICK_REPLY,
    "location": Place.QUICK_REPLY,
    "richmenuswitch": Place.RICH_MENU,
}


def check_action(action: object, place: Place, path: Path) -> Iterator[Wrong]:
    """Yield what is wrong with an action object."""
    if not isinstance(action, dict):
        yield Wrong(path, INVALID)
        return
    kind = action.get("type")
    shape = _SHAPES.get(kind) if isinstance(kind, str) else None
    if shape is None or _ONLY_IN.get(str(kind), place) is not place:
        yield Wrong((*path, "type"), MISSING if kind is None else INVALID)
        return
    longest, needed = _LABELS[place]
    label: dict[str, Rule] = {"type": anything, "label": text(longest)}
    required = (*shape.required, "label") if needed else shape.required
    yield from Shape({**shape.rules, **label}, required).wrongs(action, path)
    if action.get("displayText") and action.get("text"):
        yield Wrong((*path, "text"), "displayText and text can't be used at the same time")
