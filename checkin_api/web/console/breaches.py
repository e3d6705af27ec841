"""Leaks of personal data: whom one would concern, the time that is left to report one, what was done about it."""

from typing import Any

from flask import redirect, render_template, request, url_for

from checkin_api import privacy, queries
from checkin_api.domain.ids import PrivacyRefusal, Role
from checkin_api.domain.shifts import DAY, local_date
from checkin_api.privacy import Leak
from checkin_api.privacy.breaches import TIME_TO_REPORT
from checkin_api.privacy.requests import TEXT_LIMIT
from checkin_api.web.console import access, paging, parameters, wording
from checkin_api.web.console.access import page
from checkin_api.web.console.frame import blueprint
from checkin_api.web.console.privacy import insist
from checkin_api.web.errors import ProblemError

DAYS = 30
DONE: dict[str, tuple[str, str]] = {
    "begun": ("已記錄，計時開始。", "Noted; the time runs."),
    "noted": ("已記錄。", "Noted."),
    "closed": ("已結案。", "Closed."),
}


@blueprint.get("/privacy/breaches")
@page(Role.HR)
def privacy_breaches() -> Any:
    """Leaks that were noted, and whom one of a kind of data would concern."""
    settings, now = access.settings(), access.now()
    today = local_date(now, settings.zone)
    kind, number = request.args.get("kind", ""), paging.wanted()
    unit, zone_code = request.args.get("unit") or None, request.args.get("zone") or None
    first, last = parameters.day("from", today - DAY * (DAYS - 1)), parameters.day("to", today)
    _insist_on_question(kind, first <= last)
    found = None
    with access.database().read() as session:
        units, zones = access.units(session), queries.zone_names(session)
        if kind:
            among = None if unit is None else queries.of_units(access.units(session, unit))
            leak = Leak(kind=kind, first=first, last=last, zone_code=zone_code, among=among)
            skip = paging.skipped(number)
            found = privacy.reach(session, leak, settings.zone, today, skip=skip, limit=paging.SIZE)
        noted = privacy.breaches(session)
        closed = {each.number for each in noted if any(note.closes for note in privacy.notes(session, each.number))}
    return render_template(
        "console/privacy_breaches.html",
        found=found,
        paging=paging.Paging(number, found.total if found else 0),
        kinds=_kinds(),
        where=privacy.KINDS.get(kind),
        chosen={"kind": kind, "unit": unit, "zone": zone_code, "from": first, "to": last},
        units=units,
        zones=zones,
        noted=noted,
        closed=closed,
        now=now,
        local_now=now.astimezone(settings.zone),
        hours=TIME_TO_REPORT.total_seconds() // 3600,
        limit=TEXT_LIMIT,
        done=DONE.get(request.args.get("done", "")),
    )


@blueprint.post("/privacy/breaches")
@page(Role.HR)
def privacy_breaches_begin() -> Any:
    """Note one; the time to report it runs from the moment it was known."""
    now = access.now()
    known_at = parameters.moment("known_at", access.settings().zone) or now
    with access.database().write() as session:
        text = request.form.get("text", "")
        made = privacy.begin_breach(session, now, text, known_at=known_at, actor=access.viewer().actor)
    if isinstance(made, PrivacyRefusal):
        insist(made)
    return redirect(url_for("console.privacy_breach", number=made, done="begun"), 303)


@blueprint.get("/privacy/breaches/<int(max=9223372036854775807):number>")
@page(Role.HR)
def privacy_breach(number: int) -> Any:
    """One, with what was done about it."""
    with access.database().read() as session:
        breach, notes = privacy.find_breach(session, number), privacy.notes(session, number)
    return render_template(
        "console/privacy_breach.html",
        breach=breach,
        notes=notes,
        is_closed=any(note.closes for note in notes),
        now=access.now(),
        limit=TEXT_LIMIT,
        done=DONE.get(request.args.get("done", "")),
    )


@blueprint.post("/privacy/breaches/<int(max=9223372036854775807):number>/notes")
@page(Role.HR)
def privacy_breach_note(number: int) -> Any:
    """Write down what was done, or close it."""
    closes = request.form.get("closes") == "yes"
    with access.database().write() as session:
        text = request.form.get("text", "")
        refusal = privacy.add_note(session, access.now(), number, text, closes=closes, actor=access.viewer().actor)
    insist(refusal)
    return redirect(url_for("console.privacy_breach", number=number, done="closed" if closes else "noted"), 303)


def _kinds() -> dict[str, str]:
    """The kinds in the notice's own words."""
    both = privacy.notice(privacy.retention(access.settings()), agency="", contact="")
    table = (both["zh"] if wording.language() == wording.ZH else both["en"]).table
    return {row.data: row.what for row in table.rows if row.data in privacy.KINDS}


def _insist_on_question(kind: str, in_order: bool) -> None:  # noqa: FBT001 (what was asked)
    if kind and kind not in privacy.KINDS:
        raise ProblemError(422, "validation_failed", "沒有這種資料 / there is no such kind of data")
    if not in_order:
        raise ProblemError(422, "validation_failed", "期間須由前到後 / from the earlier to the later date")
