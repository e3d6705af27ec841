"""What the API takes and gives, as pydantic models; a field that is not named is refused."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, SecretStr

from checkin_api.domain.ids import AlarmKind, BeaconKind, Proof, SightingSource
from checkin_api.fleet.beacons import BeaconState
from hardware.frames.device_message import KEY_LENGTH


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


def _printable(text: str) -> str:
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


Code = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_printable)]
Label = Annotated[str, Field(max_length=200), AfterValidator(_printable)]
Key = Annotated[
    SecretStr,
    AfterValidator(_key_of_32_bytes),
    Field(json_schema_extra={"pattern": f"^[0-9a-fA-F]{{{2 * KEY_LENGTH}}}$"}),
]
Hwid = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{10}$"), AfterValidator(str.lower)]
Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class BeaconIn(_In):
    """A beacon to register; ``key`` of a rolling one, 64 hex digits, is stored encrypted and never given out."""

    zone: Code
    kind: BeaconKind
    label: Label = ""
    key: Key | None = None


class ReplacementIn(_In):
    """The beacon that takes the place of another."""

    hwid: Hwid
    kind: BeaconKind
    label: Label = ""
    key: Key | None = None


class MoveIn(_In):
    """Where a beacon hangs from now on."""

    zone: Code


class KeyIn(_In):
    """A new key; the old one is taken for some days more."""

    key: Key
    overlap_days: Annotated[int, Field(ge=0, le=365)] = 14


class HeardIn(_In):
    """A device message, 1 to 13 bytes as hex digits, and when it was heard first."""

    at: Instant
    device_message: Annotated[str, Field(pattern=r"^([0-9a-fA-F]{2}){1,13}$")]


class SightingIn(_In):
    """What an installer heard of a beacon: every distinct message once, and how it came in.

    ``sent_at`` is the time of the clock that the messages were timed with; it is compared with the server's, so that a
    laptop with a wrong clock does no harm.
    """

    zone: Code
    sent_at: Instant
    heard: Annotated[list[HeardIn], Field(min_length=1, max_length=50)]
    rssi_dbm: Annotated[float, Field(ge=-128, le=20)] | None = None
    interval_ms: Annotated[float, Field(gt=0, le=600_000)] | None = None


class CloseIn(_In):
    """What somebody found who looked at an alarm."""

    comment: Annotated[str, Field(max_length=400), AfterValidator(_printable)] = ""


class ResultOut(_Out):
    """What one message turned out to be; ``proof`` is null for a certified LINE Beacon, which LINE checks."""

    device_message: str
    proof: Proof | None
    lag_s: float | None


class SightingOut(_Out):
    """The verdict on a sighting, and whether the beacon's clock was set by it."""

    results: list[ResultOut]
    resynchronised: bool


class LastSightingOut(_Out):
    """The last time somebody on site heard a beacon."""

    at: datetime
    source: SightingSource
    told_by: str
    zone: str
    proof: Proof | None
    rssi_dbm: float | None
    interval_ms: float | None


class BeaconOut(_Out):
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


class ChangedOut(_Out):
    """Whether anything changed; asking twice changes nothing the second time."""

    changed: bool
    beacon: BeaconOut


class AlarmOut(_Out):
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


class BeaconsOut(_Out):
    """Beacons by site, zone and hardware ID."""

    beacons: list[BeaconOut]


class AlarmsOut(_Out):
    """Alarms, the one that went on last first."""

    alarms: list[AlarmOut]


class ChangeOut(_Out):
    """Whether anything changed."""

    changed: bool


class WhereIn(_In):
    """Which beacons to list."""

    zone: Code | None = None
    site: Code | None = None


class WhichAlarmsIn(_In):
    """Which alarms to list; closed ones only if asked for."""

    hwid: Hwid | None = None
    closed: bool = False
