"""``POST /line/webhook``: verify, store durably, answer; everything else happens after the answer."""

from flask import Blueprint, Response, current_app, request
from prometheus_client import Counter
from werkzeug.exceptions import RequestEntityTooLarge

from checkin_api.clock import Clock
from checkin_api.domain.ids import new_id
from checkin_api.ingest import Arrival, Ingest, Original
from checkin_api.line.webhook import NotAWebhookError, is_signed, split_events
from checkin_api.web.errors import ProblemError

MAX_BODY_BYTES = 1024 * 1024

REQUESTS = Counter("checkin_webhook_requests", "Webhook requests by result", ["result"])
EVENTS = Counter("checkin_webhook_events", "Webhook events stored or found to be stored already")

blueprint = Blueprint("webhook", __name__)


@blueprint.post("/line/webhook")
def receive() -> Response:
    """Store the events of one webhook request and answer 200."""
    body = _body()
    signature = request.headers.get("X-Line-Signature", "")
    extensions = current_app.extensions
    if not is_signed(extensions["channel_secret"], body, signature):
        REQUESTS.labels("signature_invalid").inc()
        raise ProblemError(401, "signature_invalid", "X-Line-Signature is missing or not the signature of this body")
    try:
        events = split_events(body)
    except NotAWebhookError as error:
        REQUESTS.labels(error.code).inc()
        raise
    # LINE's "Verify" button sends no events and wants 200.
    if events:
        clock: Clock = extensions["clock"]
        ingest: Ingest = extensions["ingest"]
        forward = Original(new_id(), body, signature) if extensions["forwards"] else None
        ingest.put(Arrival(clock.now(), events, forward))
        EVENTS.inc(len(events))
    REQUESTS.labels("stored").inc()
    return Response(b"{}", mimetype="application/json")


def _body() -> bytes:
    request.max_content_length = MAX_BODY_BYTES
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        REQUESTS.labels("too_large").inc()
        raise ProblemError(413, "too_large", f"a webhook body has at most {MAX_BODY_BYTES} bytes") from None
