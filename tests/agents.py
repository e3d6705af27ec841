"""An agent's requests made with the RFC 9421 library alone, not with the product's code: the other end of the line."""

import base64
import gzip
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms
from werkzeug.test import TestResponse

from tests.fakes import FakeClock


class _Key(HTTPSignatureKeyResolver):
    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    def resolve_private_key(self, key_id: str) -> Any:
        del key_id
        return self._private

    def resolve_public_key(self, key_id: str) -> Any:
        raise NotImplementedError(key_id)


@dataclass
class Message:
    """A request as the library signs it."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


class SigningAgent:
    """Asks the API as an agent whose key the server knows by ``key_id``."""

    def __init__(self, client: FlaskClient, clock: FakeClock) -> None:
        self.private = Ed25519PrivateKey.generate()
        self.key_id = ""
        self._client, self._clock = client, clock

    @property
    def public_key(self) -> str:
        return base64.b64encode(self.private.public_key().public_bytes_raw()).decode()

    def enrol(self, code: str) -> TestResponse:
        body = {"code": code, "public_key": self.public_key}
        answer = self._client.post("/api/v1/agent/enrolment", json=body)
        if answer.status_code == 201:
            self.key_id = answer.get_json()["key_id"]
        return answer

    def signed(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        ahead_s: float = 0,
        nonce: str | None = None,
        covered: tuple[str, ...] = ("@method", "@path"),
        tag: str = "checkin-agent",
    ) -> dict[str, str]:
        """The headers of a signed request."""
        message = Message(method, f"http://checkin.example/api/v1/agent{path}", {"Host": "checkin.example"})
        signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Key(self.private))
        signer.sign(
            message,
            key_id=self.key_id,
            created=self._clock.now() + timedelta(seconds=ahead_s),
            nonce=uuid4().hex if nonce is None else nonce or None,
            tag=tag,
            covered_component_ids=covered,
            body=body or None,
        )
        return message.headers

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> TestResponse:
        return self._client.open(f"/api/v1/agent{path}", method=method, data=body, headers=headers)

    def get(self, path: str, known: str | None = None) -> TestResponse:
        headers = self.signed("GET", path) | ({"If-None-Match": known} if known else {})
        return self.send("GET", path, b"", headers)

    def post(self, path: str, told: Any) -> TestResponse:
        body = gzip.compress(json.dumps(told).encode())
        headers = self.signed("POST", path, body) | {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        return self.send("POST", path, body, headers)

    def batch(self, *, beacons: Any = (), devices: Any = (), batch: str | None = None, **more: Any) -> TestResponse:
        """Summaries with their times as seconds ago, by a clock that is a year slow."""
        theirs = self._clock.now() - timedelta(days=365)

        def at(ago_s: float) -> str:
            return (theirs - timedelta(seconds=ago_s)).isoformat()

        told = {
            "batch": batch or str(uuid4()),
            "sent_at": theirs.isoformat(),
            "beacons": [
                {
                    "hwid": hwid,
                    "rssi_dbm": -60.5,
                    "heard": [{"at": at(ago), "device_message": message.hex()} for ago, message in heard],
                }
                for hwid, heard in beacons
            ],
            "devices": [
                {"device": str(device), "begin": at(begin), "end": at(end), "rssi_dbm": -58.0}
                for device, begin, end in devices
            ],
            **more,
        }
        return self.post("/sightings", told)


HEARTBEAT = {
    "radio": "hearing",
    "uptime_s": 3600.5,
    "heard_s": 0.2,
    "adapter": "hci0",
    "temperature_c": 48.3,
    "disk_free_mb": 20_000,
    "outbox": {"waiting": 3, "bytes": 900, "oldest_s": 12, "dropped": 0},
    "versions": {"agent": "0.1.0", "bluez": "5.82"},
}
