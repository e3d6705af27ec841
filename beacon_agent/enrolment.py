"""Who the agent is to the server: a key pair made here, of which the server has only the public half."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from beacon_agent.errors import AgentError
from beacon_agent.private_file import write_private

_KEY_FILE, _ENROLMENT_FILE = "agent.key", "enrolment.json"


class NotEnrolledError(AgentError):
    """There is no enrolment yet, or not all of it."""

    def __init__(self, state: Path) -> None:
        super().__init__(
            f"尚未登錄（{state}）：在伺服器 checkin agent code 名稱 --zone 簽到區，再 beacon-agent enrol 網址 一次碼"
            f" / not enrolled ({state}): have a code issued (checkin agent code), then beacon-agent enrol URL CODE"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """Which server, by which name, in which zone; ``key_id`` is what the server knows the key by."""

    server: str
    agent: str
    key_id: str
    zone: str


def require_writable(state: Path) -> None:
    """Insist that an enrolment can be kept there.

    Raises:
        AgentError: this account may not write there.
    """
    state.mkdir(parents=True, exist_ok=True)
    if not os.access(state, os.W_OK):
        raise AgentError(f"{state} 不能寫：改用 sudo -u beacon-agent / cannot be written: use sudo -u beacon-agent")


def store(state: Path, enrolment: Enrolment, key: Ed25519PrivateKey) -> None:
    """Keep both, readable for this account alone; the key first, so that a loss of power leaves no half."""
    state.mkdir(parents=True, exist_ok=True)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(state / _KEY_FILE, pem)
    write_private(state / _ENROLMENT_FILE, json.dumps(asdict(enrolment)).encode())


def load(state: Path) -> tuple[Enrolment, Ed25519PrivateKey]:
    """What ``store`` kept.

    Raises:
        NotEnrolledError: there is none, or it is damaged.
    """
    try:
        enrolment = Enrolment(**json.loads((state / _ENROLMENT_FILE).read_bytes()))
        key = load_pem_private_key((state / _KEY_FILE).read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as exc:
        raise NotEnrolledError(state) from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise NotEnrolledError(state)
    return enrolment, key
