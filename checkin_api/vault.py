"""Secrets that the database may hold only encrypted: sealed with a key that comes from the settings."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# Source: NIST SP 800-38D, 5.2.1.1: 96 bits; at random they suffice for 2^32 secrets under one key (8.3).
_NONCE_LENGTH = 12
_PURPOSE = b"police-checkin: beacon keys, version 1"


class Vault:
    """Seals and opens secrets with AES-256-GCM under a key derived from ``CHECKIN_SECRET_KEY`` (HKDF, RFC 5869)."""

    def __init__(self, secret_key: bytes) -> None:
        self._cipher = AESGCM(HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(secret_key))
        self._opened: dict[tuple[bytes, str], bytes | None] = {}

    def seal(self, secret: bytes, *, label: str) -> bytes:
        """Encrypt a secret so that it opens only under the same label: nobody can put it in another's place."""
        nonce = os.urandom(_NONCE_LENGTH)
        return nonce + self._cipher.encrypt(nonce, secret, label.encode())

    def open(self, sealed: bytes, *, label: str) -> bytes | None:
        """The secret, or None if it was sealed under another key or label, or is damaged."""
        known = (sealed, label)
        if known not in self._opened:
            self._opened[known] = self._open(sealed, label)
        return self._opened[known]

    def _open(self, sealed: bytes, label: str) -> bytes | None:
        try:
            return self._cipher.decrypt(sealed[:_NONCE_LENGTH], sealed[_NONCE_LENGTH:], label.encode())
        except (InvalidTag, ValueError):
            return None
