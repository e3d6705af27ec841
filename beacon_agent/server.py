"""The server as the agent asks it: signed requests (RFC 9421), its time learned from every answer, refusals as values.

The protocol: docs/spec/agent-api.md.
"""

import base64
import gzip
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms
from http_message_signatures.httpx2 import adapt_message

from beacon_agent.enrolment import Enrolment
from beacon_agent.errors import AgentError
from beacon_agent.timebase import Timebase

_PREFIX = "/api/v1/agent"
_TAG = "checkin-agent"
_COVERED = ("@method", "@path")
_TIME_HEADER = "Checkin-Time"
_TIMEOUT_S = 30.0
# Nothing the server says to an agent is larger: 7,000 phones are half a megabyte.
_MOST_ANSWER_BYTES = 8 << 20
# How long to wait at most when the server says how long.
_LONGEST_REST_S = 3600.0
# What was sent is at fault: the same again would be refused again.
_PERMANENT = frozenset({400, 413, 415, 422})
# Refusals that no repeating helps: a person must act.
_REVOKING = frozenset({"agent_revoked", "agent_unknown", "signature_invalid"})


class ServerError(AgentError):
    """The server did not take it.

    Attributes:
        permanent: Whether the same request would be refused again.
        code: The stable code of the server's answer; empty where none came.
        retry_after_s: How long the server wants to be left alone.
    """

    def __init__(self, message: str, *, permanent: bool, code: str = "", retry_after_s: float | None = None) -> None:
        self.permanent, self.code, self.retry_after_s = permanent, code, retry_after_s
        super().__init__(message)

    @property
    def is_revoked(self) -> bool:
        """Whether the server takes nothing from this agent any more."""
        return self.code in _REVOKING


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; ``body`` is None where it said that nothing has changed, or nothing at all."""

    body: Any
    version: str


class Server:
    """Asks one server in the agent's name."""

    def __init__(
        self,
        enrolment: Enrolment,
        key: Ed25519PrivateKey,
        timebase: Timebase,
        *,
        now_s: Callable[[], float],
    ) -> None:
        self.timebase = timebase
        self._now_s, self._key_id = now_s, enrolment.key_id
        self._signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Key(key))
        self._http = httpx2.AsyncClient(base_url=enrolment.server + _PREFIX, timeout=_TIMEOUT_S)

    async def close(self) -> None:
        """End the connection."""
        await self._http.aclose()

    async def get(self, path: str, known: str = "") -> Answer:
        """Ask for something, unless it is still the version that is known.

        Raises:
            ServerError: it was not told.
        """
        return await self._ask("GET", path, headers={"If-None-Match": known} if known else {})

    async def post(self, path: str, told: Any) -> Answer:
        """Tell something.

        Raises:
            ServerError: it was not taken.
        """
        body = gzip.compress(json.dumps(told, separators=(",", ":")).encode(), mtime=0)
        return await self._ask(
            "POST", path, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"}, body=body
        )

    async def _ask(self, method: str, path: str, *, headers: dict[str, str], body: bytes = b"") -> Answer:
        try:
            return await self._ask_once(method, path, headers=headers, body=body)
        except ServerError as exc:
            # By now the server's time is known.
            if exc.code != "signature_expired":
                raise
        return await self._ask_once(method, path, headers=headers, body=body)

    async def _ask_once(self, method: str, path: str, *, headers: dict[str, str], body: bytes) -> Answer:
        request = self._http.build_request(method, path, headers=headers, content=body or None)
        self._sign(request, body)
        asked_s = self._now_s()
        try:
            answer = await self._http.send(request, stream=True)
            try:
                content = await _read(answer)
            finally:
                await answer.aclose()
        except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
            raise ServerError(f"連不上伺服器 / cannot reach the server: {_words(exc)}", permanent=False) from exc
        self._learn_time(answer, asked_s)
        if answer.status_code == httpx2.codes.NOT_MODIFIED:
            return Answer(None, answer.headers.get("ETag", ""))
        if not answer.is_success:
            raise _refusal(answer, content)
        return Answer(_json(content), answer.headers.get("ETag", ""))

    def _sign(self, request: httpx2.Request, body: bytes) -> None:
        self._signer.sign(
            adapt_message(request),
            key_id=self._key_id,
            created=datetime.fromtimestamp(self.timebase.unix_s(self._now_s()), UTC),
            nonce=secrets.token_hex(16),
            tag=_TAG,
            covered_component_ids=_COVERED,
            body=body or None,
        )

    def _learn_time(self, answer: httpx2.Response, asked_s: float) -> None:
        try:
            told = datetime.fromisoformat(answer.headers.get(_TIME_HEADER, ""))
        except ValueError:
            return
        if told.tzinfo is not None:
            self.timebase.learn(told, asked_s=asked_s, answered_s=self._now_s())


async def enrol(server: str, code: str, key: Ed25519PrivateKey) -> Enrolment:
    """Give the server the public half of a key for a one-time code.

    Raises:
        ServerError: it did not take it, or is none.
        AgentError: the address is none that may be used.
    """
    address = _address(server)
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    try:
        async with httpx2.AsyncClient(timeout=_TIMEOUT_S) as http:
            answer = await http.post(
                f"{address}{_PREFIX}/enrolment", json={"code": code, "public_key": public}, follow_redirects=False
            )
    except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
        raise ServerError(f"連不上 {address} / cannot reach the server: {_words(exc)}", permanent=False) from exc
    if answer.status_code != httpx2.codes.CREATED:
        raise _refusal(answer, answer.content)
    told = _json(answer.content)
    try:
        return Enrolment(server=address, agent=str(told["agent"]), key_id=str(told["key_id"]), zone=str(told["zone"]))
    except (KeyError, TypeError) as exc:
        raise ServerError(f"{address} 不是簽到伺服器 / is no check-in server", permanent=True) from exc


class _Key(HTTPSignatureKeyResolver):
    """The one key there is."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        del key_id
        return self._key

    def resolve_public_key(self, key_id: str) -> Any:
        raise NotImplementedError(key_id)


def _address(server: str) -> str:
    """The address as it is used; without TLS only on this machine, for officers' keys come that way."""
    parts = urlsplit(server)
    is_here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if not parts.hostname or not (parts.scheme == "https" or is_here) or parts.query or parts.fragment:
        raise AgentError(f"網址須為 https:// / the address must be https://…, not {server[:100]!r}")
    return server.rstrip("/")


async def _read(answer: httpx2.Response) -> bytes:
    content = b""
    async for part in answer.aiter_bytes():
        content += part
        if len(content) > _MOST_ANSWER_BYTES:
            raise ServerError("伺服器的回答太大 / the server's answer is too large", permanent=False)
    return content


def _json(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError as exc:
        raise ServerError("伺服器的回答不是 JSON / the server's answer is no JSON", permanent=False) from exc


def _refusal(answer: httpx2.Response, content: bytes) -> ServerError:
    try:
        told = json.loads(content)
        code, title = str(told["code"]), str(told["title"])
    except (ValueError, LookupError, TypeError):
        code, title = "", answer.reason_phrase
    return ServerError(
        f"伺服器不收（{answer.status_code} {code}） / the server refused it: {_printable(title)[:200]}",
        permanent=answer.status_code in _PERMANENT,
        code=code,
        retry_after_s=_retry_after_s(answer.headers.get("Retry-After", "")),
    )


def _retry_after_s(text: str) -> float | None:
    """Seconds. Source: RFC 9110, 10.2.3; the form with a date is for people's clocks and is not used here."""
    return min(float(text), _LONGEST_REST_S) if text.isascii() and text.isdigit() else None


def _words(exc: Exception) -> str:
    return _printable(" ".join(str(exc).split()))[:200] or type(exc).__name__


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)
