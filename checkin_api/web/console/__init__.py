"""``/console/``: what HR, supervisors, auditors, installers and admins work with in a browser."""

from checkin_api.web.console import (
    attendance,
    audit,
    breaches,
    confirming,
    corrections,
    data,
    deciding,
    exceptions,
    exchange,
    filling,
    fleet,
    forms,
    officers,
    outages,
    own_account,
    privacy,
    reconciling,
    reports,
    requesting,
    swipe_files,
    swipes,
    today,
    users,
)
from checkin_api.web.console.frame import blueprint

# Each adds its pages to the blueprint.
PAGES = (
    *(today, attendance, officers, exceptions, corrections, deciding, requesting, outages, confirming),
    *(exchange, swipes, swipe_files, forms, filling, reconciling),
    *(reports, data, fleet, audit, privacy, breaches, users, own_account),
)

__all__ = ["blueprint"]
