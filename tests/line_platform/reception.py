"""A phone's system and settings, and what they keep LINE from hearing of beacons."""

from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any

from tests.line_platform.errors import ConfigError


class System(Enum):
    """What runs on the phone."""

    ANDROID = "android"
    IPHONE = "iphone"


class LocationPermission(Enum):
    """When LINE may know where the phone is: the choices of both systems, in one set of words."""

    ALWAYS = "always"
    IN_USE = "in_use"
    OFF = "off"


class Silence(Enum):
    """Why a phone that is near a beacon makes no beacon event. Source: LINE partner documentation, "LINE Beacon"."""

    NOT_FRIEND = "not_friend"
    BLUETOOTH_OFF = "bluetooth_off"
    CONSENT_OFF = "consent_off"
    ANDROID_IN_BACKGROUND = "android_in_background"
    LOCATION_SERVICES_OFF = "location_services_off"
    LOCATION_PERMISSION_OFF = "location_permission_off"
    LOCATION_NOT_ALWAYS = "location_not_always"
    PRECISE_LOCATION_OFF = "precise_location_off"
    NEARBY_DEVICES_OFF = "nearby_devices_off"
    NO_BEACON = "no_beacon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the owner has set; by default a phone that hears beacons while LINE is in front.

    `location_services` and `bluetooth` are the system's, `location_permission`, `precise_location` and (on Android)
    `nearby_devices` are what the system lets LINE do, `beacon_consent` is in LINE. `line_in_front` is no setting in
    the strict sense: it says whether LINE is what the owner looks at.
    """

    system: System = System.ANDROID
    line_in_front: bool = True
    bluetooth: bool = True
    beacon_consent: bool = True
    location_services: bool = True
    location_permission: LocationPermission = LocationPermission.IN_USE
    precise_location: bool = True
    nearby_devices: bool = True

    def silence(self) -> Silence | None:
        """Return the first thing that keeps LINE from hearing beacons, or None when nothing does.

        Source: LINE partner documentation, "LINE Beacon", reception conditions of iOS and Android.
        """
        if not self.bluetooth:
            return Silence.BLUETOOTH_OFF
        if not self.beacon_consent:
            return Silence.CONSENT_OFF
        if self.system is System.IPHONE:
            return None if self.line_in_front else self._silent_without_location(LocationPermission.ALWAYS)
        if not self.line_in_front:
            return Silence.ANDROID_IN_BACKGROUND
        return self._silent_without_location(LocationPermission.IN_USE) or (
            None if self.nearby_devices else Silence.NEARBY_DEVICES_OFF
        )

    def _silent_without_location(self, needed: LocationPermission) -> Silence | None:
        if not self.location_services:
            return Silence.LOCATION_SERVICES_OFF
        if self.location_permission is LocationPermission.OFF:
            return Silence.LOCATION_PERMISSION_OFF
        if needed is LocationPermission.ALWAYS and self.location_permission is not needed:
            return Silence.LOCATION_NOT_ALWAYS
        return None if self.precise_location else Silence.PRECISE_LOCATION_OFF

    def changed(self, values: dict[str, Any]) -> "Settings":
        """Return a copy with some settings changed; words of the control API will do for enumerations.

        Raises:
            ConfigError: a name is unknown or a value is none of the setting's; every such one is named.
        """
        known = {each.name: type(getattr(self, each.name)) for each in fields(self)}
        problems, good = [], {}
        for name, value in values.items():
            kind = known.get(name)
            if kind is None:
                problems.append(f"unknown setting {name!r}")
            elif kind is bool:
                good[name] = value
                problems += [] if isinstance(value, bool) else [f"{name}: expected true or false, got {value!r}"]
            else:
                try:
                    good[name] = kind(value)
                except ValueError:
                    problems.append(f"{name}: expected one of {', '.join(each.value for each in kind)}, got {value!r}")
        if problems:
            raise ConfigError(problems)
        return replace(self, **good)

    def as_json(self) -> dict[str, Any]:
        """Return the settings for the control API."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}
