"""Reports: ordered here, made in the background with progress, downloaded on the record; who took which file."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, send_file, url_for

from checkin_api import builds, queries
from checkin_api.builds import Order
from checkin_api.domain.ids import BuildRefusal, BuildState, ReportForm, Role
from checkin_api.domain.shifts import DAY, local_date
from checkin_api.domain.words import BUILD_REFUSAL, BUILD_STATE
from checkin_api.exchange import SWIPE_FILE
from checkin_api.web.console import access, parameters
from checkin_api.web.console.access import READERS, page
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError
from reports.catalogue import FORMS, KINDS, Kind, check
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
    with access.database().read() as session:
        if kind.by_unit:
            unit = unit or who.unit
        if who.unit is not None and not kind.by_unit:
            raise ProblemError(403, "forbidden", "這份報表是全機關的 / this report is about the whole department")
        if unit is not None:
            access.units(session, unit)
        if officer is not None:
            access.insist_on_officer(session, officer)
            queries.of_staff_no(session, officer)
    wanted = Wanted(kind.key, request.form.get("form", ""), first, last, unit, officer)
    check(wanted)
    order = Order(kind.key, ReportForm(wanted.form), first, last, unit, officer)
    with access.database().write() as session:
        ordered = builds.order(session, access.now(), order, actor=who.actor)
    said = "ordered" if ordered.is_new else "there"
    return redirect(url_for("console.reports", kind=kind.key, done=said), 303)


@blueprint.get("/reports/<uuid:build_id>/file")
@page(*READERS)
def reports_file(build_id: UUID) -> Any:
    """The file; that it is taken is recorded before the first byte is given."""
    who = access.viewer()
    with access.database().write() as session:
        found = builds.download(
            session, access.now(), build_id, actor=who.actor, address=request.remote_addr, among=_among(session)
        )
        if isinstance(found, BuildRefusal):
            raise _refused(found)
        path = builds.path_of(access.settings().report_dir.absolute(), build_id, found.form)
        if not path.is_file():
            # Rolled back: nobody took anything.
            raise ProblemError(
                410,
                "file_gone",
                "檔案已不在伺服器上（保存期限已過或共用資料夾未掛載），請重新產製"
                " / the file is gone (past its period, or the shared folder is not mounted): order it again",
            )
    return send_file(path, as_attachment=True, download_name=found.file_name, max_age=0)


@blueprint.post("/reports/<uuid:build_id>/retry")
@page(*READERS)
def reports_retry(build_id: UUID) -> Any:
    """Begin again with one that failed."""
    with access.database().write() as session:
        builds.build(session, build_id, among=_among(session))
        refusal = builds.retry(session, access.now(), build_id, actor=access.viewer().actor)
    if refusal is not None:
        raise _refused(refusal)
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
        rows = builds.history(session, among=_among(session), state=state, limit=SHOWN)
    return {
        "builds": rows,
        "state": state,
        "states": BUILD_STATE,
        "all_kinds": {**KINDS, SWIPES.key: SWIPES},
        "is_working": any(row.state in {BuildState.QUEUED, BuildState.RUNNING} for row in rows),
        "shown": SHOWN,
    }


def _among(session: Any) -> list[str] | None:
    """A supervisor sees what was made about the own unit or one below it; the others see all."""
    return None if access.viewer().unit is None else [unit.code for unit in access.units(session)]


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


def _refused(refusal: BuildRefusal) -> ProblemError:
    zh, en = BUILD_REFUSAL[refusal]
    return ProblemError(409, refusal.value, f"{zh} / {en}")
