"""LINE Login's side: signing keys, ID tokens and how LINE judges them."""

from collections.abc import Mapping
from typing import Any, Literal

from tests.line_platform import jose

# Source: LINE Login documentation, "Verify ID token". A wrong issuer ending in .org circulates in public notes.
ISSUER = "https://access.line.me"
# The lifetime of a LIFF ID token is not documented; an hour is what is seen.
ID_TOKEN_LIFE_S = 3600

Forgery = Literal["foreign_key", "hs256", "none"]


class InvalidTokenError(Exception):
    """LINE's verify endpoint refuses the token; the text is LINE's `error_description`."""


class Identity:
    """The provider's ES256 keys; the newest signs, all published ones verify."""

    def __init__(self, *, login_channel_id: str, channel_secret: str) -> None:
        self._login_channel_id = login_channel_id
        self._channel_secret = channel_secret
        self._keys = [jose.SigningKey()]

    def jwks(self) -> dict[str, object]:
        """Return the JSON Web Key Set, newest key last."""
        return {"keys": [key.public_jwk() for key in self._keys]}

    def rotate(self, *, keep_old: bool = True) -> str:
        """Sign with a new key from now on and return its kid; `keep_old` leaves the earlier keys published."""
        key = jose.SigningKey()
        self._keys = [*self._keys, key] if keep_old else [key]
        return key.kid

    def claims(self, user_id: str, name: str, *, now: float, more: Mapping[str, Any]) -> dict[str, Any]:
        """Return the claims of a good ID token, some replaced by `more`; a claim set to None is left out."""
        good = {
            "iss": ISSUER,
            "sub": user_id,
            "aud": self._login_channel_id,
            "exp": int(now) + ID_TOKEN_LIFE_S,
            "iat": int(now),
            "amr": ["linesso"],
            "name": name,
        }
        return {key: value for key, value in {**good, **more}.items() if value is not None}

    def issue(self, claims: Mapping[str, Any], forgery: Forgery | None = None) -> str:
        """Return a signed ID token, or a forged one to try a server with.

        `foreign_key`: signed by a key LINE does not have, under the kid of one it has. `hs256`: signed with the
        channel secret. `none`: not signed at all.
        """
        match forgery:
            case "foreign_key":
                return jose.SigningKey().sign(claims, kid=self._keys[-1].kid)
            case "hs256":
                return jose.sign_hs256(claims, self._channel_secret)
            case "none":
                return jose.unsigned(claims)
            case None:
                return self._keys[-1].sign(claims)

    def verify(self, token: str, expected: Mapping[str, str], *, now: float) -> dict[str, Any]:
        """Return the claims as LINE's verify endpoint does.

        Args:
            token: the ID token.
            expected: the form's `client_id`, and `nonce` and `user_id` where given.
            now: seconds since the epoch.

        Raises:
            InvalidTokenError: with LINE's description.
        """
        try:
            header, claims = jose.parse(token)
        except ValueError as exc:
            raise InvalidTokenError("Invalid IdToken.") from exc
        key = next((each for each in self._keys if each.kid == header.get("kid")), None)
        if header.get("alg") != "ES256" or key is None or not key.verifies(token):
            raise InvalidTokenError("Invalid IdToken.")
        _check_claims(claims, expected, now)
        return claims


def _check_claims(claims: Mapping[str, Any], expected: Mapping[str, str], now: float) -> None:
    # Source of the descriptions: LINE Login API reference, "Verify ID token", error responses.
    if claims.get("iss") != ISSUER:
        raise InvalidTokenError("Invalid IdToken Issuer.")
    if float(claims.get("exp", 0)) <= now:
        raise InvalidTokenError("IdToken expired.")
    if claims.get("aud") != expected.get("client_id"):
        raise InvalidTokenError("Invalid IdToken Audience.")
    if "nonce" in expected and claims.get("nonce") != expected["nonce"]:
        raise InvalidTokenError("Invalid IdToken Nonce.")
    if "user_id" in expected and claims.get("sub") != expected["user_id"]:
        raise InvalidTokenError("Invalid IdToken Subject Identifier.")
