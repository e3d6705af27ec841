"""``/console/``: what HR, supervisors, auditors, installers and admins work with in a browser."""

from checkin_api.web.console import attendance, audit, data, fleet, officers, own_account, reports, today, users
from checkin_api.web.console.frame import blueprint

# Each adds its pages to the blueprint.
PAGES = (attendance, audit, data, fleet, officers, own_account, reports, today, users)

__all__ = ["blueprint"]
