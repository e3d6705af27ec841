"""``/api/v1/attendance``, ``/punches``, ``/exceptions``: what officers did, what it comes to, what needs a look."""

import json
from datetime import date
from typing import Any

from flask import Response
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from checkin_api import queries
from checkin_api.domain.shifts import local_day
from checkin_api.queries.attendance import Period, attendance, duty_limits
from checkin_api.queries.raw_punches import raw_punch_count, raw_punches
from checkin_api.web import scope
from checkin_api.web.errors import ProblemError
from checkin_api.web.exceptions import Graded, graded, graded_of, matching
from checkin_api.web.hr import access, examples, schemas
from checkin_api.web.hr.access import READERS, blueprint, for_roles
from checkin_api.web.hr.paging import page_of
from checkin_api.web.periods import insist_on_period
from reports.exceptions import WORDS
from reports.raw_punches import COLUMNS, row_of

# Days of officers in one answer: two days of the department, a month of a precinct. A month of 500 takes 2.6 s of a
# core and is 14 MB (2026-11-30, 15,000 records in SQLite).
MOST_OFFICER_DAYS = 20_000
_KEYS = tuple(column.key for column in COLUMNS)
_SEVERITIES = {en: severity for severity, (_, en) in WORDS.items()}


@blueprint.get("/attendance")
@for_roles(*READERS)
@blueprint.input(schemas.PeriodIn, location="query")
@blueprint.output(list[schemas.DutyRecordOut], example=examples.RECORDS)  # type: ignore[arg-type]  # as it takes it
def get_attendance(query_data: schemas.PeriodIn) -> Any:
    """Duty records of a period: the array that ``checkin attendance show --format json`` prints."""
    insist_on_period(query_data.first, query_data.last)
    with access.computing(), access.database().read() as session:
        period = _period(session, query_data)
        among = scope.among(session, access.who(), query_data.unit, query_data.officer)
        _insist_on_size(session, among, period.first, period.last, report="duty_records")
        blocks = attendance(session, period, among=among)
        # Each as its text at once: as values they take ten times the room. Nor are they checked against the schema,
        # which takes longer than to compute them.
        rows = [json.dumps(block.as_json(record), ensure_ascii=False) for block in blocks for record in block.records()]
    return Response(f"[{','.join(rows)}]", mimetype="application/json")


@blueprint.get("/punches")
@for_roles(*READERS)
@blueprint.input(schemas.PunchesIn, location="query")
@blueprint.output(schemas.PunchesOut, example=examples.PUNCHES)
def list_punches(query_data: schemas.PunchesIn) -> Any:
    """Punches of local dates by time, void ones among them, with what proves each; a page at a time."""
    insist_on_period(query_data.first, query_data.last)
    zone = access.settings().zone
    begin, end = local_day(query_data.first, zone)[0], local_day(query_data.last, zone)[1]
    with access.database().read() as session:
        among = scope.among(session, access.who(), query_data.unit, query_data.officer)
        count = raw_punch_count(session, begin, end, among=among)
        batches = raw_punches(session, begin, end, among=among, skip=query_data.skip, limit=query_data.per_page)
        found = [(punch, row_of(punch, zone)) for batch in batches for punch in batch]
    punches = [
        {**dict(zip(_KEYS, row, strict=True)), "assurance": punch.assurance, "void": punch.is_void}
        for punch, row in found
    ]
    return {"punches": punches, **page_of(query_data, count)}


@blueprint.get("/exceptions")
@for_roles(*READERS)
@blueprint.input(schemas.ExceptionsIn, location="query")
@blueprint.output(schemas.ExceptionsOut, example=examples.EXCEPTIONS)
def list_exceptions(query_data: schemas.ExceptionsIn) -> Any:
    """Records that somebody should look at, the gravest and oldest first; a page at a time."""
    insist_on_period(query_data.first, query_data.last)
    with access.computing(), access.database().read() as session:
        period = _period(session, query_data)
        among = scope.among(session, access.who(), query_data.unit, query_data.officer)
        _insist_on_size(session, among, period.first, period.last, report="exceptions")
        if query_data.officer is None:
            found, as_of = graded(session, access.who(), query_data.unit, period)
        else:
            found, as_of = graded_of(session, period, among), period.as_of
    grade = _SEVERITIES[query_data.severity] if query_data.severity else None
    chosen = matching(found, grade, query_data.status, query_data.flag)
    shown = chosen[query_data.skip : query_data.skip + query_data.per_page]
    return {
        "as_of": as_of.astimezone(period.zone),
        "exceptions": [_exception(each) for each in shown],
        **page_of(query_data, len(chosen)),
    }


def _period(session: Session, asked: schemas.PeriodIn) -> Period:
    settings = access.settings()
    limits = duty_limits(session, settings)
    return Period(first=asked.first, last=asked.last, as_of=access.now(), zone=settings.zone, limits=limits)


def _insist_on_size(
    session: Session, among: ColumnElement[bool] | None, first: date, last: date, *, report: str
) -> None:
    """Refuse a question whose answer is a report's: this one's.

    Raises:
        ProblemError: 422.
    """
    days, officers = (last - first).days + 1, queries.officer_count(session, among)
    if days * officers > MOST_OFFICER_DAYS:
        raise ProblemError(
            422,
            "too_many_records",
            f"{officers} 人 × {days} 天太多（最多 {MOST_OFFICER_DAYS}）：請縮短期間、指定單位，或訂製報表 {report}"
            f" / {officers} officers times {days} days is more than {MOST_OFFICER_DAYS}: ask for fewer days or one"
            f" unit, or order the report {report} (POST /api/v1/reports)",
        )


def _exception(each: Graded) -> dict[str, Any]:
    return {
        "severity": WORDS[each.severity][1],
        "age_days": each.age,
        "name": each.officer.name,
        "unit": each.officer.unit_code,
        "record": each.record.as_json(each.officer.staff_no, each.zone),
    }
