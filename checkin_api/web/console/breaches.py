"""Leaks of personal data: whom one would concern, the time that is left to report one, what was done about it."""

from typing import Any

from flask import redirect, render_template, request, url_for

from checkin_api import privacy, queries
from checkin_api.domain.ids import PrivacyRefusal, Role
from checkin_api.domain.shifts import local_date
from checkin_api.privacy.breaches import TIME_TO_REPORT
from checkin_api.privacy.requests import TEXT_LIMIT
from checkin_api.web.console import access, concerned, paging, parameters
from checkin_api.web.console.access import page
from checkin_api.web.console.frame import blueprint
from checkin_api.web.console.privacy import insist

DONE: dict[str, tuple[str, str]] = {
    "begun": ("已記錄，計時開始。", "Noted; the time runs."),
    "noted": ("已記錄。", "Noted."),
    "closed": ("已結案。", "Closed."),
    "told": ("已記錄：這些人已通知。", "Noted: they were told."),
}


@blueprint.get("/privacy/breaches")
@page(Role.HR)
def privacy_breaches() -> Any:
    """Leaks that were noted, and whom one of a kind of data would concern."""
    settings, now = access.settings(), access.now()
    number, asked = paging.wanted(), concerned.asked()
    leak, found, told = asked.leak, None, {}
    with access.database().read() as session:
        units, zones = access.units(session), queries.zone_names(session)
        if leak.kinds:
            today, skip = local_date(now, settings.zone), paging.skipped(number)
            found = privacy.reach(session, leak, settings.zone, today, skip=skip, limit=paging.SIZE)
        if asked.breach:
            privacy.find_breach(session, asked.breach)
            told = privacy.told(session, asked.breach, settings.zone)
        noted = privacy.breaches(session)
        closed = privacy.closed(session, (each.number for each in noted))
    return render_template(
        "console/privacy_breaches.html",
        found=found,
        paging=paging.Paging(number, found.total if found else 0),
        told=told,
        kinds=concerned.kinds(),
        asked=asked,
        is_undated=all(privacy.KINDS[kind].at is None for kind in leak.kinds),
        is_of_no_zone=all(privacy.KINDS[kind].zone_id is None for kind in leak.kinds),
        forms=concerned.FILES,
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
