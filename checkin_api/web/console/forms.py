"""The department's own forms: sent and checked, listed, taken, replaced, deleted; and what forms may ask for."""

import io
from collections.abc import Sequence
from typing import Any

from flask import Response, redirect, render_template, request, url_for

from checkin_api import exchange as use
from checkin_api.domain.ids import Role
from checkin_api.domain.shifts import local_date
from checkin_api.exchange import FormRow, NewForm
from checkin_api.web.console import access
from checkin_api.web.console.access import READERS, page
from checkin_api.web.console.asking import attachment
from checkin_api.web.console.frame import blueprint
from checkin_api.web.console.swipe_words import in_words
from checkin_api.web.console.wording import say
from checkin_api.web.errors import ProblemError
from reports.catalogue import Kind
from reports.filling import FILLABLE, placeholders, report_for, smallest
from reports.tables import Report
from reports.wanted import Question, Wanted, no_progress, rules_of, safe_name

# What the check of a form lets through; see `reports.template_file`.
MAX_BYTES = 5 * 1024 * 1024


@blueprint.get("/exchange/placeholders")
@page(*READERS)
def exchange_placeholders() -> Any:
    """What forms of each kind may ask for, to copy."""
    kind = kind_of(request.args.get("kind") or next(iter(FILLABLE)))
    facts, tables = placeholders(_example(kind))
    return render_template("console/placeholders.html", kind=kind, kinds=offered(), facts=facts, tables=tables)


@blueprint.post("/exchange/forms")
@page(Role.HR, file_bytes=MAX_BYTES)
def exchange_form_keep() -> Any:
    """Keep a new form, after it was checked against the kind of report that is to fill it."""
    kind = kind_of(request.form.get("kind", ""))
    new = NewForm(
        name=request.form.get("name", ""),
        kind=kind.key,
        content=_file(),
        repeated=request.form.get("table", "").strip()[:60] or None,
    )
    return _kept(new, kind)


@blueprint.post("/exchange/forms/<name>/replace")
@page(Role.HR, file_bytes=MAX_BYTES)
def exchange_form_replace(name: str) -> Any:
    """Put another file in the place of a form's."""
    with access.database().read() as session:
        row = use.own_form(session, name)
    new = NewForm(name=name, kind=row.kind, content=_file(), repeated=row.repeated, replaces=True)
    return _kept(new, kind_of(row.kind))


@blueprint.post("/exchange/forms/<name>/delete")
@page(Role.HR)
def exchange_form_delete(name: str) -> Any:
    """Delete one."""
    with access.database().write() as session:
        use.drop_form(session, access.now(), name, actor=access.viewer().actor)
    return redirect(url_for("console.exchange", done="form_deleted"), 303)


@blueprint.get("/exchange/forms/<name>/file")
@page(*READERS)
def exchange_form_file(name: str) -> Response:
    """The form itself, empty as it was sent."""
    with access.database().read() as session:
        content = use.form_content(session, name)
    return attachment(content, f"{safe_name(name)}.xlsx")


def kind_of(key: str) -> Kind:
    """A kind that fills forms, and that who looks may have.

    Raises:
        ProblemError: 422, there is none; 403, it is about the whole department.
    """
    kind = FILLABLE.get(key)
    if kind is None:
        raise ProblemError(422, "validation_failed", "沒有這種報表 / there is no such report")
    if key not in offered():
        raise ProblemError(403, "forbidden", "這份報表是全機關的 / this report is about the whole department")
    return kind


def offered() -> dict[str, Kind]:
    """The kinds that who looks may have."""
    return {key: kind for key, kind in FILLABLE.items() if kind.by_unit or access.viewer().unit is None}


def report_of(wanted: Wanted) -> Report:
    """The report that fills a form."""
    return report_for(
        Question(
            database=access.database(),
            rules=rules_of(access.database(), access.settings()),
            wanted=wanted,
            made_at=access.now(),
            made_by=access.viewer().actor,
            progress=no_progress,
        )
    )


def filled(
    content: bytes, report: Report, repeated: str | None, *, watermark: str | None = None
) -> bytes | Sequence[str]:
    """The form filled in, or what is wrong with it."""
    # A library that only this needs.
    from reports.template import fill  # noqa: PLC0415
    from reports.template_file import TemplateRefusedError  # noqa: PLC0415

    file = io.BytesIO()
    try:
        fill(content, report, file, table=repeated, watermark=watermark)
    except TemplateRefusedError as exc:
        return exc.problems
    return file.getvalue()


def _kept(new: NewForm, kind: Kind) -> Any:
    found = filled(new.content, _example(kind), new.repeated)
    problems = [] if isinstance(found, bytes) else [told(each) for each in found]
    if not problems:
        with access.database().write() as session:
            kept = use.keep_form(session, access.now(), new, actor=access.viewer().actor)
            problems = [in_words(each) for each in kept]
    if problems:
        return _refused(new, kind, problems)
    return redirect(url_for("console.exchange", done="form_saved"), 303)


def told(problem: str) -> str:
    """What is wrong with a form, in one language, with the cell where it is."""
    zh, between, en = problem.partition(" / ")
    if not between or " / " in en:
        return problem
    cell, colon, words = zh.partition(": ")
    return say(f"{cell}：{words}", f"{cell}: {en}") if colon else say(zh, en)


def _refused(new: NewForm, kind: Kind, problems: Sequence[str]) -> Response:
    facts, tables = placeholders(_example(kind))
    page = render_template(
        "console/form_refused.html",
        new=new,
        name=new.name[:80],
        kinds=offered(),
        problems=problems,
        kind=kind,
        facts=facts,
        tables=tables,
    )
    return Response(page, 422)


def _example(kind: Kind) -> Report:
    return report_of(smallest(access.database(), kind, local_date(access.now(), access.settings().zone)))


def _file() -> bytes:
    """The file of the form.

    Raises:
        ProblemError: 422, there is none.
    """
    file = request.files.get("file")
    if file is None or not file.filename:
        raise ProblemError(422, "validation_failed", "請選擇一個 XLSX 檔 / choose an XLSX file")
    content: bytes = file.read()
    return content


def row_of(name: str) -> FormRow:
    """One form.

    Raises:
        NotFoundError: there is none of this name.
    """
    with access.database().read() as session:
        return use.own_form(session, name)
