"""Reports: ordered here, made in the background with progress, downloaded on the record; who took which file."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for

from checkin_api import builds
from checkin_api.domain.ids import BuildState, Role
from checkin_api.domain.shifts import DAY, local_date
from checkin_api.domain.words import BUILD_STATE
from checkin_api.exchange import SWIPE_FILE
from checkin_api.web.console import access, parameters
from checkin_api.web.console.access import READERS, page
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError
from checkin_api.web.report_orders import given, order_of, refused, sight, take
from reports.catalogue import FORMS, KINDS, Kind
from reports.wanted import Wanted

SHOWN = 50
FORM_WORDS: dict[str, tuple[str, str]] = {
    "xlsx": ("Excel 試算表（XLSX）", "Excel (XLSX)"),
    "pdf": ("PDF（列印、簽核）", "PDF, for print and signing"),
    "zip": ("PDF，每單位一檔（ZIP）", "PDF, a file a unit (ZIP)"),
    "csv": ("CSV（UTF-8）", "CSV (UTF-8)"),
    "csv-big5": ("CSV（Big5，舊系統用）", "CSV (Big5, for old systems)"),
    "json": ("JSON（給程式）", "JSON, for programs"),
}
# Ordered elsewhere, and found among the reports once it is made.
SWIPES = Kind(key=SWIPE_FILE, zh="刷卡檔", en="Swipe file", period="days", forms=("csv",), by_officer=False)
_WEEK = timedelta(days=6)


@blueprint.get("/reports")
@page(*READERS)
def reports() -> Any:
    """What can be ordered, and what was."""
    with access.database().read() as session:
        units = access.units(session)
    return render_template("console/reports.html", **_fields(), **_history(), units=units)


@blueprint.get("/reports/fields")
@page(*READERS)
def reports_fields() -> Any:
    """The part of the form that depends on the kind."""
    with access.database().read() as session:
        units = access.units(session)
    return render_template("console/reports_fields.html", **_fields(), units=units)


@blueprint.get("/reports/history")
@page(*READERS)
def reports_history() -> Any:
    """The part of the page that changes; the page asks for it again and again."""
    return render_template("console/reports_history.html", **_history())


@blueprint.post("/reports")
@page(*READERS)
def reports_order() -> Any:
    """Order one; whoever orders the same again before it is made gets the same build."""
    kind = _kind()
    first, last = _period(kind)
    unit, officer = request.form.get("unit", "") or None, request.form.get("officer", "").strip() or None
    who = access.viewer()
    wanted = Wanted(kind.key, request.form.get("form", ""), first, last, unit, officer)
    with access.database().read() as session:
        order = order_of(session, who, wanted)
    with access.database().write() as session:
        ordered = builds.order(session, access.now(), order, actor=who.actor)
    said = "ordered" if ordered.is_new else "there"
    return redirect(url_for("console.reports", kind=kind.key, done=said), 303)


@blueprint.get("/reports/<uuid:build_id>/file")
@page(*READERS)
def reports_file(build_id: UUID) -> Any:
    """The file; that it is taken is recorded before the first byte is given."""
    with access.database().write() as session:
        found, path = take(session, access.now(), access.viewer(), build_id)
    return given(found, path)


@blueprint.post("/reports/<uuid:build_id>/retry")
@page(*READERS)
def reports_retry(build_id: UUID) -> Any:
    """Begin again with one that failed."""
    with access.database().write() as session:
        builds.build(session, build_id, among=sight(session, access.viewer()))
        refusal = builds.retry(session, access.now(), build_id, actor=access.viewer().actor)
    if refusal is not None:
        raise refused(refusal)
    return redirect(url_for("console.reports", done="ordered"), 303)


@blueprint.get("/reports/downloads")
@page(Role.HR, Role.AUDITOR)
def reports_downloads() -> Any:
    """The export log: who took which file, when, from where."""
    with access.database().read() as session:
        rows = builds.downloads(session, limit=500)
    return render_template("console/reports_downloads.html", rows=rows, kinds=KINDS)


def _history() -> dict[str, Any]:
    state = parameters.one_of("state", BuildState)
    with access.database().read() as session:
        rows = builds.history(session, among=sight(session, access.viewer()), state=state, limit=SHOWN)
    return {
        "builds": rows,
        "state": state,
        "states": BUILD_STATE,
        "all_kinds": {**KINDS, SWIPES.key: SWIPES},
        "is_working": any(row.state in {BuildState.QUEUED, BuildState.RUNNING} for row in rows),
        "shown": SHOWN,
    }


def _fields() -> dict[str, Any]:
    today = local_date(access.now(), access.settings().zone)
    offered = [kind for kind in KINDS.values() if kind.by_unit or access.viewer().unit is None]
    chosen = KINDS.get(request.args.get("kind", ""), offered[0])
    last_month = today.replace(day=1) - DAY
    return {
        "kinds": offered,
        "kind": chosen,
        "forms": [(form, FORM_WORDS[form]) for form in FORM_WORDS if form in chosen.forms and form in FORMS],
        "today": today,
        "yesterday": today - DAY,
        "week_ago": today - DAY - _WEEK,
        "last_month": last_month,
    }


def _period(kind: Kind) -> tuple[date, date]:
    today = local_date(access.now(), access.settings().zone)
    if kind.period == "month":
        return parameters.month("month", today)
    first = parameters.day("from", today)
    return (first, first) if kind.period == "day" else (first, parameters.day("to", today))


def _kind() -> Kind:
    kind = KINDS.get(request.form.get("kind", ""))
    if kind is None:
        raise ProblemError(422, "validation_failed", "沒有這種報表 / there is no such report")
    return kind
