"""LIFF ID tokens, checked here: ES256 under LINE's published keys, which are fetched again when a new one appears."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet, OctKey

from checkin_api.domain.ids import LineUserId
from checkin_api.errors import CheckinError, StorageError
from checkin_api.line.events import is_user_id

logger = logging.getLogger(__name__)

# Source: LINE Login, "Verify ID token".
ISSUER = "https://access.line.me"
KEYS_PATH = "/oauth2/v2.1/certs"
# LIFF's tokens are ES256; HS256, keyed with the channel secret, is of LINE's web login and would let whoever knows
# that secret be any officer.
_ALGORITHM = "ES256"
_LEEWAY_S = 60
_LONGEST = 8192
# A key that LINE has taken back is believed no longer than this; a token under a key never heard of makes us look, but
# not at every forged one.
_KEYS_LIVE = timedelta(hours=1)
_LOOK_AGAIN = timedelta(seconds=30)
_TIMEOUT_S = 5.0


class IdTokenError(CheckinError):
    """The token proves nobody; ``code`` is stable. Nothing of the token is in the message."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class _Keys:
    found: KeySet
    at: datetime


class IdTokens:
    """Checks ID tokens of one LINE Login channel; safe to use from several threads.

    A LIFF page cannot choose a token's ``nonce`` claim, so none is asked for; what makes a tap count once is the number
    that the server gives to each page (``checkin.tapping``).
    """

    def __init__(self, channel_id: str, fetch: Callable[[], dict[str, Any]]) -> None:
        self._fetch = fetch
        self._keys: _Keys | None = None
        self._looked_at = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()
        self._claims = {
            "iss": {"essential": True, "value": ISSUER},
            "aud": {"essential": True, "value": channel_id},
            **{name: {"essential": True} for name in ("sub", "exp", "iat")},
        }

    def verify(self, token: str, now: datetime) -> LineUserId:
        """Whose token it is.

        Raises:
            IdTokenError: it is not LINE's, not for this channel, or too old.
            StorageError: LINE's keys cannot be had.
        """
        try:
            header = jws.extract_compact(token.encode("ascii")[:_LONGEST]).headers()
        except (JoseError, ValueError):
            raise _invalid("it cannot be read") from None
        if header.get("alg") != _ALGORITHM:
            raise _invalid("it is not signed with ES256")
        key = self._key(header.get("kid"), now)
        try:
            claims = jwt.decode(token, key, algorithms=[_ALGORITHM]).claims
            jwt.JWTClaimsRegistry(now=int(now.timestamp()), leeway=_LEEWAY_S, **self._claims).validate(claims)  # type: ignore[arg-type]  # options by claim
        except ExpiredTokenError:
            raise IdTokenError(
                "token_expired", "登入已過期，請重新開啟 / the session has expired: open it again"
            ) from None
        except (JoseError, ValueError, TypeError):
            raise _invalid("its signature or its claims are wrong") from None
        if not is_user_id(claims["sub"]):
            raise _invalid("it names no LINE user")
        return LineUserId(claims["sub"])

    def _key(self, kid: object, now: datetime) -> Any:
        with self._lock:
            keys = self._keys
            is_old = keys is None or now - keys.at > _KEYS_LIVE or not _has(keys, kid)
            if is_old and now - self._looked_at > _LOOK_AGAIN:
                keys = self._keys = self._look(now)
        if keys is None:
            raise StorageError("LINE's keys cannot be fetched")
        found = next((key for key in keys.found.keys if key.kid == kid), None) if isinstance(kid, str) else None
        if found is None or isinstance(found, OctKey):
            raise _invalid("LINE has no such key")
        return found

    def _look(self, now: datetime) -> _Keys:
        """LINE's keys as they are now; those known before while LINE does not answer."""
        try:
            found = KeySet.import_key_set(self._fetch())  # type: ignore[arg-type]  # parsed JSON
        except (httpx2.HTTPError, JoseError, ValueError, KeyError, TypeError) as exc:
            if self._keys is None:
                raise StorageError("LINE's keys cannot be fetched") from exc
            logger.warning("LINE's keys cannot be fetched (%s); the known ones are used", type(exc).__name__)
            self._looked_at = now
            return self._keys
        self._looked_at = now
        return _Keys(found, now)


def _has(keys: _Keys, kid: object) -> bool:
    return any(key.kid == kid for key in keys.found.keys)


def line_keys(api_url: str) -> Callable[[], dict[str, Any]]:
    """How LINE's key set is fetched."""

    def fetch() -> dict[str, Any]:
        answer = httpx2.get(f"{api_url}{KEYS_PATH}", timeout=_TIMEOUT_S)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    return fetch


def _invalid(why: str) -> IdTokenError:
    return IdTokenError("token_invalid", f"登入無效，請從 LINE 重新開啟 / the ID token is not accepted: {why}")
