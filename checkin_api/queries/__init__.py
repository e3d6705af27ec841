"""The read side: set-based SELECTs to frozen rows, for reports and pages; no ORM entity leaves this package.

``attendance`` is imported by its own name: it needs numpy, which the programs that answer phones do without.
"""

from checkin_api.queries.organisation import (
    UnitRow,
    among,
    has_officer,
    in_tree,
    of_officers,
    of_staff_no,
    of_staff_nos,
    of_units,
    officer_count,
    shift_names,
    shifts,
    units,
    zone_id,
    zone_names,
)
from checkin_api.queries.roster import ExpectedDuty, active_on, calendar, expected_duties
from checkin_api.queries.usage import (
    CheckupCount,
    Completeness,
    OfficerPunch,
    RefusalCount,
    checkups,
    completeness,
    counts,
    first_day,
    punches,
    refusals,
)

__all__ = [
    "CheckupCount",
    "Completeness",
    "ExpectedDuty",
    "OfficerPunch",
    "RefusalCount",
    "UnitRow",
    "active_on",
    "among",
    "calendar",
    "checkups",
    "completeness",
    "counts",
    "expected_duties",
    "first_day",
    "has_officer",
    "in_tree",
    "of_officers",
    "of_staff_no",
    "of_staff_nos",
    "of_units",
    "officer_count",
    "punches",
    "refusals",
    "shift_names",
    "shifts",
    "units",
    "zone_id",
    "zone_names",
]
