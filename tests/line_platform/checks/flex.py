"""Flex containers: bubbles and carousels. Source: Messaging API reference, "Flex Message"."""

import json
from collections.abc import Iterator
from typing import Any

from tests.line_platform.checks.actions import Place, check_action
from tests.line_platform.checks.flex_components import BLOCK_STYLE, BOX_CONTENTS, COMPONENTS
from tests.line_platform.checks.rules import INVALID, MISSING, Path, Shape, Wrong, anything, one_of

# The reference says 30 KB and 50 KB of JSON; a kilobyte is taken as 1024 bytes.
_BUBBLE_BYTES = 30 * 1024
_CAROUSEL_BYTES = 50 * 1024
_MOST_BUBBLES = 12

_BLOCKS = {"header": ("box",), "hero": ("box", "image", "video"), "body": ("box",), "footer": ("box",)}
_BUBBLE = Shape(
    {
        "type": anything,
        "size": one_of("nano", "micro", "deca", "hecto", "kilo", "mega", "giga"),
        "direction": one_of("ltr", "rtl"),
        "styles": anything,
        "action": anything,
        **dict.fromkeys(_BLOCKS, anything),
    }
)
_CAROUSEL = Shape({"type": anything, "contents": anything}, ("contents",))


def check_container(container: object) -> list[Wrong]:
    """Return everything wrong with a bubble or carousel, places relative to it."""
    if not isinstance(container, dict):
        return [Wrong((), INVALID)]
    match container.get("type"):
        case "bubble":
            return list(_bubble(container, ()))
        case "carousel":
            return list(_carousel(container))
        case kind:
            return [Wrong(("type",), MISSING if kind is None else INVALID)]


def json_bytes(value: object) -> int:
    """Return the length of a value as compact JSON in UTF-8."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


def _carousel(carousel: dict[str, Any]) -> Iterator[Wrong]:
    yield from _CAROUSEL.wrongs(carousel, ())
    bubbles = carousel.get("contents")
    if not isinstance(bubbles, list) or not 1 <= len(bubbles) <= _MOST_BUBBLES:
        yield Wrong(("contents",), f"Size must be between 1 and {_MOST_BUBBLES}")
        return
    if json_bytes(carousel) > _CAROUSEL_BYTES:
        yield Wrong((), "the carousel is larger than 50 KB")
    for i, bubble in enumerate(bubbles):
        if isinstance(bubble, dict) and bubble.get("type") == "bubble":
            yield from _bubble(bubble, ("contents", i))
        else:
            yield Wrong(("contents", i), INVALID)
    if len({str(bubble.get("size") or "mega") for bubble in bubbles if isinstance(bubble, dict)}) > 1:
        yield Wrong(("contents",), "bubbles of different sizes can't be in one carousel")


def _bubble(bubble: dict[str, Any], path: Path) -> Iterator[Wrong]:
    yield from _BUBBLE.wrongs(bubble, path)
    if json_bytes(bubble) > _BUBBLE_BYTES:
        yield Wrong(path, "the bubble is larger than 30 KB")
    if not any(bubble.get(block) for block in _BLOCKS):
        yield Wrong(path, "At least one block must be specified")
    for block, kinds in _BLOCKS.items():
        if bubble.get(block) is not None:
            yield from _component(bubble[block], kinds, (*path, block))
    if bubble.get("action") is not None:
        yield from check_action(bubble["action"], Place.FLEX_OTHER, (*path, "action"))
    yield from _styles(bubble.get("styles") or {}, (*path, "styles"))


def _styles(styles: object, path: Path) -> Iterator[Wrong]:
    if not isinstance(styles, dict):
        yield Wrong(path, INVALID)
        return
    for block, style in styles.items():
        if block in _BLOCKS and isinstance(style, dict):
            yield from BLOCK_STYLE.wrongs(style, (*path, block))
        else:
            yield Wrong((*path, block), INVALID)


def _component(component: object, kinds: tuple[str, ...], path: Path) -> Iterator[Wrong]:
    kind = component.get("type") if isinstance(component, dict) else None
    if not isinstance(component, dict) or kind not in kinds:
        yield Wrong(path, INVALID)
        return
    yield from COMPONENTS[kind].wrongs(component, path)
    if component.get("action") is not None:
        place = Place.FLEX_BUTTON if kind == "button" else Place.FLEX_OTHER
        yield from check_action(component["action"], place, (*path, "action"))
    match kind:
        case "box":
            yield from _contents(component, BOX_CONTENTS.get(str(component.get("layout")), ()), path)
        case "text":
            yield from _text(component, path)
        case "video" if component.get("altContent") is not None:
            yield from _component(component["altContent"], ("box", "image"), (*path, "altContent"))


def _contents(component: dict[str, Any], kinds: tuple[str, ...], path: Path) -> Iterator[Wrong]:
    contents = component.get("contents")
    if not isinstance(contents, list):
        if contents is not None:
            yield Wrong((*path, "contents"), INVALID)
        return
    for i, inner in enumerate(contents):
        yield from _component(inner, kinds, (*path, "contents", i))


def _text(component: dict[str, Any], path: Path) -> Iterator[Wrong]:
    if component.get("contents"):
        yield from _contents(component, ("span",), path)
    elif not component.get("text"):
        yield Wrong((*path, "text"), "must be non-empty text")
