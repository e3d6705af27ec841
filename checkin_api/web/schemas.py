"""What the API takes and gives, as pydantic models; a field that is not named is refused."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, SecretStr

from checkin_api.domain.ids import AlarmKind, BeaconKind, Proof, SightingSource
from checkin_api.fleet.agents import AgentState
from checkin_api.fleet.beacons import BeaconState
from hardware.frames.device_message import KEY_LENGTH


class In(BaseModel):
    """What comes in; a field that is not named is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Out(BaseModel):
    """What goes out."""

    model_config = ConfigDict(from_attributes=True)


def printable(text: str) -> str:
    """Refuse line breaks and control characters."""
    if not text.isprintable():
        raise ValueError("must be text on one line")
    return text


def _key_of_32_bytes(key: SecretStr) -> SecretStr:
    try:
        is_right = len(bytes.fromhex(key.get_secret_value())) == KEY_LENGTH
    except ValueError:
        is_right = False
    if not is_right:
        # Never the key itself.
        raise ValueError(f"must be {KEY_LENGTH} bytes as hex digits")
    return key


def _in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


Code = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(printable)]
Label = Annotated[str, Field(max_length=200), AfterValidator(printable)]
Key = Annotated[
    SecretStr,
    AfterValidator(_key_of_32_bytes),
    Field(json_schema_extra={"pattern": f"^[0-9a-fA-F]{{{2 * KEY_LENGTH}}}$"}),
]
Hwid = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{10}$"), AfterValidator(str.lower)]
Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class BeaconIn(In):
    """A beacon to register; ``key`` of a rolling one, 64 hex digits, is stored encrypted and never given out."""

    zone: Code
    kind: BeaconKind
    label: Label = ""
    key: Key | None = None


class ReplacementIn(In):
    """The beacon that takes the place of another."""

    hwid: Hwid
    kind: BeaconKind
    label: Label = ""
    key: Key | None = None


class MoveIn(In):
    """Where a beacon hangs from now on."""

    zone: Code


class KeyIn(In):
    """A new key; the old one is taken for some days more."""

    key: Key
    overlap_days: Annotated[int, Field(ge=0, le=365)] = 14


class HeardIn(In):
    """A device message, 1 to 13 bytes as hex digits, and when it was heard first."""

    at: Instant
    device_message: Annotated[str, Field(pattern=r"^([0-9a-fA-F]{2}){1,13}$")]


class SightingIn(In):
    """What an installer heard of a beacon: every distinct message once, and how it came in.

    ``sent_at`` is the time of the clock that the messages were timed with; it is compared with the server's, so that a
    laptop with a wrong clock does no harm.
    """

    zone: Code
    sent_at: Instant
    heard: Annotated[list[HeardIn], Field(min_length=1, max_length=50)]
    rssi_dbm: Annotated[float, Field(ge=-128, le=20)] | None = None
    interval_ms: Annotated[float, Field(gt=0, le=600_000)] | None = None


class CloseIn(In):
    """What somebody found who looked at an alarm."""

    comment: Annotated[str, Field(max_length=400), AfterValidator(printable)] = ""


class AgentIn(In):
    """An agent to be enrolled, and where it stands."""

    name: Code
    zone: Code


class AgentCodeOut(Out):
    """The one-time code of an agent, shown once."""

    name: str
    zone: str
    code: str
    expires_at: datetime


class AgentOut(Out):
    """An agent and how it is; ``heartbeat`` as it told itself."""

    name: str
    zone: str
    site: str
    state: AgentState
    made_at: datetime
    enrolled_at: datetime | None
    heartbeat_at: datetime | None
    revoked_at: datetime | None
    heartbeat: dict[str, Any]


class AgentsOut(Out):
    """Agents by site, zone and name; revoked ones last."""

    agents: list[AgentOut]


class ResultOut(Out):
    """What one message turned out to be; ``proof`` is null for a certified LINE Beacon, which LINE checks."""

    device_message: str
    proof: Proof | None
    lag_s: float | None


class SightingOut(Out):
    """The verdict on a sighting, and whether the beacon's clock was set by it."""

    results: list[ResultOut]
    resynchronised: bool


class LastSightingOut(Out):
    """The last time somebody on site heard a beacon."""

    at: datetime
    source: SightingSource
    told_by: str
    zone: str
    proof: Proof | None
    rssi_dbm: float | None
    interval_ms: float | None


class BeaconOut(Out):
    """A beacon and its health; see ``fleet.looking.BeaconLook``."""

    hwid: str
    zone: str
    site: str
    kind: BeaconKind
    label: str
    state: BeaconState
    keys: int
    phone_at: datetime | None
    sighting: LastSightingOut | None
    battery_percent: int | None
    lag_s: float | None
    resumed: bool
    alarms: dict[AlarmKind, int]


class ChangedOut(Out):
    """Whether anything changed; asking twice changes nothing the second time."""

    changed: bool
    beacon: BeaconOut


class AlarmOut(Out):
    """An alarm with its newest evidence."""

    id: int
    kind: AlarmKind
    hwid: str
    zone: str
    site: str
    first_at: datetime
    last_at: datetime
    count: int
    evidence: list[dict[str, str | float]]
    closed_at: datetime | None
    closed_by: str
    comment: str


class BeaconsOut(Out):
    """Beacons by site, zone and hardware ID."""

    beacons: list[BeaconOut]


class AlarmsOut(Out):
    """Alarms, the one that went on last first."""

    alarms: list[AlarmOut]


class ChangeOut(Out):
    """Whether anything changed."""

    changed: bool


class WhereIn(In):
    """Which beacons to list."""

    zone: Code | None = None
    site: Code | None = None


class WhichAlarmsIn(In):
    """Which alarms to list; closed ones only if asked for."""

    hwid: Hwid | None = None
    closed: bool = False
