"""JSON Web Signatures with ES256, made and checked with cryptography alone."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

_SCALAR = 32  # bytes of r, s, x and y on P-256; RFC 7518, sections 3.4 and 6.2.1


def encode_bytes(raw: bytes) -> str:
    """Return base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_bytes(text: str) -> bytes:
    """Return the bytes of base64url without padding.

    Raises:
        ValueError: the text is not base64url.
    """
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


class SigningKey:
    """One P-256 key pair with its key id."""

    def __init__(self) -> None:
        self.kid = secrets.token_hex(16)
        self._private = ec.generate_private_key(ec.SECP256R1())

    def public_jwk(self) -> dict[str, str]:
        """Return the public key as LINE publishes it."""
        point = self._private.public_key().public_numbers()
        x, y = point.x.to_bytes(_SCALAR, "big"), point.y.to_bytes(_SCALAR, "big")
        jwk = {"kty": "EC", "alg": "ES256", "use": "sig", "kid": self.kid, "crv": "P-256"}
        return {**jwk, "x": encode_bytes(x), "y": encode_bytes(y)}

    def sign(self, claims: Mapping[str, Any], *, kid: str | None = None) -> str:
        """Return a signed token; `kid` lets it claim to be signed by another key."""
        message = _message({"alg": "ES256", "typ": "JWT", "kid": kid or self.kid}, claims)
        r, s = utils.decode_dss_signature(self._private.sign(message.encode(), ec.ECDSA(SHA256())))
        return f"{message}.{encode_bytes(r.to_bytes(_SCALAR, 'big') + s.to_bytes(_SCALAR, 'big'))}"

    def verifies(self, token: str) -> bool:
        """Say whether this key made the token's signature."""
        message, _, signature = token.rpartition(".")
        try:
            raw = decode_bytes(signature)
            r, s = int.from_bytes(raw[:_SCALAR], "big"), int.from_bytes(raw[_SCALAR:], "big")
            der = utils.encode_dss_signature(r, s)
            self._private.public_key().verify(der, message.encode(), ec.ECDSA(SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return len(raw) == 2 * _SCALAR


def sign_hs256(claims: Mapping[str, Any], secret: str) -> str:
    """Return a token signed with a shared secret, as LINE's web login issues them."""
    message = _message({"alg": "HS256", "typ": "JWT"}, claims)
    return f"{message}.{encode_bytes(hmac.digest(secret.encode(), message.encode(), hashlib.sha256))}"


def unsigned(claims: Mapping[str, Any]) -> str:
    """Return a token with `alg` none and an empty signature: a forgery."""
    return _message({"alg": "none", "typ": "JWT"}, claims) + "."


def parse(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims without checking anything.

    Raises:
        ValueError: the token is not two JSON objects and a signature.
    """
    header, claims, _signature = token.split(".")
    parsed = json.loads(decode_bytes(header)), json.loads(decode_bytes(claims))
    if not all(isinstance(part, dict) for part in parsed):
        raise ValueError("header and claims must be JSON objects")
    return parsed


def _message(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    parts = (json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode() for part in (header, claims))
    return ".".join(encode_bytes(part) for part in parts)
