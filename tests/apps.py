"""The application for tests that need one each: its routes are made once, which takes longer than most tests."""

from apiflask import APIFlask

from checkin_api.app import equip, with_routes
from checkin_api.clock import Clock
from checkin_api.config import Settings

_made: dict[tuple[str, str], APIFlask] = {}


def app_on(settings: Settings, clock: Clock) -> APIFlask:
    """An application with a database, secrets and clock of this test's own; only one at a time."""
    key = (settings.liff_id, settings.liff_sdk_url)
    if key not in _made:
        _made[key] = with_routes(settings)
    equip(_made[key], settings, clock)
    return _made[key]
