"""LINE webhook bodies as the tests send them: built from LINE's documentation, not with the product's code."""

import base64
import hashlib
import hmac
import itertools
import json
from datetime import datetime
from typing import Any

SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"
DESTINATION = "U8e742f61d673b39c7fff3cecb7536ef0"
_numbers = itertools.count(1)


def user(number: int) -> str:
    return f"U{number:032x}"


def event_id() -> str:
    return f"01TEST{next(_numbers):020d}"


def sign(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def body(*events: Any) -> bytes:
    return json.dumps({"destination": DESTINATION, "events": list(events)}, separators=(",", ":")).encode()


def event(kind: str, at: datetime, user_id: str, **fields: Any) -> dict[str, Any]:
    number = next(_numbers)
    return {
        "type": kind,
        "mode": "active",
        "timestamp": int(at.timestamp() * 1000),
        "source": {"type": "user", "userId": user_id},
        "webhookEventId": f"01TEST{number:020d}",
        "deliveryContext": {"isRedelivery": False},
        "replyToken": f"{number:032x}",
        **fields,
    }


def beacon(
    at: datetime, user_id: str, hwid: str, kind: str = "enter", *, dm: str = "00", **fields: Any
) -> dict[str, Any]:
    return event("beacon", at, user_id, beacon={"hwid": hwid, "type": kind, "dm": dm}, **fields)


def tap(at: datetime, user_id: str, direction: str = "in") -> dict[str, Any]:
    return event("postback", at, user_id, postback={"data": f"checkin=punch&direction={direction}"})


def say(at: datetime, user_id: str, text: str) -> dict[str, Any]:
    return event("message", at, user_id, message={"type": "text", "id": "1", "text": text, "quoteToken": "q"})
