"""A webhook request on the wire: its signature and its envelope; the only LINE code on the hot path."""

import base64
import hashlib
import hmac
import json
import re
from typing import Any

# LINE's event ids are ULIDs (26 letters and digits); of anything else only a hash reaches the unique key.
_EVENT_ID = re.compile(r"[0-9A-Za-z]{1,64}", re.ASCII)
_LONGEST_ID = 64
# Python's own limit for turning digits into a number (sys.int_info.default_max_str_digits).
_LONGEST_INTEGER = 4300


class NotAWebhookError(ValueError):
    """The body is not what LINE sends; carries the stable code of the answer."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def is_signed(secret: bytes, body: bytes, signature: str) -> bool:
    """Whether the signature is LINE's for exactly these bytes.

    Source: Messaging API, "Verify webhook signature": base64(HMAC-SHA256(channel secret, raw body)).
    """
    expected = base64.b64encode(hmac.digest(secret, body, "sha256"))
    return hmac.compare_digest(expected, signature.encode("utf-8", "surrogateescape"))


def split_events(body: bytes) -> list[tuple[str | None, str]]:
    """The events of a webhook body, each as ``(webhookEventId or None, the event's JSON as ASCII text)``.

    Nothing inside an event is judged here, so that a strange one is stored like any other.

    Raises:
        NotAWebhookError: the body is not JSON, is nested too deeply to be read, or has no list of events.
    """
    try:
        envelope = _parse(body)
    except RecursionError as exc:
        raise NotAWebhookError("too_deep", "the body is nested too deeply") from exc
    except ValueError as exc:
        raise NotAWebhookError("not_json", "the body is not JSON") from exc
    events = envelope.get("events") if isinstance(envelope, dict) else None
    if not isinstance(events, list):
        raise NotAWebhookError("not_a_webhook", "the body has no list of events")
    return [(_event_id(event), json.dumps(event, separators=(",", ":"))) for event in events]


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        # Perhaps only an integer that Python finds too long: its digits are kept as text, and the event is strange.
        return json.loads(body, parse_int=lambda digits: int(digits) if len(digits) < _LONGEST_INTEGER else digits)


def _event_id(event: object) -> str | None:
    """What tells the event from every other: its id, or a hash of one that is not of LINE's form; None without any."""
    value = event.get("webhookEventId") if isinstance(event, dict) else None
    if not isinstance(value, str) or not value:
        return None
    if _EVENT_ID.fullmatch(value):
        return value
    return f"sha256:{hashlib.sha256(value.encode('utf-8', 'surrogatepass')).hexdigest()}"[:_LONGEST_ID]
