"""LINE webhook events as values: one JSON text in, one of the types below out; nothing raises."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qs

from checkin_api.domain.ids import LIFF_PREFIX, PLACE_PREFIX, Direction, LineUserId, PunchSource, Shown
from hardware.frames import FrameError, parse_hwid

# Types that LINE documents and this product has no use for (Messaging API reference, "Webhook event objects").
_UNUSED_TYPES = frozenset(
    (
        "accountLink",
        "activated",
        "botResumed",
        "botSuspended",
        "deactivated",
        "delivery",
        "join",
        "leave",
        "memberJoined",
        "memberLeft",
        "membership",
        "messageEdited",
        "module",
        "things",
        "unsend",
        "videoPlayComplete",
    )
)
# A phone's clock may be a little ahead of ours; further ahead, an event would prove a place in the future.
_FUTURE_TOLERANCE = timedelta(minutes=5)
# LINE gives redelivery up long before; a punch of last year must not be made by an event of today.
_LATEST = timedelta(days=31)
_PUNCH_WORDS = {
    "簽到": Direction.IN,
    "上班": Direction.IN,
    "in": Direction.IN,
    "簽退": Direction.OUT,
    "下班": Direction.OUT,
    "out": Direction.OUT,
}
_PUNCH_DIRECTIONS = {direction.value: direction for direction in (Direction.IN, Direction.OUT)}
_HELP_WORDS = frozenset({"說明", "help", "?", "？"})
_TODAY_WORDS = frozenset({"今天", "今日", "today"})
_MONTH_WORDS = frozenset({"本月", "month"})
_FORGOT_WORDS = frozenset({"忘記打卡", "補打卡", "forgot"})
_REMIND_WORDS = frozenset({"提醒", "remind"})
_SWITCH = {"開": True, "on": True, "關": False, "off": False}
_ENROL_PREFIX = "綁定"
_ENROL_WORDS = frozenset({_ENROL_PREFIX, "bind"})
_ENROL_PARTS = 3
# A tap in the LIFF app is no event of LINE's; we make it in their shape (``checkin.tapping``).
TAP_TYPE = "liffTap"
# Nor is what an officer shows there instead of a beacon (``checkin.showing``).
PLACE_TYPE = "liffPlace"
# What goes into a column or a log is of LINE's documented form or refused: no NUL, no lone surrogate gets past here.
_USER_ID = re.compile(r"U[0-9a-f]{32}", re.ASCII)
_REPLY_TOKEN = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_HANDSET = re.compile(r"[0-9a-f]{32}", re.ASCII)
_DEVICE_MESSAGE = re.compile(r"([0-9a-f]{2}){0,13}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event that concerns one user carries."""

    user_id: LineUserId
    at: datetime
    reply_token: str | None
    is_redelivery: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BeaconHeard(Event):
    """The user's phone heard a beacon. ``hwid`` is normalised; ``device_message`` is hex, empty if absent."""

    hwid: str
    kind: Literal["enter", "stay", "banner"]
    device_message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PunchAsked(Event):
    """The officer tapped 簽到 or 簽退 in the chat or in the LIFF app, or wrote it."""

    direction: Direction
    source: PunchSource = PunchSource.CHAT
    handset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceShown(Event):
    """An officer showed on the page to be in a zone, without a beacon; the web process has judged it."""

    zone_code: str
    shown: Shown
    distance_m: int | None
    accuracy_m: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentAsked(Event):
    """Somebody sent a staff number and a one-time code."""

    staff_no: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpAsked(Event):
    """Somebody asked how this works, or began to enrol without saying everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TodayAsked(Event):
    """Somebody asked for the duty of now: what is recorded, what is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthAsked(Event):
    """Somebody asked for the own month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgotAsked(Event):
    """Somebody forgot to punch and asks what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindersAsked(Event):
    """Somebody wants to be reminded of a missing OUT, or no more; None asks how it stands."""

    wanted: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed(Event):
    """The account was added as a friend, or unblocked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfollowed(Event):
    """The account was blocked."""


@dataclass(frozen=True, slots=True)
class NotOurs:
    """An event that is fine and not for this product; it may be for another service of the official account."""

    reason: str


@dataclass(frozen=True, slots=True)
class Strange:
    """An event that cannot be judged: a type never heard of, a field missing or of the wrong kind."""

    reason: str
    detail: str = ""


Asked = HelpAsked | TodayAsked | MonthAsked | ForgotAsked | RemindersAsked
LineEvent = BeaconHeard | PunchAsked | PlaceShown | EnrolmentAsked | Asked | Followed | Unfollowed | NotOurs | Strange


class _StrangeError(Exception):
    def __init__(self, reason: str, detail: str = "") -> None:
        self.strange = Strange(reason, detail)
        super().__init__(reason)


def parse_event(raw: str, received_at: datetime) -> LineEvent:
    """Judge the form of one event.

    Args:
        raw: The event's JSON text.
        received_at: When the webhook arrived; an event from the future, or of more than 31 days ago, is strange.
    """
    try:
        return _parse(json.loads(raw), received_at)
    except _StrangeError as error:
        return error.strange
    except (ValueError, RecursionError):
        return Strange("not_json")


def is_user_id(text: object) -> bool:
    """Whether it is of the form of LINE's user IDs."""
    return isinstance(text, str) and _USER_ID.fullmatch(text) is not None


def _parse(event: Any, received_at: datetime) -> LineEvent:
    if not isinstance(event, dict):
        raise _StrangeError("not_an_object")
    kind = _field(event, "type", str)
    _field(event, "webhookEventId", str)
    if _field(event, "mode", str) != "active":
        # In standby another module channel holds the chat: nothing may be sent (Messaging API, "Module channels").
        raise _StrangeError("standby", _shown(event["mode"]))
    if kind in _UNUSED_TYPES:
        return NotOurs(kind)
    parser = _PARSERS.get(kind)
    if parser is None:
        raise _StrangeError("unknown_type", _shown(kind))
    source = _field(event, "source", dict)
    if source.get("type") != "user":
        return NotOurs("not_a_one_to_one_chat")
    return parser(event, _common(event, source, received_at))


def _common(event: dict[str, Any], source: dict[str, Any], received_at: datetime) -> dict[str, Any]:
    """The fields of ``Event`` as keyword arguments."""
    token = event.get("replyToken") or None
    if token is not None and not (isinstance(token, str) and _REPLY_TOKEN.fullmatch(token)):
        raise _StrangeError("bad_field", "replyToken")
    user_id = _field(source, "userId", str)
    if not is_user_id(user_id):
        raise _StrangeError("bad_field", "source.userId")
    context = event.get("deliveryContext")
    return {
        "user_id": LineUserId(user_id),
        "at": _instant(_field(event, "timestamp", int), received_at),
        "reply_token": token,
        "is_redelivery": isinstance(context, dict) and context.get("isRedelivery") is True,
    }


def _instant(milliseconds: int, received_at: datetime) -> datetime:
    try:
        at = datetime.fromtimestamp(milliseconds // 1000, UTC) + timedelta(milliseconds=milliseconds % 1000)
    except (ValueError, OverflowError, OSError):
        raise _StrangeError("bad_field", "timestamp") from None
    if at > received_at + _FUTURE_TOLERANCE:
        raise _StrangeError("timestamp_in_future", at.isoformat())
    if at < received_at - _LATEST:
        raise _StrangeError("timestamp_too_old", at.isoformat())
    return at


def _shown(value: str) -> str:
    """A foreign word, fit for a column and a terminal."""
    return ascii(value)[:100]


def _field(holder: dict[str, Any], name: str, kind: type[Any]) -> Any:
    value = holder.get(name)
    if not isinstance(value, kind) or isinstance(value, bool) or value == "":
        raise _StrangeError("missing_field" if value is None else "bad_field", name)
    return value


def _beacon(event: dict[str, Any], common: dict[str, Any]) -> LineEvent:
    beacon = _field(event, "beacon", dict)
    kind = _field(beacon, "type", str)
    if kind == "leave":
        return NotOurs("beacon_leave")
    if kind not in {"enter", "stay", "banner"}:
        raise _StrangeError("unknown_beacon_type", _shown(kind))
    try:
        hwid = parse_hwid(_field(beacon, "hwid", str))
    except FrameError:
        raise _StrangeError("bad_field", "beacon.hwid") from None
    message = beacon.get("dm") or ""
    if not isinstance(message, str) or not _DEVICE_MESSAGE.fullmatch(message.lower()):
        raise _StrangeError("bad_field", "beacon.dm")
    return BeaconHeard(**common, hwid=hwid, kind=kind, device_message=message.lower())


def _postback(event: dict[str, Any], common: dict[str, Any]) -> LineEvent:
    fields = parse_qs(_field(_field(event, "postback", dict), "data", str))
    if fields.get("checkin") == ["punch"]:
        direction = _PUNCH_DIRECTIONS.get(fields.get("direction", [""])[0])
        if direction is None:
            raise _StrangeError("bad_field", "postback.data")
        return PunchAsked(**common, direction=direction)
    asked = "&".join(fields.get("checkin", ()))
    if asked == "remind":
        return RemindersAsked(**common, wanted=_SWITCH.get(fields.get("to", [""])[0]))
    question = _QUESTIONS.get(asked)
    return NotOurs("postback_of_another_service") if question is None else question(**common)


def _tap(event: dict[str, Any], common: dict[str, Any]) -> LineEvent:
    if not event["webhookEventId"].startswith(LIFF_PREFIX):
        raise _StrangeError("unknown_type", TAP_TYPE)
    tap = _field(event, "tap", dict)
    direction, handset = _PUNCH_DIRECTIONS.get(_field(tap, "direction", str)), tap.get("handset", "")
    if direction is None:
        raise _StrangeError("bad_field", "tap.direction")
    if handset and not (isinstance(handset, str) and _HANDSET.fullmatch(handset)):
        raise _StrangeError("bad_field", "tap.handset")
    return PunchAsked(**common, direction=direction, source=PunchSource.LIFF, handset=handset)


def _place(event: dict[str, Any], common: dict[str, Any]) -> LineEvent:
    if not event["webhookEventId"].startswith(PLACE_PREFIX):
        raise _StrangeError("unknown_type", PLACE_TYPE)
    place = _field(event, "place", dict)
    try:
        shown = Shown(_field(place, "by", str))
    except ValueError:
        raise _StrangeError("bad_field", "place.by") from None
    metres: dict[str, Any] = {
        name: _field(place, name, int) if shown is Shown.LOCATION else None for name in ("distance_m", "accuracy_m")
    }
    return PlaceShown(**common, **metres, zone_code=_field(place, "zone", str), shown=shown)


def _message(event: dict[str, Any], common: dict[str, Any]) -> LineEvent:
    message = _field(event, "message", dict)
    if _field(message, "type", str) != "text":
        return NotOurs("message_not_text")
    text = _field(message, "text", str).strip()
    if text.startswith(_ENROL_PREFIX):
        # On a phone the space is soon forgotten: 綁定A0123 ABCD-2345.
        text = f"{_ENROL_PREFIX} {text.removeprefix(_ENROL_PREFIX).lstrip(' 　:：')}"
    words = text.split()
    first = words[0].lower() if words else ""
    if first in _ENROL_WORDS:
        if len(words) < _ENROL_PARTS or not "".join(words).isprintable():
            return HelpAsked(**common)
        return EnrolmentAsked(**common, staff_no=words[1][:64], code="".join(words[2:])[:64])
    return _said("".join(words).lower(), common) if len(words) == 1 or first in _REMIND_WORDS else _NOT_A_COMMAND


def _said(word: str, common: dict[str, Any]) -> LineEvent:
    """What one word in the chat asks for; 提醒 and its switch are one, with or without the space."""
    if word in _PUNCH_WORDS:
        return PunchAsked(**common, direction=_PUNCH_WORDS[word])
    if word in _ASKING:
        return _ASKING[word](**common)
    for remind in _REMIND_WORDS:
        switch = word.removeprefix(remind)
        if switch != word and (switch in _SWITCH or not switch):
            return RemindersAsked(**common, wanted=_SWITCH.get(switch))
    return _NOT_A_COMMAND


_NOT_A_COMMAND = NotOurs("message_not_a_command")
# By the postback's ``checkin``, and by the words that mean the same.
_QUESTIONS: dict[str, Callable[..., LineEvent]] = {
    "help": HelpAsked,
    "today": TodayAsked,
    "month": MonthAsked,
    "forgot": ForgotAsked,
}
_ASKING: dict[str, Callable[..., LineEvent]] = {
    **dict.fromkeys(_HELP_WORDS, HelpAsked),
    **dict.fromkeys(_TODAY_WORDS, TodayAsked),
    **dict.fromkeys(_MONTH_WORDS, MonthAsked),
    **dict.fromkeys(_FORGOT_WORDS, ForgotAsked),
}


_PARSERS: dict[str, Callable[[dict[str, Any], dict[str, Any]], LineEvent]] = {
    "beacon": _beacon,
    "postback": _postback,
    "message": _message,
    TAP_TYPE: _tap,
    PLACE_TYPE: _place,
    "follow": lambda _event, common: Followed(**common),
    "unfollow": lambda _event, common: Unfollowed(**common),
}
