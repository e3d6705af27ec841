"""A device with passkeys in software, for tests that need no browser: it signs what it is told to, truly or not."""

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

# Source: WebAuthn Level 3, section 6.1: present, verified, with a new credential.
PRESENT, VERIFIED, NEW = 0x01, 0x04, 0x40


def text(content: bytes) -> str:
    """Base64url without padding, as the page sends it."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass
class Device:
    """One passkey. ``count`` goes up with each signature, ``flags`` is what it says of the person before it."""

    origin: str
    rp_id: str
    flags: int = PRESENT | VERIFIED
    count: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: dict[str, Any]) -> str:
        """The answer to ``navigator.credentials.create()``."""
        numbers = self.key.public_key().public_numbers()
        # Source: RFC 9053, section 7.1.1: an EC key for ES256.
        point = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        credential = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(point)
        made = {"fmt": "none", "attStmt": {}, "authData": self._about(self.flags | NEW) + credential}
        client = self._client("webauthn.create", options)
        return self._answer(clientDataJSON=client, attestationObject=cbor2.dumps(made))

    def sign(self, options: dict[str, Any]) -> str:
        """The answer to ``navigator.credentials.get()``."""
        self.count += 1
        client, about = self._client("webauthn.get", options), self._about(self.flags)
        signature = self.key.sign(about + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=about, signature=signature)

    def _about(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin}).encode()

    def _answer(self, **response: bytes) -> str:
        name = text(self.id)
        said = {key: text(value) for key, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": said})
