"""Reconciliation: a register that is sent is compared and forgotten; what differs is shown and can be taken."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Response, render_template, request

from checkin_api.builds import MadeAtOnce
from checkin_api.domain.ids import Role
from checkin_api.domain.shifts import DAY, REACH, local_date
from checkin_api.domain.words import DIRECTION
from checkin_api.imports import ImportRefusedError, Kind, read_sheet
from checkin_api.web.console import access, parameters
from checkin_api.web.console.access import page
from checkin_api.web.console.asking import Scope, hand_over, insist_on_little, scope, watermark
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError
from reports.catalogue import FORMS
from reports.reconciliation import DIFFERENCE, DifferenceKind, register_lines
from reports.reconciling import Comparison, RegisterRefusedError, build_reconciliation
from reports.tables import Report

KIND = "reconciliation"
# A month of 7,000 officers at the gate; and what a person reads of one kind of difference at a time.
MAX_BYTES = 20 * 1024 * 1024
SHOWN = 200
TOLERANCE_MINUTES = 5
_LONGEST_TOLERANCE = 120
# What to do about more days than one comparison may have.
_IN_PARTS = ("更長請分幾次比對", "for more, compare in several parts")
_FILES = ("xlsx", "csv")


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared, and what came of it."""

    asked: Scope
    tolerance: int
    report: Report


@blueprint.get("/exchange/reconcile")
@page(Role.HR, Role.AUDITOR)
def exchange_reconcile() -> Any:
    """Which days, whom, and the register to send."""
    return _page()


@blueprint.post("/exchange/reconcile")
@page(Role.HR, Role.AUDITOR, file_bytes=MAX_BYTES)
def exchange_reconciled() -> Any:
    """What differs, by kind; nothing of the register is kept."""
    found = _compare()
    if isinstance(found, ImportRefusedError):
        return _told(problems=found.problems, more=found.more)
    return _told(compared=found, kinds=list(_by_kind(found.report)), facts=_facts(found.report))


@blueprint.post("/exchange/reconcile/<form>")
@page(Role.HR, Role.AUDITOR, file_bytes=MAX_BYTES)
def exchange_reconcile_file(form: str) -> Any:
    """The same as a file: the register is compared again, for nothing of it was kept."""
    if form not in _FILES:
        raise ProblemError(404, "not_found", "沒有這種格式 / there is no such format")
    found = _compare()
    if isinstance(found, ImportRefusedError):
        return Response(_page(problems=found.problems, more=found.more), 422)
    chosen, file = FORMS[form], io.BytesIO()
    if chosen.render is not None:
        chosen.render(found.report, file, **chosen.marked(watermark()))
    taken = MadeAtOnce(
        kind=KIND,
        file_name=found.asked.file_name("三方比對", form),
        row_count=found.report.row_count,
        sha256=found.report.sha256,
        asked={**found.asked.told(), "tolerance_minutes": found.tolerance},
    )
    return hand_over(file.getvalue(), taken)


def _compare() -> Compared | ImportRefusedError:
    first, last = _period()
    tolerance = _tolerance()
    with access.database().read() as session:
        asked = scope(session, first, last)
        insist_on_little(session, asked, around=2 * REACH)
    name, content = _register()
    settings = access.settings()
    try:
        sheet = read_sheet(Kind.PUNCHES, content, filename=name, default_timezone=settings.timezone)
        sheet.problems.refuse_if_any()
        report = build_reconciliation(
            access.database(),
            Comparison(first=first, last=last, zone=settings.zone, tolerance_minutes=tolerance, unit=asked.unit),
            register_lines(sheet.lines()),
            made_at=access.now(),
            made_by=access.viewer().actor,
        )
    except ImportRefusedError as exc:
        return exc
    except RegisterRefusedError as exc:
        raise ProblemError(422, "register_refused", str(exc)) from exc
    return Compared(asked, tolerance, report)


def _by_kind(report: Report) -> Iterator[tuple[tuple[str, str], int, Sequence[Mapping[str, Any]]]]:
    """Each kind of difference: its words, how many there are, and the first of them."""
    [table] = [table for table in report.tables if table.key == "differences"]
    rows = [dict(zip((column.key for column in table.columns), row, strict=True)) for row in table.rows]
    for kind in DifferenceKind:
        of_kind = [row for row in rows if row["difference"] == kind]
        yield DIFFERENCE[kind], len(of_kind), [_seen(row) for row in of_kind[:SHOWN]]


def _seen(row: Mapping[str, Any]) -> dict[str, Any]:
    """A difference with its times as times, and the day of the record that it is about."""
    register, punch = (datetime.fromisoformat(row[key]) if row[key] else None for key in ("register_at", "punch_at"))
    moments = [each.date() for each in (register, punch) if each is not None]
    day = date.fromisoformat(row["duty_date"]) if row["duty_date"] else moments[0]
    direction = next((pair for pair in DIRECTION.values() if pair[0] == row["direction_zh"]), ("", ""))
    return {**row, "register_at": register, "punch_at": punch, "day": day, "direction": direction}


def _facts(report: Report) -> dict[str, Any]:
    return {fact.key: fact.value for fact in report.facts}


def _told(**found: Any) -> Any:
    """The part of the page that changes, or all of it for a browser without script."""
    if "Hx-Request" in request.headers:
        return render_template("console/reconciled.html", **{"problems": (), "compared": None, **found})
    return Response(_page(**found), 422 if "problems" in found else 200)


def _page(**found: Any) -> str:
    with access.database().read() as session:
        units = access.units(session)
    first, last = _period()
    return render_template(
        "console/reconcile.html",
        units=units,
        first=first,
        last=last,
        unit=request.form.get("unit", ""),
        tolerance=_tolerance(),
        **{"compared": None, "problems": (), **found},
    )


def _period() -> tuple[date, date]:
    yesterday = local_date(access.now(), access.settings().zone) - DAY
    return parameters.period((yesterday, yesterday), _IN_PARTS)


def _tolerance() -> int:
    text = request.form.get("tolerance", "") or str(TOLERANCE_MINUTES)
    if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) > _LONGEST_TOLERANCE:
        raise ProblemError(
            422, "validation_failed", f"容許分鐘須為 0 至 {_LONGEST_TOLERANCE} / the tolerance is 0 to 120 minutes"
        )
    return int(text)


def _register() -> tuple[str, bytes]:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise ProblemError(422, "validation_failed", "請選擇一個 CSV 檔 / choose a CSV file")
    return "".join(char for char in file.filename if char.isprintable())[:80], file.read()
