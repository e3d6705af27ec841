"""An officer's month, and one duty date with all that speaks for its records."""

from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from checkin_api.checkin.duty_day import DutyDay, duty_day, officer_month
from checkin_api.domain.ids import Role
from checkin_api.domain.shifts import DAY, local_date
from checkin_api.queries.attendance import duty_limits
from checkin_api.queries.audit_log import entries_about
from checkin_api.queries.people import OfficerSeen, officer_seen
from checkin_api.web.console import access, parameters
from checkin_api.web.console.access import READERS, page
from checkin_api.web.console.audit import readable
from checkin_api.web.console.frame import blueprint

ENTRIES_SHOWN = 50


@blueprint.get("/attendance/officers/<staff_no>")
@page(*READERS)
def attendance_officer(staff_no: str) -> Any:
    """A month of an officer: every duty, totals, whether a LINE account belongs to them."""
    now, settings = access.now(), access.settings()
    first, last = parameters.month("month", local_date(now, settings.zone))
    with access.database().read() as session:
        officer = _officer(session, staff_no)
        limits = duty_limits(session, settings)
        month = officer_month(session, officer, first, last, now=now, zone=settings.zone, limits=limits)
    return render_template(
        "console/attendance_officer.html", officer=officer, month=month, first=first, months=(first - DAY, last + DAY)
    )


@blueprint.get("/attendance/officers/<staff_no>/<duty_date>")
@page(*READERS)
def attendance_record(staff_no: str, duty_date: str) -> Any:
    """A duty date: each duty with its punches and what proves them, presences, outages, corrections, their trail."""
    day = parameters.a_day(duty_date)
    now, settings = access.now(), access.settings()
    with access.database().read() as session:
        officer = _officer(session, staff_no)
        limits = duty_limits(session, settings)
        found = duty_day(session, officer, day, now=now, zone=settings.zone, limits=limits)
        trail = entries_about(session, _subjects(officer, found), limit=ENTRIES_SHOWN)
    return render_template(
        "console/attendance_record.html",
        officer=officer,
        day_shown=day,
        days=(day - DAY, day + DAY),
        found=found,
        trail=[(entry, readable(entry)) for entry in trail],
        full=len(trail) == ENTRIES_SHOWN,
    )


def _officer(session: Session, staff_no: str) -> OfficerSeen:
    access.insist_on_officer(session, staff_no)
    return officer_seen(session, staff_no)


def _subjects(officer: OfficerSeen, found: DutyDay) -> list[str]:
    """Whose entries of the audit log belong here; a supervisor sees those of the corrections only."""
    about = [f"correction:{row.id}" for row in found.corrections]
    return [*about, f"officer:{officer.staff_no}"] if access.is_one_of(Role.HR, Role.AUDITOR) else about
