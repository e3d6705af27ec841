"""``/api/v1/me``: everything an officer's own phone asks, by the LINE ID token."""

from checkin_api.web.officer import checkups, corrections, places, privacy, reminders, taps
from checkin_api.web.officer.access import PREFIX, blueprint

__all__ = ["PREFIX", "blueprint", "checkups", "corrections", "places", "privacy", "reminders", "taps"]
