"""A webhook request on the wire: its signature and its envelope; the only LINE code on the hot path."""

import base64
import hmac
import json
import re

# LINE's event ids are ULIDs (26 letters and digits); anything else must not reach a unique key.
_EVENT_ID = re.compile(r"[0-9A-Za-z]{1,64}", re.ASCII)


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
        NotAWebhookError: the body is not JSON, or has no list of events.
    """
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise NotAWebhookError("not_json", "the body is not JSON") from exc
    events = envelope.get("events") if isinstance(envelope, dict) else None
    if not isinstance(events, list):
        raise NotAWebhookError("not_a_webhook", "the body has no list of events")
    return [(_event_id(event), json.dumps(event, separators=(",", ":"))) for event in events]


def _event_id(event: object) -> str | None:
    value = event.get("webhookEventId") if isinstance(event, dict) else None
    return value if isinstance(value, str) and _EVENT_ID.fullmatch(value) else None
