"""What agents send, as pydantic models; docs/spec/agent-api.md says what it means."""

import base64
import binascii
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from checkin_api.web.schemas import Code, HeardIn, Hwid, In, Instant, Out, printable

# Source: RFC 8032, 5.1.5: 32 bytes.
_KEY_LENGTH = 32


def _public_key(text: str) -> str:
    try:
        is_right = len(base64.b64decode(text, validate=True)) == _KEY_LENGTH
    except (binascii.Error, ValueError):
        is_right = False
    if not is_right:
        raise ValueError("must be an Ed25519 public key, 32 bytes in base64")
    return text


Rssi = Annotated[float, Field(ge=-128, le=20)]
Count = Annotated[int, Field(ge=0, le=1 << 53)]
Seconds = Annotated[float, Field(ge=0, le=1e10)]
Text = Annotated[str, Field(max_length=100), AfterValidator(printable)]


class EnrolmentIn(In):
    """An agent's claim: the one-time code, and the public key it made."""

    code: Annotated[str, Field(min_length=1, max_length=40)]
    public_key: Annotated[str, Field(max_length=44), AfterValidator(_public_key)]


class EnrolmentOut(Out):
    """What the agent signs with, and where it stands."""

    agent: str
    key_id: str
    zone: str


class BeaconHeardIn(In):
    """A beacon as it was heard in one interval: every distinct message once, and the median strength."""

    hwid: Hwid
    heard: Annotated[list[HeardIn], Field(min_length=1, max_length=50)]
    rssi_dbm: Rssi | None = None


class DeviceHeardIn(In):
    """An officer's badge or phone that was near, by the ID the assignment gave."""

    device: UUID
    begin: Instant
    end: Instant
    rssi_dbm: Rssi | None = None


class BatchIn(In):
    """Summaries, in the order they were made; ``sent_at`` is by the same clock as all times in it.

    ``undated`` counts summaries that are lost because nobody knows when they were made.
    """

    batch: UUID
    sent_at: Instant
    beacons: Annotated[list[BeaconHeardIn], Field(max_length=500)]
    devices: Annotated[list[DeviceHeardIn], Field(max_length=500)]
    undated: Count = 0


class TakenOut(Out):
    """Whether the batch was new; one that comes again is thanked for and changes nothing."""

    new: bool


class OutboxIn(In):
    """What waits on the agent's disk, what it had to drop, and damaged files that it moved aside."""

    waiting: Count
    bytes: Count
    oldest_s: Seconds
    dropped: Count
    damaged: Count = 0


class HeartbeatIn(In):
    """How an agent is."""

    radio: Literal["starting", "hearing", "quiet", "deaf", "no_adapter"]
    radio_detail: Text = ""
    uptime_s: Seconds
    heard_s: Seconds | None = None
    scanner_restarts: Count = 0
    adapter_resets: Count = 0
    adapter: Text = ""
    temperature_c: Annotated[float, Field(ge=-100, le=200)] | None = None
    disk_free_mb: Count | None = None
    clock_offset_s: Annotated[float, Field(ge=-1e10, le=1e10)] | None = None
    outbox: OutboxIn
    versions: Annotated[dict[Code, Text], Field(max_length=10)] = Field(default_factory=dict)


class PlaceOut(Out):
    """Where an agent stands, and how it sums up."""

    agent: str
    zone: str
    zone_name: str
    site: str
    summary_every_s: int
    near_dbm: int


class ExpectedBeaconsOut(Out):
    """Hardware IDs of the department: those that should be heard here, and all others."""

    here: list[str]
    elsewhere: list[str]


class BadgeOut(Out):
    """An iBeacon badge."""

    id: UUID
    uuid: UUID
    major: int
    minor: int


class PhoneOut(Out):
    """A phone or watch; its identity resolving key, 16 bytes as hex digits, most significant first."""

    id: UUID
    irk: str


class IdentitiesOut(Out):
    """Whom officers agreed to be known by on site; whose they are stays here."""

    badges: list[BadgeOut]
    phones: list[PhoneOut]
