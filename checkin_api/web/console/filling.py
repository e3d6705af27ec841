"""A form filled in with its report: which period and whom, then the file, on the record."""

from datetime import date
from typing import Any

from flask import Response, render_template

from checkin_api import exchange as use
from checkin_api.builds import MadeAtOnce
from checkin_api.domain.shifts import DAY, local_date
from checkin_api.web.console import access, forms, parameters
from checkin_api.web.console.access import READERS, page
from checkin_api.web.console.asking import hand_over, insist_on_little, scope, too_much, watermark
from checkin_api.web.console.frame import blueprint
from reports.catalogue import Kind, check
from reports.filling import FORM
from reports.wanted import Wanted, WantedError

KIND = "own_form"
# Rows for which somebody waits some seconds.
MOST_ROWS = 5_000
# What to do about more days than one form may have.
_IN_PARTS = ("更長請分幾次填表", "for more, fill in several forms")


@blueprint.get("/exchange/forms/<name>")
@page(*READERS)
def exchange_form(name: str) -> Any:
    """One form, and what it is to be filled in with."""
    return _page(name)


@blueprint.get("/exchange/forms/<name>/filled")
@page(*READERS)
def exchange_form_filled(name: str) -> Any:
    """The form filled in; what cannot be filled in is told by cell."""
    row = forms.row_of(name)
    kind = forms.kind_of(row.kind)
    with access.database().read() as session:
        asked = scope(session, *_period(kind), with_officer=kind.by_officer)
        insist_on_little(session, asked)
        content = use.form_content(session, name)
    wanted = Wanted(kind.key, FORM, asked.first, asked.last, asked.unit if kind.by_unit else None, asked.officer)
    try:
        check(wanted)
        report = forms.report_of(wanted)
    except WantedError as exc:
        return Response(_page(name, (forms.told(str(exc)),)), 422)
    if report.row_count > MOST_ROWS:
        raise too_much()
    made = forms.filled(content, report, row.repeated, watermark=watermark())
    if not isinstance(made, bytes):
        return Response(_page(name, [forms.told(each) for each in made]), 422)
    taken = MadeAtOnce(
        kind=KIND,
        file_name=asked.file_name(name, "xlsx"),
        row_count=report.row_count,
        sha256=report.sha256,
        asked={**asked.told(), "form": name, "report": kind.key},
    )
    return hand_over(made, taken)


def _page(name: str, problems: Any = ()) -> str:
    row = forms.row_of(name)
    kind = forms.kind_of(row.kind)
    today = local_date(access.now(), access.settings().zone)
    with access.database().read() as session:
        units = access.units(session)
    return render_template(
        "console/form.html",
        row=row,
        kind=kind,
        units=units,
        yesterday=today - DAY,
        last_month=today.replace(day=1) - DAY,
        problems=problems,
    )


def _period(kind: Kind) -> tuple[date, date]:
    yesterday = local_date(access.now(), access.settings().zone) - DAY
    if kind.period == "month":
        return parameters.month("month", yesterday)
    if kind.period == "day":
        day = parameters.day("from", yesterday)
        return day, day
    return parameters.period((yesterday, yesterday), _IN_PARTS)
