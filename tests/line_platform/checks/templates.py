"""Template messages. Source: Messaging API reference, "Template messages"."""

from collections.abc import Iterator
from typing import Any

from tests.line_platform.checks.actions import Place, check_action
from tests.line_platform.checks.rules import INVALID, MISSING, Path, Shape, Wrong, anything, items, one_of, text, url

_IMAGE_URL = url(2000, "https")
_LOOK = {
    "type": anything,
    "imageAspectRatio": one_of("rectangle", "square"),
    "imageSize": one_of("cover", "contain"),
}
_COLUMN = {
    "thumbnailImageUrl": _IMAGE_URL,
    "imageBackgroundColor": anything,
    "title": text(40),
    "text": anything,
    "defaultAction": anything,
}
_SHAPES = {
    "buttons": Shape({**_LOOK, **_COLUMN, "actions": items(1, 4)}, ("text", "actions")),
    "confirm": Shape({"type": anything, "text": text(240), "actions": items(2, 2)}, ("text", "actions")),
    "carousel": Shape({**_LOOK, "columns": items(1, 10)}, ("columns",)),
    "image_carousel": Shape({"type": anything, "columns": items(1, 10)}, ("columns",)),
}
_CAROUSEL_COLUMN = Shape({**_COLUMN, "actions": items(1, 3)}, ("text", "actions"))
_IMAGE_COLUMN = Shape({"imageUrl": _IMAGE_URL, "action": anything}, ("imageUrl", "action"))

# A template's text is shorter beside an image or a title.
_BESIDE_IMAGE = 60
_BUTTONS_TEXT = 160
_COLUMN_TEXT = 120


def check_template(template: object, path: Path) -> Iterator[Wrong]:
    """Yield what is wrong with the `template` object of a template message."""
    kind = template.get("type") if isinstance(template, dict) else None
    if not isinstance(template, dict) or not isinstance(kind, str) or kind not in _SHAPES:
        yield Wrong((*path, "type"), MISSING if kind is None else INVALID)
        return
    yield from _SHAPES[kind].wrongs(template, path)
    if kind == "buttons":
        yield from _text_length(template, _BUTTONS_TEXT, path)
    yield from _actions(template, Place.TEMPLATE, path)
    columns = template.get("columns")
    for i, column in enumerate(columns if isinstance(columns, list) else ()):
        yield from _column(column, kind, (*path, "columns", i))


def _column(column: object, kind: str, path: Path) -> Iterator[Wrong]:
    if not isinstance(column, dict):
        yield Wrong(path, INVALID)
    elif kind == "image_carousel":
        yield from _IMAGE_COLUMN.wrongs(column, path)
        yield from check_action(column.get("action"), Place.IMAGE_CAROUSEL, (*path, "action"))
    else:
        yield from _CAROUSEL_COLUMN.wrongs(column, path)
        yield from _text_length(column, _COLUMN_TEXT, path)
        yield from _actions(column, Place.TEMPLATE, path)


def _actions(part: dict[str, Any], place: Place, path: Path) -> Iterator[Wrong]:
    actions = part.get("actions")
    for i, action in enumerate(actions if isinstance(actions, list) else ()):
        yield from check_action(action, place, (*path, "actions", i))
    if part.get("defaultAction") is not None:
        yield from check_action(part["defaultAction"], Place.TEMPLATE_AREA, (*path, "defaultAction"))


def _text_length(part: dict[str, Any], longest: int, path: Path) -> Iterator[Wrong]:
    limit = _BESIDE_IMAGE if part.get("title") or part.get("thumbnailImageUrl") else longest
    message = text(limit)(part.get("text")) if part.get("text") is not None else None
    if message:
        yield Wrong((*path, "text"), message)
