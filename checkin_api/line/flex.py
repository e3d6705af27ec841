"""Flex bubbles from a few building blocks, within LINE's limits whatever the database holds; the look is set here."""

from collections.abc import Sequence
from typing import Any

from checkin_api.line.buttons import Action

Message = dict[str, Any]
Component = dict[str, Any]

# Source: Messaging API reference, "Flex message" (alternative text) and "Text message"; both in UTF-16 units.
LONGEST_ALT = 400
LONGEST_TEXT = 5000
# What comes from the database may be 200 characters long: enough of it to know it by, on two or three lines.
LONGEST_NAME = 60
# So that in the alternative text nothing else is pushed out.
LONGEST_NAME_IN_ALT = 24

GREEN, BLUE, NAVY = "#0B6B3A", "#1B4F8F", "#1F2A44"
_WHITE, _INK, _GREY = "#FFFFFF", "#111111", "#555555"
_AMBER, _BROWN = "#FFF4DB", "#5C3D00"


def cut(text: str, longest: int = LONGEST_NAME) -> str:
    """The text in at most so many UTF-16 units, as LINE counts; one that is cut ends in an ellipsis."""
    if len(text) * 2 <= longest or _units(text) <= longest:
        return text
    kept = text[: longest - 1]
    while _units(kept) > longest - 1:
        kept = kept[:-1]
    return f"{kept}…"


def short(name: str) -> str:
    """A name for an alternative text."""
    return cut(name, LONGEST_NAME_IN_ALT)


def text_message(words: str, *quick: Action) -> Message:
    """Plain text, with quick replies under it."""
    return _with_quick({"type": "text", "text": cut(words, LONGEST_TEXT)}, quick)


def flex_message(alt: str, contents: Component, *quick: Action) -> Message:
    """A bubble; ``alt`` is what notifications and screen readers get instead, so it says everything that matters."""
    return _with_quick({"type": "flex", "altText": cut(alt, LONGEST_ALT), "contents": contents}, quick)


def _with_quick(message: Message, quick: Sequence[Action]) -> Message:
    if quick:
        items = [{"type": "action", "action": action} for action in quick]
        message["quickReply"] = {"items": items}
    return message


def bubble(header: list[Component], colour: str, body: list[Component], *buttons: Action) -> Component:
    """A coloured header over rows, and buttons below, the first of which stands out."""
    made: Component = {"type": "bubble"}
    if header:
        made["header"] = {**_box(header), "backgroundColor": colour, "paddingAll": "16px", "spacing": "xs"}
    made["body"] = {**_box(body), "spacing": "md", "paddingAll": "16px"}
    if buttons:
        made["footer"] = {**_box([_button(each, number) for number, each in enumerate(buttons)]), "spacing": "sm"}
    return made


def title(words: str, size: str = "xl") -> Component:
    """A line of a header."""
    return {"type": "text", "text": words, "size": size, "weight": "bold", "color": _WHITE, "wrap": True}


def subtitle(words: str) -> Component:
    """A smaller line of a header."""
    return {"type": "text", "text": words, "size": "sm", "color": _WHITE, "wrap": True}


def fact(zh: str, en: str, value: str, value_en: str = "") -> Component:
    """A row: what it is in both languages, and its value; a value in words has its English below.

    Few components, as each reply of a busy morning is put together, stored and sent.
    """
    label = {**_line(f"{zh}\n{en}", "xs", _GREY), "flex": 2}
    shown = {**_line(f"{value}\n{value_en}" if value_en else value, "sm", _INK), "flex": 5}
    return {"type": "box", "layout": "horizontal", "spacing": "md", "contents": [label, shown]}


def paragraph(words: str, *, size: str = "sm", faint: bool = False) -> Component:
    """Words as they are."""
    return _line(words, size, _GREY if faint else _INK)


def remark(zh: str, en: str) -> Component:
    """Words that must not be overlooked."""
    lines = [{**_line(zh, "sm", _BROWN), "weight": "bold"}, _line(en, "xs", _BROWN)]
    return {**_box(lines), "backgroundColor": _AMBER, "cornerRadius": "8px", "paddingAll": "12px", "spacing": "xs"}


def rule() -> Component:
    """A line between rows."""
    return {"type": "separator"}


def _line(words: str, size: str, color: str) -> Component:
    return {"type": "text", "text": words or "–", "size": size, "color": color, "wrap": True}


def _box(contents: list[Component]) -> Component:
    return {"type": "box", "layout": "vertical", "contents": contents}


def _button(action: Action, number: int) -> Component:
    style = {"style": "secondary"} if number else {"style": "primary", "color": BLUE}
    return {"type": "button", "height": "sm", "action": action, **style}


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
