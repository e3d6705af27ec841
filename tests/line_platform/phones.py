"""Phones, zones and chats as the platform remembers them."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from tests.line_platform.config import BeaconSpec
from tests.line_platform.reception import Settings, Silence

# How much of a chat is kept: enough for a day of demonstration, bounded for a benchmark that never looks.
_CHAT_LENGTH = 500


class Friendship(Enum):
    """How a LINE user stands to the official account."""

    FRIEND = "friend"
    STRANGER = "stranger"
    BLOCKED = "blocked"


Sender = Literal["phone", "account", "notice"]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One line of a chat as its phone shows it.

    `sender` is `phone` (the person), `account` (the official account) or `notice` (shown by LINE itself);
    `via` says how it came: `reply`, `push`, `multicast`, `typed`, `postback`, `liff` (sent by a page), or
    the notice's code.
    """

    seq: int
    id: str
    sender: Sender
    via: str
    at_ms: int
    content: Mapping[str, Any]

    @property
    def text(self) -> str:
        """What a screen reader would say first: the text, or the alternative text of a Flex or template message."""
        return str(self.content.get("text") or self.content.get("altText") or "")

    def words(self) -> str:
        """Return all text in the message, one piece a line, so that a test can look for a phrase anywhere in it."""
        return "\n".join(_strings(self.content))

    def actions(self) -> list[dict[str, Any]]:
        """Return every action a finger could reach in this message, quick replies last."""
        return list(_actions({key: value for key, value in self.content.items() if key != "quickReply"})) + list(
            _actions(self.content.get("quickReply"))
        )

    def as_json(self) -> dict[str, Any]:
        """Return the message for the control API."""
        return {
            "seq": self.seq,
            "id": self.id,
            "sender": self.sender,
            "via": self.via,
            "at_ms": self.at_ms,
            "text": self.text,
            "content": dict(self.content),
        }


@dataclass(frozen=True, slots=True)
class Walk:
    """What came of walking up to beacons: the events sent, or why the phone stayed silent."""

    zone: str | None
    event_ids: tuple[str, ...] = ()
    silence: Silence | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the walk for the control API."""
        return {
            "zone": self.zone,
            "event_ids": list(self.event_ids),
            "silence": self.silence.value if self.silence else None,
        }


@dataclass(slots=True)
class Phone:
    """A phone with LINE, its owner's settings, and its chat with the official account."""

    name: str
    user_id: str
    friendship: Friendship
    note: str = ""
    settings: Settings = field(default_factory=Settings)
    zone: str | None = None
    last_walk: Walk | None = None
    last_wrote_at: float | None = None
    was_friend: bool = False
    loading_until: float = 0.0
    chat: deque[ChatMessage] = field(default_factory=lambda: deque(maxlen=_CHAT_LENGTH))

    def silence(self) -> Silence | None:
        """Return what keeps this phone from reporting beacons, or None when nothing does."""
        if self.friendship is not Friendship.FRIEND:
            return Silence.NOT_FRIEND
        return self.settings.silence()

    def as_json(self) -> dict[str, Any]:
        """Return the phone without its chat; its id is its LINE user ID."""
        last, silence = self.chat[-1] if self.chat else None, self.silence()
        return {
            "id": self.user_id,
            "name": self.name,
            "friendship": self.friendship.value,
            "note": self.note,
            **self.settings.as_json(),
            "silence": silence.value if silence else None,
            "zone": self.zone,
            "last_walk": self.last_walk.as_json() if self.last_walk else None,
            "last_message": None if last is None else {"seq": last.seq, "text": last.text, "at_ms": last.at_ms},
        }


@dataclass(slots=True)
class Zone:
    """A place with the beacons that can be heard there; `place` is its latitude and longitude in degrees."""

    code: str
    name: str
    beacons: list[BeaconSpec]
    place: tuple[float, float] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the zone for the control API."""
        return {
            "code": self.code,
            "name": self.name,
            "beacons": [{"hwid": each.hwid, "dm": each.dm} for each in self.beacons],
            "latitude": self.place[0] if self.place else None,
            "longitude": self.place[1] if self.place else None,
        }


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in ("text", "altText", "title", "label") and isinstance(inner, str):
                yield inner
            else:
                yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _actions(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in ("action", "defaultAction") and isinstance(inner, dict):
                yield inner
            elif key == "actions" and isinstance(inner, list):
                yield from inner
            else:
                yield from _actions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _actions(inner)
