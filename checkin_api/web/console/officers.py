"""An officer's month, and one duty date with all that speaks for its records."""

import unicodedata
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, render_template
from sqlalchemy.orm import Session

from checkin_api.checkin.duty_day import DutyDay, duty_day, officer_month
from checkin_api.domain.ids import Role
from checkin_api.domain.shifts import DAY, local_date
from checkin_api.queries import corrections as reading
from checkin_api.queries.attendance import duty_limits
from checkin_api.queries.audit_log import entries_about
from checkin_api.queries.people import OfficerSeen, officer_seen
from checkin_api.web.console import access, parameters
from checkin_api.web.console.access import READERS, page
from checkin_api.web.console.audit import readable
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError

ENTRIES_SHOWN = 50
# Nothing in the file may run, load or be framed; a picture is shown, anything else is saved.
_ATTACHMENT_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
# First bytes as ``domain.attachments`` knows them.
_PICTURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


@blueprint.get("/attendance/officers/<staff_no>")
@page(*READERS)
def attendance_officer(staff_no: str) -> Any:
    """A month of an officer: every duty, totals, whether a LINE account belongs to them."""
    now, settings = access.now(), access.settings()
    first, last = parameters.month("month", local_date(now, settings.zone))
    with access.database().read() as session:
        officer = _officer(session, staff_no)
        month = officer_month(session, officer, first, last, now=now, zone=settings.zone, limits=duty_limits(settings))
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
        found = duty_day(session, officer, day, now=now, zone=settings.zone, limits=duty_limits(settings))
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


@blueprint.get("/attendance/attachments/<uuid:correction_id>")
@page(*READERS)
def attendance_attachment(correction_id: UUID) -> Any:
    """The file of a correction: a picture to look at, a PDF to save; nothing in it can do anything here."""
    with access.database().read() as session:
        row = reading.correction(session, correction_id)
        access.insist_on_officer(session, row.staff_no)
        attachment = reading.attachment(session, correction_id)
    if attachment is None:
        raise ProblemError(404, "not_found", "沒有附件 / there is no attachment")
    kind = next((kind for magic, kind in _PICTURES.items() if attachment.content.startswith(magic)), None)
    answer = Response(attachment.content, mimetype=kind or "application/pdf")
    how = "inline" if kind else "attachment"
    answer.headers["Content-Disposition"] = f"{how}; {_file_name(attachment.name)}"
    answer.headers["Content-Security-Policy"] = _ATTACHMENT_POLICY
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


def _officer(session: Session, staff_no: str) -> OfficerSeen:
    access.insist_on_officer(session, staff_no)
    return officer_seen(session, staff_no)


def _subjects(officer: OfficerSeen, found: DutyDay) -> list[str]:
    """Whose entries of the audit log belong here; a supervisor sees those of the corrections only."""
    about = [f"correction:{row.id}" for row in found.corrections]
    return [*about, f"officer:{officer.staff_no}"] if access.is_one_of(Role.HR, Role.AUDITOR) else about


def _file_name(name: str) -> str:
    """A name for whoever knows only ASCII, and the real one. Source: RFC 6266, section 4.3; RFC 8187."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = "".join(char for char in ascii_only if char.isalnum() or char in "._-") or "attachment"
    return f"filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
