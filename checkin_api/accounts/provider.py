"""The agency's provider of identities: OpenID Connect with an authorization code, PKCE and a nonce.

Everything that one try needs comes from one random number, which the browser keeps in a cookie: the server remembers
nothing, and an answer in another browser is of no use.
"""

import base64
import hashlib
import hmac
import logging
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, import_key

from checkin_api.config import LOCAL_HOSTS
from checkin_api.domain.ids import SignInRefusal
from checkin_api.errors import CheckinError

logger = logging.getLogger(__name__)

# Source: OpenID Connect Discovery 1.0, section 4.
_DISCOVERY = "/.well-known/openid-configuration"
_SCOPE = "openid profile email"
# Signatures that nobody makes who has only what is public or shared: no `none`, no HMAC.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384"]
_KEY_TYPES = {"RSA", "EC"}
_LEEWAY_S = 60
# A try that takes longer begins anew; its token is not older either.
TRY_LASTS = timedelta(minutes=10)
_LONGEST = 16384
_LONGEST_NAME = 255
# As with LINE's keys: taken back ones are believed no longer; one never heard of makes us look, not every time.
_LIVES = timedelta(hours=1)
_LOOK_AGAIN = timedelta(seconds=30)
# And one that did not answer is not asked by everybody who waits.
_ASK_AGAIN = timedelta(seconds=5)
_TIMEOUT_S = 5.0
# A provider that hangs holds no more of the web's threads than this; whoever comes then waits so long and is told.
_AT_ONCE = 8
_WAIT_S = 1.0
_BYTES = 32


class ProviderError(CheckinError):
    """Nobody is signed in: the provider does not answer, or what it says is not right; ``refusal`` for the person.

    Nothing of a token or a code is in the message.
    """

    def __init__(self, refusal: SignInRefusal, why: str) -> None:
        self.refusal = refusal
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider knows: forever by issuer and subject, and the name it has for them now, if it says one."""

    issuer: str
    subject: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Try:
    """One try to sign in; the seed is the browser's secret."""

    seed: str

    @property
    def state(self) -> str:
        """What the provider gives back to this browser."""
        return self._of("state")

    @property
    def nonce(self) -> str:
        """What the ID token must repeat."""
        return self._of("nonce")

    @property
    def verifier(self) -> str:
        """What proves that the code was asked for here. Source: RFC 7636, section 4.1: 43 characters at least."""
        return self._of("verifier")

    def is_answered_by(self, state: str) -> bool:
        """Whether an answer belongs to this try."""
        return hmac.compare_digest(state.encode(), self.state.encode())

    def _of(self, purpose: str) -> str:
        digest = hmac.digest(self.seed.encode(), purpose.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def new_try() -> Try:
    """A try that nobody can guess."""
    return Try(secrets.token_urlsafe(_BYTES))


@dataclass(frozen=True, slots=True)
class _Known:
    """What the provider says of itself, and its keys."""

    metadata: Mapping[str, Any]
    keys: KeySet
    at: datetime


class Provider:
    """One provider, and us as its client; safe to use from several threads."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, *, claim: str, redirect_uri: str) -> None:
        self.issuer, self._claim = issuer, claim
        self._client_id, self._client_secret, self._redirect_uri = client_id, client_secret, redirect_uri
        self._known: _Known | None = None
        self._looked_at = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()
        self._seats = threading.BoundedSemaphore(_AT_ONCE)

    def address(self, now: datetime, one: Try) -> str:
        """Where the browser is sent to sign in.

        Raises:
            ProviderError: the provider does not answer.
        """
        with self._seat():
            known = self._knowledge(now)
        with self._client(known) as client:
            address, _ = client.create_authorization_url(
                known.metadata["authorization_endpoint"], state=one.state, code_verifier=one.verifier, nonce=one.nonce
            )
        return str(address)

    def person(self, now: datetime, one: Try, code: str, *, issuer: str | None = None) -> Person:
        """Who signed in there: the code is changed for an ID token, and that is verified.

        ``issuer`` is who sent the answer, if it says so. Source: RFC 9207.

        Raises:
            ProviderError: the provider does not answer, or proves nobody.
        """
        if issuer is not None and issuer != self.issuer:
            raise _wrong("another provider has answered")
        with self._seat():
            answer = self._answer(now, one, code)
            token = answer.get("id_token")
            if not isinstance(token, str):
                raise _wrong("there is no ID token")
            return self._verified(now, one, token, access_token=answer.get("access_token"))

    def _answer(self, now: datetime, one: Try, code: str) -> Mapping[str, Any]:
        """What the provider gives for a code."""
        known = self._knowledge(now)
        try:
            with self._client(known) as client:
                answer: Mapping[str, Any] = client.fetch_token(
                    known.metadata["token_endpoint"],
                    grant_type="authorization_code",
                    code=code[:_LONGEST],
                    code_verifier=one.verifier,
                )
        except AuthlibBaseError as exc:
            raise _wrong(f"the code was not taken: {str(exc.error)[:100]!r}") from exc
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as exc:
            raise _down(exc) from exc
        return answer

    def _verified(self, now: datetime, one: Try, token: str, *, access_token: object) -> Person:
        """Source: OpenID Connect Core 1.0, section 3.1.3.7."""
        from authlib.oidc.core import CodeIDToken  # noqa: PLC0415 (as above)

        try:
            header = jws.extract_compact(token.encode("ascii")[:_LONGEST]).headers()
            if header.get("alg") not in _ALGORITHMS:
                raise _wrong("the ID token is not signed in a way that is taken")
            keys = self._knowledge(now, kid=header.get("kid")).keys
            decoded = jwt.decode(token, keys, algorithms=_ALGORITHMS)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                    "sub": {"essential": True},
                },
                {"nonce": one.nonce, "client_id": self._client_id, "access_token": access_token},
            )
            claims.validate(int(now.timestamp()), _LEEWAY_S)
            subject = claims["sub"]
            is_old = now.timestamp() - claims["iat"] > TRY_LASTS.total_seconds() + _LEEWAY_S
        except (JoseError, ValueError, TypeError, KeyError) as exc:
            raise _wrong(f"the ID token is not accepted ({type(exc).__name__})") from exc
        if is_old:
            raise _wrong("the ID token is old")
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_NAME or "\0" in subject:
            raise _wrong("the ID token names nobody")
        return Person(self.issuer, subject, _name(claims, self._claim))

    @contextmanager
    def _seat(self) -> Iterator[None]:
        if not self._seats.acquire(timeout=_WAIT_S):
            raise ProviderError(SignInRefusal.PROVIDER_DOWN, "the provider is too slow")
        try:
            yield
        finally:
            self._seats.release()

    def _client(self, known: _Known) -> Any:
        # Here, for most installations have no provider and start the sooner.
        from authlib.integrations.httpx_client import OAuth2Client  # noqa: PLC0415

        methods = known.metadata.get("token_endpoint_auth_methods_supported")
        # Source: OpenID Connect Discovery 1.0, section 3: without a word it is `client_secret_basic`.
        takes_basic = not isinstance(methods, list) or "client_secret_basic" in methods
        return OAuth2Client(
            self._client_id,
            self._client_secret,
            token_endpoint_auth_method="client_secret_basic" if takes_basic else "client_secret_post",
            scope=_SCOPE,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
        )

    def _knowledge(self, now: datetime, *, kid: object = None) -> _Known:
        with self._lock:
            known = self._known
            if known is not None and now - known.at > _LIVES:
                known = self._known = None
            lacks = known is None or (kid is not None and all(key.kid != kid for key in known.keys.keys))
            if lacks and now - self._looked_at > (_ASK_AGAIN if known is None else _LOOK_AGAIN):
                self._looked_at = now
                known = self._known = self._look(now)
        if known is None:
            raise ProviderError(SignInRefusal.PROVIDER_DOWN, "the provider did not answer a moment ago")
        return known

    def _look(self, now: datetime) -> _Known:
        try:
            metadata = self._get(f"{self.issuer.rstrip('/')}{_DISCOVERY}")
            if metadata.get("issuer") != self.issuer:
                raise ProviderError(
                    SignInRefusal.PROVIDER_DOWN, "the provider calls itself otherwise: CHECKIN_OIDC_ISSUER"
                )
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                self._insist_on_secure(metadata[name])
            return _Known(metadata, _keys(self._get(metadata["jwks_uri"])), now)
        except (httpx2.HTTPError, httpx2.InvalidURL, JoseError, ValueError, KeyError, TypeError) as exc:
            raise _down(exc) from exc

    def _insist_on_secure(self, address: str) -> None:
        """Of a provider for tests, on this machine, http will do."""
        parts = urlsplit(address)
        is_local = self.issuer.startswith("http://") and parts.scheme == "http" and parts.hostname in LOCAL_HOSTS
        if parts.scheme != "https" and not is_local:
            raise ValueError("an address of the provider is not https")

    def _get(self, address: str) -> dict[str, Any]:
        answer = httpx2.get(address, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        found = answer.json()
        if not isinstance(found, dict):
            raise TypeError("not a JSON object")
        return found


def _keys(found: Mapping[str, Any]) -> KeySet:
    """The keys that can sign; what else a provider publishes is not looked at."""
    keys: list[Any] = []
    for each in found["keys"]:
        if each.get("kty") in _KEY_TYPES and _signs(each):
            # A kind of curve that this release does not know, say.
            with suppress(JoseError, ValueError):
                keys.append(import_key(each))
    return KeySet(keys)


def _signs(key: Mapping[str, Any]) -> bool:
    return key.get("use", "sig") == "sig" and key.get("alg", _ALGORITHMS[0]) in _ALGORITHMS


def _name(claims: Mapping[str, Any], claim: str) -> str | None:
    """What the provider calls somebody; an e-mail address only if the provider has verified it."""
    name = claims.get(claim)
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        return None
    return name if claim != "email" or claims.get("email_verified") is True else None


def _wrong(why: str) -> ProviderError:
    return ProviderError(SignInRefusal.PROVIDER_WRONG, why)


def _down(exc: Exception) -> ProviderError:
    return ProviderError(SignInRefusal.PROVIDER_DOWN, f"the provider cannot be asked ({type(exc).__name__})")
