"""One webhook request over a keep-alive connection, and what came of it."""

import http.client
import select
import ssl
import threading
import time
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from tests.line_platform.deliveries import Outcome, Reason

# Source: LINE Developers, "Check webhook error causes": no answer within 2 seconds is a request_timeout.
TIMEOUT_S = 2.0

_Connection = http.client.HTTPConnection


class Sender:
    """Posts webhooks; each thread that calls it keeps one open connection."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: set[_Connection] = set()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Send one request and classify the result as LINE's error statistics do."""
        started = time.monotonic()
        parts = urlsplit(url)
        try:
            connection, reused = self._connection(parts)
        except (OSError, http.client.HTTPException, ValueError) as exc:
            return Outcome(None, _since(started), Reason.COULD_NOT_CONNECT, str(exc) or type(exc).__name__)
        try:
            status = _exchange(connection, parts, body, headers)
        except TimeoutError:
            self._drop(connection)
            return Outcome(None, _since(started), Reason.REQUEST_TIMEOUT, f"no answer in {TIMEOUT_S:g} s")
        except (OSError, http.client.HTTPException) as exc:
            self._drop(connection)
            if reused:  # the server closed the idle connection in this very moment: that is not the server's failure
                return self.post(url, body, headers)
            return Outcome(None, _since(started), Reason.UNCLASSIFIED, str(exc) or type(exc).__name__)
        return _judge(status, _since(started))

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            connections, self._open = self._open, set()
        for connection in connections:
            connection.close()

    def _connection(self, parts: SplitResult) -> tuple[_Connection, bool]:
        key = (parts.scheme, parts.hostname, parts.port)
        kept, kept_key = getattr(self._local, "kept", (None, None))
        if kept is not None and kept_key == key and kept.sock is not None and not _readable(kept):
            return kept, True
        if kept is not None:
            self._drop(kept)
        fresh = _connect(parts)
        with self._lock:
            self._open.add(fresh)
        self._local.kept = (fresh, key)
        return fresh, False

    def _drop(self, connection: _Connection) -> None:
        connection.close()
        self._local.kept = (None, None)
        with self._lock:
            self._open.discard(connection)


def _connect(parts: SplitResult) -> _Connection:
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise ValueError(f"not a webhook URL: {parts.geturl()!r}")
    connection: _Connection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=TIMEOUT_S, context=ssl.create_default_context()
        )
    else:
        connection = _Connection(parts.hostname, parts.port, timeout=TIMEOUT_S)
    connection.connect()
    return connection


def _exchange(connection: _Connection, parts: SplitResult, body: bytes, headers: Mapping[str, str]) -> int:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("POST", target, body, dict(headers))
    response = connection.getresponse()
    response.read()
    return response.status


def _readable(connection: _Connection) -> bool:
    # Nothing is owed on an idle connection: readable means that the server has closed it.
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))


def _judge(status: int, elapsed_ms: int) -> Outcome:
    if elapsed_ms > TIMEOUT_S * 1000:
        return Outcome(status, elapsed_ms, Reason.REQUEST_TIMEOUT, f"answered after {elapsed_ms} ms")
    if not 200 <= status < 300:
        return Outcome(status, elapsed_ms, Reason.ERROR_STATUS_CODE, str(status))
    return Outcome(status, elapsed_ms)


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
