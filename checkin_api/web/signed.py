"""Requests that an agent signs (RFC 9421, Ed25519): checked against its public key, each taken once.

Covered are method, path and the digest of the body; ``created`` says when, ``nonce`` tells one request from another.
What agents send compressed is opened here, so that a view sees plain JSON.
"""

import io
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Response, current_app, g, request
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, InvalidSignature, algorithms
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from checkin_api.db import Database
from checkin_api.fleet import agents
from checkin_api.web.errors import ProblemError, answer_to

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/api/v1/agent/"
TAG = "checkin-agent"
# The server's clock in every answer, so that an agent whose clock is wrong can right itself.
TIME_HEADER = "Checkin-Time"
_COVERED = ("@method", "@path")
_RAW_BODY = "checkin.raw_body"
_MAX_BODY_BYTES = 1024 * 1024
# A batch of summaries packs ten times; a bomb packs a thousand times.
_MAX_OPENED_BYTES = 8 * 1024 * 1024
_SHORTEST_NONCE, _LONGEST_NONCE = 16, 64

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Signer:
    """The agent that signed a request."""

    id: int
    name: str


class OpenBodies:
    """WSGI middleware: gives views the plain body of an agent's request, and keeps the one that was signed."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Open the body of requests under ``/api/v1/agent/``; pass on all others as they are."""
        if not environ["PATH_INFO"].startswith(PREFIX):
            return self._app(environ, start_response)
        try:
            raw = get_input_stream(environ, max_content_length=_MAX_BODY_BYTES).read()
            plain = _opened(raw, environ.get("HTTP_CONTENT_ENCODING", ""))
        except (ProblemError, RequestEntityTooLarge) as error:
            return answer_to(error)(environ, start_response)
        environ[_RAW_BODY] = raw
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(plain), str(len(plain))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return self._app(environ, start_response)


def signed(view: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let only agents call a view that are enrolled and not revoked, with a signature of now, each once."""

    @wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        g.signer = _authenticate()
        return view(*args, **kwargs)

    return guarded


def signer() -> Signer:
    """Who signed, in a view that is guarded by ``signed``."""
    found: Signer = g.signer
    return found


def tell_time(answer: Response) -> Response:
    """Put the server's time into an answer."""
    now: datetime = current_app.extensions["clock"].now()
    answer.headers[TIME_HEADER] = now.isoformat(timespec="milliseconds")
    return answer


def _authenticate() -> Signer:
    database: Database = current_app.extensions["database"]
    now: datetime = current_app.extensions["clock"].now()
    # Only who has signed may make the database write.
    with database.read() as session:
        keys = _AgentKeys(lambda key_id: agents.find_by_key(session, key_id))
        nonce = _verified_nonce(keys, now)
        agent = keys.found
        if agent is None:  # pragma: no cover (a signature cannot be right without a key)
            raise ProblemError(401, "agent_unknown", "no agent has this key: enrol it again")
        if agent.revoked_at is not None:
            raise ProblemError(403, "agent_revoked", "this agent was revoked: enrol it again with a new code")
        who = Signer(agent.id, agent.name)
    with database.write() as session:
        if not agents.remember_nonce(session, now, who.id, nonce):
            raise ProblemError(401, "signature_replayed", "this request was sent before")
    return who


class _AgentKeys(HTTPSignatureKeyResolver):
    """Looks up the public key of the agent that a request names."""

    def __init__(self, find: Callable[[str], Any]) -> None:
        self._find = find
        self.found: Any = None

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey:
        self.found = self._find(key_id)
        if self.found is None or self.found.public_key is None:
            raise _UnknownKeyError
        return Ed25519PublicKey.from_public_bytes(self.found.public_key)

    def resolve_private_key(self, key_id: str) -> Any:
        raise NotImplementedError(key_id)


class _UnknownKeyError(InvalidSignature):
    pass


class _Verifier(HTTPMessageVerifier):
    """Judges the time of a signature by the server's own clock; the library would take the machine's."""

    def __init__(self, keys: _AgentKeys, now: datetime) -> None:
        super().__init__(signature_algorithm=algorithms.ED25519, key_resolver=keys)
        self._now = now

    def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:
        del max_age
        created = sig_input.params.get("created")
        if type(created) is not int:
            raise InvalidSignature("created is missing")
        try:
            off = abs(datetime.fromtimestamp(created, UTC) - self._now)
        except (ValueError, OverflowError, OSError):
            off = timedelta.max
        if off > agents.SIGNATURE_WINDOW:
            raise ProblemError(401, "signature_expired", f"signed at another time than now; see header {TIME_HEADER}")


@dataclass(frozen=True, slots=True)
class _Message:
    """The request as the library wants it."""

    method: str
    url: str
    headers: Any


def _verified_nonce(keys: _AgentKeys, now: datetime) -> str:
    message = _Message(request.method, request.base_url, dict(request.headers))
    try:
        [result] = _Verifier(keys, now).verify(
            message, max_age=None, expect_tag=TAG, require_components=_COVERED, body=request.environ[_RAW_BODY]
        )
    except _UnknownKeyError:
        raise ProblemError(401, "agent_unknown", "no agent has this key: enrol it again") from None
    except (HTTPMessageSignaturesException, ValueError) as exc:
        raise ProblemError(
            401, "signature_invalid", "no signature of this request by an agent (RFC 9421, docs/spec/agent-api.md)"
        ) from exc
    nonce = result.nonce
    if nonce is None or not _SHORTEST_NONCE <= len(nonce) <= _LONGEST_NONCE:
        raise ProblemError(401, "signature_invalid", "the signature needs a nonce of 16 to 64 characters")
    return nonce


def _opened(raw: bytes, encoding: str) -> bytes:
    if encoding in {"", "identity"}:
        return raw
    if encoding != "gzip":
        raise ProblemError(415, "unsupported_media_type", "Content-Encoding is gzip, or absent")
    # 16: with the header of gzip. Source: zlib manual, inflateInit2.
    opener = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = opener.decompress(raw, _MAX_OPENED_BYTES)
    except zlib.error as exc:
        raise ProblemError(400, "bad_request", "the body is not gzip") from exc
    if not opener.eof:
        whole = "larger than 8 MiB" if opener.unconsumed_tail else "cut off"
        raise ProblemError(413 if opener.unconsumed_tail else 400, "bad_body", f"the body is {whole} when opened")
    return plain
