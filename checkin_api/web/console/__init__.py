"""``/console/``: what HR, supervisors, auditors, installers and admins work with in a browser."""

from checkin_api.web.console import (
    breaches,
    confirming,
    corrections,
    deciding,
    exceptions,
    outages,
    own_account,
    privacy,
    requesting,
    today,
)
from checkin_api.web.console.frame import blueprint

# Each adds its pages to the blueprint.
PAGES = (own_account, today, exceptions, corrections, deciding, requesting, outages, confirming, privacy, breaches)

__all__ = ["blueprint"]
