"""``POST /line/webhook``: verify, store durably, answer; everything else happens after the answer."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from prometheus_client import Counter
from werkzeug.exceptions import MethodNotAllowed, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from checkin_api.clock import Clock
from checkin_api.domain.ids import new_id
from checkin_api.ingest import Arrival, Ingest, Original
from checkin_api.line.webhook import is_signed, split_events
from checkin_api.web.errors import ProblemError, answer_to, code_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/line/webhook"
MAX_BODY_BYTES = 1024 * 1024

REQUESTS = Counter("checkin_webhook_requests", "Webhook requests by result", ["result"])
EVENTS = Counter("checkin_webhook_events", "Webhook events stored or found to be stored already")

_DONE = b"{}"
_HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(_DONE)))]


class Webhook:
    """The webhook as WSGI middleware; every other path goes to the application behind it.

    Nine requests in ten come here, and Flask's way from a request to its view costs more than all that is done in
    between (measured in tests/bench), so this one path is answered before it.
    """

    def __init__(
        self, app: "WSGIApplication", ingest: Ingest, clock: Clock, *, channel_secret: bytes, forwards: bool
    ) -> None:
        self._app, self._ingest, self._clock = app, ingest, clock
        self._channel_secret, self._forwards = channel_secret, forwards
        self._stored = REQUESTS.labels("stored")

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer 200 to what is stored, and a problem to anything else."""
        if environ["PATH_INFO"] != PATH:
            return self._app(environ, start_response)
        try:
            self._receive(environ)
        except Exception as error:  # noqa: BLE001 (the top of a request; the answer to an unexpected one logs it)
            REQUESTS.labels(code_of(error)).inc()
            return answer_to(error)(environ, start_response)
        start_response("200 OK", _HEADERS)
        return [_DONE]

    def _receive(self, environ: "WSGIEnvironment") -> None:
        """Store the events of one webhook request."""
        if environ["REQUEST_METHOD"] != "POST":
            raise MethodNotAllowed(["POST"])
        body = _body(environ)
        signature = environ.get("HTTP_X_LINE_SIGNATURE", "")
        if not is_signed(self._channel_secret, body, signature):
            raise ProblemError(
                401, "signature_invalid", "X-Line-Signature is missing or not the signature of this body"
            )
        events = split_events(body)
        # LINE's "Verify" button sends no events and wants 200.
        if events:
            forward = Original(new_id(), body, signature) if self._forwards else None
            self._ingest.put(Arrival(self._clock.now(), events, forward))
            EVENTS.inc(len(events))
        self._stored.inc()


def _body(environ: "WSGIEnvironment") -> bytes:
    try:
        return get_input_stream(environ, max_content_length=MAX_BODY_BYTES).read()
    except RequestEntityTooLarge:
        raise ProblemError(413, "too_large", f"a webhook body has at most {MAX_BODY_BYTES} bytes") from None
