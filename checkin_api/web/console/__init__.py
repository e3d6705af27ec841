"""``/console/``: what HR, supervisors, auditors, installers and admins work with in a browser."""

from checkin_api.web.console import (
    agency,
    attendance,
    audit,
    breaches,
    concerned,
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
    passkeys,
    privacy,
    reconciling,
    reports,
    requesting,
    retention,
    rules,
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
    *(reports, data, rules, fleet, audit, privacy, retention, breaches, concerned, users, own_account),
    *(agency, passkeys),
)

__all__ = ["blueprint"]
