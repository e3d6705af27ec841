"""What the platform starts with: the channel, its phones and the zones with their beacons."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from tests.line_platform.errors import ConfigError
from tests.line_platform.ids import USER_ID
from tests.line_platform.reception import System

_HWID = re.compile(r"[0-9a-f]{10}")
# The 13 bytes that a LINE Simple Beacon frame has room for, as hexadecimal digits. Source: LINE Simple Beacon spec.
_DEVICE_MESSAGE = re.compile(r"(?:[0-9a-f]{2}){1,13}")


@dataclass(frozen=True, slots=True)
class PhoneSpec:
    """A phone to start with; `note` is text shown beside it, such as the enrolment code HR handed over."""

    name: str
    line_user_id: str | None = None
    friend: bool = True
    note: str = ""
    system: System = System.ANDROID


@dataclass(frozen=True, slots=True)
class BeaconSpec:
    """A beacon on the air; `dm` None stands for a certified LINE Beacon, whose secure message LINE keeps to itself."""

    hwid: str
    dm: str | None = None


@dataclass(frozen=True, slots=True)
class ZoneSpec:
    """A place a phone can walk into, with the beacons heard there and its latitude and longitude in degrees."""

    code: str
    name: str
    beacons: tuple[BeaconSpec, ...] = ()
    place: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class PlatformConfig:
    """One provider with one Messaging API channel and one LINE Login channel."""

    channel_id: str = "1650000001"
    channel_secret: str = "8c570fa6dd201bb328f1c1eac23a96d8"
    channel_access_token: str = "stand-in-channel-access-token"
    login_channel_id: str = "1650000002"
    # LIFF ID → endpoint URL, as in the console of the LINE Login channel.
    liff_apps: Mapping[str, str] = field(default_factory=dict)
    bot_user_id: str = "U8e742f61d673b39c7fff3cecb7536ef0"
    bot_name: str = "警察局簽到"
    webhook_url: str | None = None
    monthly_quota: int | None = 200
    phones: tuple[PhoneSpec, ...] = ()
    zones: tuple[ZoneSpec, ...] = field(default=())

    @classmethod
    def from_file(cls, path: Path) -> "PlatformConfig":
        """Read a JSON file.

        Raises:
            ConfigError: the file cannot be read, or has problems; all of them are named.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as exc:
            raise ConfigError([f"{path}: {exc}"]) from exc
        return cls.from_mapping(content)

    @classmethod
    def from_mapping(cls, content: Mapping[str, Any]) -> "PlatformConfig":
        """Build from parsed JSON.

        Raises:
            ConfigError: listing every problem, not the first.
        """
        problems: list[str] = []
        unknown = sorted(set(content) - {each.name for each in fields(cls)})
        problems += [f"unknown setting {name!r}" for name in unknown]
        values = {name: value for name, value in content.items() if name not in unknown}
        phones = [_phone(item, f"phones[{i}]", problems) for i, item in enumerate(values.pop("phones", ()))]
        zones = [_zone(item, f"zones[{i}]", problems) for i, item in enumerate(values.pop("zones", ()))]
        problems += _twice("zone code", (each.code for each in zones))
        problems += _twice("LINE user ID", (each.line_user_id for each in phones if each.line_user_id))
        if not USER_ID.fullmatch(str(values.get("bot_user_id", cls().bot_user_id))):
            problems.append("bot_user_id: expected U and 32 lower-case hexadecimal digits")
        if problems:
            raise ConfigError(problems)
        return cls(**values, phones=tuple(phones), zones=tuple(zones))


def phone_spec(item: Mapping[str, Any]) -> PhoneSpec:
    """Return one phone from parsed JSON, or raise `ConfigError`."""
    problems: list[str] = []
    phone = _phone(item, "phone", problems)
    if problems:
        raise ConfigError(problems)
    return phone


def zone_spec(item: Mapping[str, Any]) -> ZoneSpec:
    """Return one zone from parsed JSON, or raise `ConfigError`."""
    problems: list[str] = []
    zone = _zone(item, "zone", problems)
    if problems:
        raise ConfigError(problems)
    return zone


def beacon_spec(hwid: str, dm: str | None) -> BeaconSpec:
    """Return one beacon, its hexadecimal digits in lower case as LINE sends them, or raise `ConfigError`."""
    problems: list[str] = []
    beacon = _beacon({"hwid": hwid, "dm": dm}, "beacon", problems)
    if problems:
        raise ConfigError(problems)
    return beacon


def _phone(item: Mapping[str, Any], where: str, problems: list[str]) -> PhoneSpec:
    _only(item, {"name", "line_user_id", "friend", "note", "system"}, where, problems)
    name, user_id = str(item.get("name") or ""), item.get("line_user_id")
    if not name:
        problems.append(f"{where}.name: required")
    if user_id is not None and not USER_ID.fullmatch(str(user_id)):
        problems.append(f"{where}.line_user_id: expected U and 32 lower-case hexadecimal digits, got {user_id!r}")
    system = item.get("system", System.ANDROID.value)
    if system not in (known := [each.value for each in System]):
        problems.append(f"{where}.system: expected one of {', '.join(known)}, got {system!r}")
        system = System.ANDROID
    return PhoneSpec(name, user_id, bool(item.get("friend", True)), str(item.get("note") or ""), System(system))


def _zone(item: Mapping[str, Any], where: str, problems: list[str]) -> ZoneSpec:
    _only(item, {"code", "name", "beacons", "latitude", "longitude"}, where, problems)
    code = str(item.get("code") or "")
    if not code:
        problems.append(f"{where}.code: required")
    beacons = [_beacon(each, f"{where}.beacons[{i}]", problems) for i, each in enumerate(item.get("beacons") or ())]
    return ZoneSpec(code, str(item.get("name") or code), tuple(beacons), _place(item, where, problems))


def _place(item: Mapping[str, Any], where: str, problems: list[str]) -> tuple[float, float] | None:
    latitude, longitude = item.get("latitude"), item.get("longitude")
    if latitude is None and longitude is None:
        return None
    for name, value, most in (("latitude", latitude, 90), ("longitude", longitude, 180)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
            problems.append(f"{where}.{name}: expected degrees from -{most} to {most}, got {value!r}")
            return None
    return float(latitude), float(longitude)  # type: ignore[arg-type]  # both are numbers: tried above


def _beacon(item: Mapping[str, Any], where: str, problems: list[str]) -> BeaconSpec:
    _only(item, {"hwid", "dm"}, where, problems)
    hwid, dm = str(item.get("hwid") or "").lower(), item.get("dm")
    if not _HWID.fullmatch(hwid):
        problems.append(f"{where}.hwid: expected 10 hexadecimal digits, got {hwid!r}")
    if dm is not None and not _DEVICE_MESSAGE.fullmatch(str(dm).lower()):
        problems.append(f"{where}.dm: expected 1 to 13 bytes as hexadecimal digits, got {dm!r}")
    return BeaconSpec(hwid, None if dm is None else str(dm).lower())


def _only(item: Mapping[str, Any], known: set[str], where: str, problems: list[str]) -> None:
    problems += [f"{where}: unknown setting {name!r}" for name in sorted(set(item) - known)]


def _twice(what: str, names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    doubles = {name for name in names if name in seen or seen.add(name)}  # type: ignore[func-returns-value]  # add() marks
    return [f"{what} {name!r} is used twice" for name in sorted(doubles)]
