"""``/console/``: what HR, supervisors, auditors, installers and admins work with in a browser."""

from checkin_api.web.console import own_account, today
from checkin_api.web.console.frame import blueprint

# Each adds its pages to the blueprint.
PAGES = (own_account, today)

__all__ = ["blueprint"]
