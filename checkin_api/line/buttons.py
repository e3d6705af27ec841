"""What can be pressed in the chat: the actions of buttons, quick replies and rich menus, and what each says."""

from typing import Any

from checkin_api.domain.ids import Direction
from checkin_api.domain.words import DIRECTION

Action = dict[str, Any]

# What the page opens with is told in its address.
CORRECTIONS = "corrections"


def punch(direction: Direction) -> Action:
    """簽到 or 簽退."""
    zh, en = DIRECTION[direction]
    return _postback(zh, en, f"checkin=punch&direction={direction}")


def both_punches(first: Direction) -> list[Action]:
    """Both, that one first."""
    return [punch(first), punch(other(first))]


def other(direction: Direction) -> Direction:
    """OUT after IN, IN after OUT."""
    return Direction.OUT if direction is Direction.IN else Direction.IN


def today() -> Action:
    """今天."""
    return _postback("今天", "Today", "checkin=today")


def month() -> Action:
    """本月."""
    return _postback("本月", "Month", "checkin=month")


def forgot() -> Action:
    """忘記打卡."""
    return _postback("忘記打卡", "Forgot", "checkin=forgot")


def help_() -> Action:
    """說明."""
    return _postback("說明", "Help", "checkin=help")


def reminders(*, to: bool) -> Action:
    """提醒 開 or 關."""
    return (
        _postback("提醒 開", "On", "checkin=remind&to=on")
        if to
        else _postback("提醒 關", "Off", "checkin=remind&to=off")
    )


def bind_in_chat() -> Action:
    """綁定 where there is no page: the keyboard opens with the word, and the answer says what follows it."""
    return {**_postback("綁定", "Enrol", "checkin=help"), "inputOption": "openKeyboard", "fillInText": "綁定 "}


def page(liff_id: str, zh: str, en: str, *, screen: str = "") -> Action:
    """The check-in page in LINE, or one of its screens."""
    query = f"?screen={screen}" if screen else ""
    return {"type": "uri", "label": f"{zh} {en}", "uri": f"https://liff.line.me/{liff_id}{query}"}


def _postback(zh: str, en: str, data: str) -> Action:
    return {"type": "postback", "label": f"{zh} {en}", "data": data, "displayText": zh}
