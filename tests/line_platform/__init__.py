"""The stand-in for the LINE Platform: LINE's protocol over HTTP, phones to act with, and a page to see them."""

from tests.line_platform.clock import Clock
from tests.line_platform.config import BeaconSpec, PhoneSpec, PlatformConfig, ZoneSpec
from tests.line_platform.errors import ConfigError, PlatformError, RefusedError, UnknownError
from tests.line_platform.platform import LinePlatform, WaitTimeoutError

__all__ = [
    "BeaconSpec",
    "Clock",
    "ConfigError",
    "LinePlatform",
    "PhoneSpec",
    "PlatformConfig",
    "PlatformError",
    "RefusedError",
    "UnknownError",
    "WaitTimeoutError",
    "ZoneSpec",
]
