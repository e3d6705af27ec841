"""``/console/``: what HR, supervisors, auditors, installers and admins work with in a browser."""

from checkin_api.web.console import data, own_account, reports, today
from checkin_api.web.console.frame import blueprint

# Each adds its pages to the blueprint.
PAGES = (data, own_account, reports, today)

__all__ = ["blueprint"]
