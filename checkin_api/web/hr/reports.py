"""``/api/v1/reports``: ordered and looked at, their files on the record; the daily and the monthly one by its date."""

import os
import socket
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response, jsonify, url_for

from checkin_api import building, builds, queries
from checkin_api.builds import BuildRow, Order
from checkin_api.domain.ids import BuildState
from checkin_api.web.errors import ProblemError
from checkin_api.web.hr import access, examples, report_schemas
from checkin_api.web.hr.access import READERS, blueprint, for_roles
from checkin_api.web.periods import Days, as_day, as_month
from checkin_api.web.report_orders import given, order_of, sight, take
from reports.catalogue import KINDS, Kind
from reports.wanted import Wanted, WantedError

# A report about so many officers is made while its reader waits: of 500 the day takes 1.4 s of a core, the month 0.6 s,
# a PDF up to 4 s (2026-11-30, SQLite). More are made by a worker.
MOST_AT_ONCE = 500
# The same report again within moments is the same file; one that somebody waited for is given for longer.
KEPT_FOR = timedelta(minutes=1)
KEPT_LONG_FOR = timedelta(minutes=15)
ASK_AGAIN_S = 5
_OPEN = (BuildState.QUEUED, BuildState.RUNNING)
_FILE: dict[int | str, Any] = {
    200: {
        "description": "The file, as an attachment",
        "content": {
            media: {"schema": {"type": "string", "format": "binary"}}
            for media in (
                "text/csv",
                "application/json",
                "application/pdf",
                "application/zip",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            )
        },
    }
}
_LATER: dict[int | str, Any] = {
    202: {
        "description": "Being made: ask again after Retry-After, here or at Location",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/BuildOut"}, "example": examples.BUILD}
        },
    }
}
_GONE: dict[int | str, Any] = {409: "not made yet, or failed", 410: "the file is gone: order it again"}


@blueprint.get("/reports")
@for_roles(*READERS)
@blueprint.input(report_schemas.BuildsIn, location="query")
@blueprint.output(report_schemas.ReportsOut, example=examples.REPORTS)
def list_reports(query_data: report_schemas.BuildsIn) -> Any:
    """What can be ordered, and what was, the newest first."""
    with access.database().read() as session:
        among = sight(session, access.who())
        found = builds.history(session, among=among, state=query_data.state, limit=query_data.limit)
    offered = [kind for kind in KINDS.values() if kind.by_unit or among.units is None]
    return {"kinds": [_kind(kind) for kind in offered], "builds": [_build(row) for row in found]}


# An auditor, too: a report changes nothing of what it is about.
@blueprint.post("/reports")
@for_roles(*READERS)
@blueprint.input(report_schemas.WantedIn, example=examples.ORDER)
@blueprint.output(report_schemas.BuildOut, status_code=202, example=examples.BUILD)
def order_report(json_data: report_schemas.WantedIn) -> Any:
    """Order a report; whoever orders the same again before it is made gets the same build."""
    asked = json_data
    order = _order(Wanted(asked.kind, asked.form, asked.first, asked.last, asked.unit, asked.officer))
    return _ordered(order)


@blueprint.get("/reports/<uuid:build_id>")
@for_roles(*READERS)
@blueprint.output(report_schemas.BuildOut, example=examples.BUILD)
def get_report(build_id: UUID) -> Any:
    """How far a report is."""
    row = _row(build_id)
    return _build(row), 200, _again(row)


@blueprint.get("/reports/<uuid:build_id>/file")
@for_roles(*READERS)
@blueprint.doc(responses=_FILE | _GONE)
def get_report_file(build_id: UUID) -> Any:
    """The file of a report that is made; that it is taken is in the export log and the audit log."""
    return _file(build_id)


@blueprint.get("/reports/daily/<date>")
@for_roles(*READERS)
@blueprint.input(report_schemas.DailyIn, location="query")
@blueprint.doc(responses=_FILE | _LATER | _GONE)
def get_daily_report(date: str, query_data: report_schemas.DailyIn) -> Any:
    """The daily usage report of a duty date; of many officers it is made first (202)."""
    found = as_day(date)
    if found is None:
        raise _no_date("2026-11-23")
    return _report("daily_usage", (found, found), query_data.form, query_data.unit, None)


@blueprint.get("/reports/monthly/<month>")
@for_roles(*READERS)
@blueprint.input(report_schemas.MonthlyIn, location="query")
@blueprint.doc(responses=_FILE | _LATER | _GONE)
def get_monthly_report(month: str, query_data: report_schemas.MonthlyIn) -> Any:
    """The month matrix, YYYY-MM; of many officers it is made first (202)."""
    found = as_month(month)
    if found is None:
        raise _no_date("2026-11")
    return _report("month_matrix", found, query_data.form, query_data.unit, query_data.officer)


def _report(kind: str, period: Days, form: str, unit: str | None, officer: str | None) -> Any:
    """A file that is ready or quickly made; else the build that makes it, to be asked for again."""
    order = _order(Wanted(kind, form, *period, unit, officer))
    with access.database().read() as session:
        officers = queries.officer_count(session, queries.among(session, order.unit, order.officer))
        is_small = officers <= MOST_AT_ONCE
        own = access.who().actor if access.settings().report_watermark else None
        ready = builds.ready(session, order, access.now() - (KEPT_FOR if is_small else KEPT_LONG_FOR), ordered_by=own)
    if ready is None and is_small:
        with access.computing():
            ready = _failed(order, KEPT_FOR) or building.make_at_once(_workshop(), order, actor=access.who().actor)
    ready = ready or _failed(order, KEPT_LONG_FOR)
    if ready is None:
        return _ordered(order)
    row = _row(ready)
    return _later(row) if row.state in _OPEN else _file(ready)


def _failed(order: Order, told_for: timedelta) -> UUID | None:
    """A build of it that was given up: else who asks again and again orders it each time, and is never told why."""
    with access.database().read() as session:
        return builds.failed(session, order, access.now() - told_for)


def _order(wanted: Wanted) -> Order:
    try:
        with access.database().read() as session:
            return order_of(session, access.who(), wanted)
    except WantedError as exc:
        raise ProblemError(422, "report_not_offered", str(exc)) from exc


def _ordered(order: Order) -> Response:
    with access.database().write() as session:
        build_id = builds.order(session, access.now(), order, actor=access.who().actor).build_id
    return _later(_row(build_id))


def _later(row: BuildRow) -> Response:
    answer = jsonify(report_schemas.BuildOut.model_validate(_build(row)).model_dump(mode="json", by_alias=True))
    answer.status_code = 202
    answer.headers.update({"Location": _address(row), **_again(row)})
    return answer


def _file(build_id: UUID) -> Response:
    row = _row(build_id)
    if row.state is BuildState.FAILED:
        raise ProblemError(
            409,
            "build_failed",
            "報表做不出來，排除原因後重新訂製（POST /api/v1/reports）或 15 分鐘後再試"
            " / it cannot be made: mend the cause, then"
            f" order it again (POST /api/v1/reports) or try in 15 minutes: {row.error}",
        )
    with access.database().write() as session:
        found, path = take(session, access.now(), access.who(), build_id)
    return given(found, path)


def _row(build_id: UUID) -> BuildRow:
    with access.database().read() as session:
        return builds.build(session, build_id, among=sight(session, access.who()))


def _workshop() -> building.Workshop:
    settings, database = access.settings(), access.database()
    write = building.report_writer(database, settings)
    return building.Workshop(
        database, access.clock(), settings.report_dir, write, f"web:{socket.gethostname()[:48]}:{os.getpid()}"
    )


def _kind(kind: Kind) -> dict[str, Any]:
    shown = {name: getattr(kind, name) for name in ("zh", "en", "period", "by_unit", "by_officer")}
    return {"kind": kind.key, "formats": list(kind.forms), **shown}


def _build(row: BuildRow) -> dict[str, Any]:
    address = _address(row)
    return {
        **asdict(row),
        "format": row.form,
        "from": row.first,
        "to": row.last,
        "rows": row.row_count,
        "address": address,
        "file": f"{address}/file" if row.state is BuildState.DONE else None,
    }


def _address(row: BuildRow) -> str:
    return url_for("hr.get_report", build_id=row.id)


def _again(row: BuildRow) -> dict[str, str]:
    return {"Retry-After": str(ASK_AGAIN_S)} if row.state in _OPEN else {}


def _no_date(example: str) -> ProblemError:
    return ProblemError(
        422,
        "validation_failed",
        f"網址中的日期不正確，例如 {example} / the date in the address is none, such as {example}",
    )
