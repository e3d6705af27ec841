"""Exceptions: the records of a unit and period that somebody should look at, the gravest and oldest first."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from checkin_api import queries, supervision
from checkin_api.domain.corrections import OPEN
from checkin_api.domain.ids import Flag, Status
from checkin_api.domain.shifts import DAY, local_date
from checkin_api.queries import corrections as reading
from checkin_api.queries.attendance import Period, duty_limits
from checkin_api.queries.corrections import CorrectionRow
from checkin_api.supervision import SupervisorRow
from checkin_api.web.console import access, paging, parameters
from checkin_api.web.console.access import READERS, page
from checkin_api.web.console.frame import blueprint
from checkin_api.web.exceptions import Graded, graded, matching
from reports.exceptions import OF_FLAG, OF_STATUS, WORDS, Severity

DAYS = 7
# A request belongs to a duty when the time it corrects is as near to it as this: more than anybody comes early or
# stays late, less than there is between two duties.
_NEAR = timedelta(hours=6)
_MOST_OPEN = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """It as the page shows it; no approver means HR."""

    graded: Graded
    approvers: Sequence[SupervisorRow]
    is_asked: bool
    address: str


@blueprint.get("/exceptions")
@page(*READERS)
def exceptions() -> Any:
    """What there is to look at; a link to each record and to a correction of it."""
    settings, now = access.settings(), access.now()
    today = local_date(now, settings.zone)
    first, last = parameters.period((today - DAY * (DAYS - 1), today))
    grade, status, flag = _grade(), parameters.one_of("status", Status), parameters.one_of("flag", Flag)
    unit = request.args.get("unit") or None
    # The whole department is asked for by the page once it is there, or by its link.
    is_asked = unit is not None or "unit" in request.args or access.viewer().unit is not None
    with access.database().read() as session:
        period = Period(first=first, last=last, as_of=now, zone=settings.zone, limits=duty_limits(session, settings))
        found, as_of = graded(session, access.viewer(), unit, period) if is_asked else ([], now)
        counts = Counter(each.severity for each in found)
        chosen = matching(found, grade, status, flag)
        number = paging.wanted()
        skip = paging.skipped(number)
        lines = _lines(session, chosen[skip : skip + paging.SIZE], today)
        offered, shifts = access.units(session), queries.shift_names(session)
    return render_template(
        "console/exceptions.html",
        lines=lines,
        paging=paging.Paging(number, len(chosen)),
        counts=counts,
        total=len(found),
        as_of=as_of,
        is_asked=is_asked,
        everything="?" + urlencode({**request.args.to_dict(), "unit": ""}),
        units=offered,
        shifts=shifts,
        names={each.code: each.name for each in offered},
        chosen={"unit": unit, "severity": grade, "status": status, "flag": flag, "from": first, "to": last},
        grades=sorted(Severity, reverse=True),
        grade_words=WORDS,
        statuses=list(OF_STATUS),
        flags=list(OF_FLAG),
    )


def _grade() -> Severity | None:
    if not request.args.get("severity"):
        return None
    return Severity(parameters.number("severity", largest=max(Severity)))


def _lines(session: Session, some: Sequence[Graded], today: date) -> list[Line]:
    responsible = supervision.approvers(session, today)
    among = queries.of_officers({each.officer.id for each in some})
    asked = reading.corrections(session, states=OPEN, among=among, limit=_MOST_OPEN)
    return [
        Line(
            graded=each,
            approvers=responsible.of(each.officer.unit_code, each.officer.staff_no),
            is_asked=_is_asked(each, asked),
            address=_address(each),
        )
        for each in some
    ]


def _is_asked(each: Graded, asked: Iterable[CorrectionRow]) -> bool:
    """Whether a request about the record waits for a decision."""
    record = each.record
    begin, end = record.start or record.sign_in, record.end or record.sign_out
    begin, end = begin or end, end or begin
    return any(
        row.staff_no == each.officer.staff_no
        and begin is not None
        and end is not None
        and begin - _NEAR <= row.at <= end + _NEAR
        for row in asked
    )


def _address(each: Graded) -> str:
    """Where the record is shown."""
    return url_for(
        "console.attendance_record", staff_no=each.officer.staff_no, duty_date=each.record.duty_date.isoformat()
    )
