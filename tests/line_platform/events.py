"""Webhook event objects. Source: Messaging API reference, "Webhook event objects"."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.line_platform import ids

# Event types that carry a reply token.
_REPLYABLE = frozenset({"beacon", "follow", "message", "postback"})
# Where a picture, a film or a sound that a page sent lies: on a server of the page's choice.
_MEDIA = ("originalContentUrl", "previewImageUrl")


@dataclass(frozen=True, slots=True)
class Event:
    """One event of one user, the same in every delivery but for `deliveryContext`."""

    user_id: str
    kind: str
    properties: dict[str, Any]
    timestamp_ms: int
    standby: bool
    event_id: str
    reply_token: str | None

    @classmethod
    def now(cls, user_id: str, kind: str, properties: dict[str, Any], *, at_ms: int, standby: bool = False) -> "Event":
        """Return an event of this moment; in standby mode another channel holds the chat and there is no reply token.

        Args:
            user_id: whose event it is.
            kind: the event type.
            properties: the properties of this type, such as `{"beacon": {...}}`.
            at_ms: when it happened.
            standby: whether a module channel holds the chat.
        """
        token = ids.reply_token() if kind in _REPLYABLE and not standby else None
        return cls(user_id, kind, properties, at_ms, standby, ids.ulid(at_ms), token)

    def as_json(self, *, redelivery: bool) -> dict[str, Any]:
        """Return the event object of one delivery."""
        reply = {} if self.reply_token is None else {"replyToken": self.reply_token}
        return {
            "type": self.kind,
            **self.properties,
            "webhookEventId": self.event_id,
            "deliveryContext": {"isRedelivery": redelivery},
            "timestamp": self.timestamp_ms,
            "source": {"type": "user", "userId": self.user_id},
            **reply,
            "mode": "standby" if self.standby else "active",
        }


def body(destination: str, events: Iterable[Event], *, redelivery: bool = False) -> bytes:
    """Return the raw body of one webhook request."""
    envelope = {"destination": destination, "events": [event.as_json(redelivery=redelivery) for event in events]}
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def beacon(hwid: str, dm: str | None, kind: str) -> dict[str, Any]:
    """Return the properties of a beacon event; `kind` is `enter`, `stay` or `banner`."""
    return {"beacon": {"hwid": hwid, "type": kind} | ({} if dm is None else {"dm": dm})}


def message(content: dict[str, Any], message_id: str) -> dict[str, Any]:
    """Return the properties of a message event; all but places and sounds can be quoted."""
    quote = {} if content["type"] in ("location", "audio") else {"quoteToken": ids.quote_token()}
    own = {name: value for name, value in content.items() if name not in _MEDIA}
    media = {name: content[name] for name in _MEDIA if name in content}
    provider = {"contentProvider": {"type": "external", **media}} if media else {}
    return {"message": {"id": message_id, **own, **provider, **quote}}
