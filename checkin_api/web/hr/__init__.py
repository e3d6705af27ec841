"""``/api/v1`` for HR, supervisors and auditors: what the console shows, for the department's other programs."""

from checkin_api.web.hr import attendance, audit, corrections, officers, reports
from checkin_api.web.hr.access import KEY_HEADER, TAG, blueprint

__all__ = ["KEY_HEADER", "TAG", "attendance", "audit", "blueprint", "corrections", "officers", "reports"]
