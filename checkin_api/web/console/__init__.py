"""``/console/``: what HR, supervisors, auditors, installers and admins work with in a browser."""

from checkin_api.web.console import data, fleet, own_account, reports, today, users
from checkin_api.web.console.frame import blueprint

# Each adds its pages to the blueprint.
PAGES = (data, fleet, own_account, reports, today, users)

__all__ = ["blueprint"]
