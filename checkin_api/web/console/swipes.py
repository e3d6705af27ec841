"""Profiles of swipe files: the editor with its preview; saved only when nothing would be cut or lost; deleted."""

import json
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from checkin_api import exchange as use
from checkin_api.domain.ids import Role
from checkin_api.domain.shifts import local_date
from checkin_api.exchange import Draft, ProfileRow
from checkin_api.queries import fleet
from checkin_api.queries.clocked import latest_clocked, serving_officers
from checkin_api.web.console import access, swipe_editor, swipe_words
from checkin_api.web.console.access import page
from checkin_api.web.console.asking import attachment
from checkin_api.web.console.frame import blueprint
from checkin_api.web.console.swipe_editor import Document
from reports.swipe_preview import invented, positions, shown, unfit, without_device
from reports.swipe_profile import ProfileRefusedError, load_profile, ready_profiles
from reports.swipes import Swipe
from reports.wanted import safe_name

# Lines of the preview, and as many officers as are named when a profile does not fit them.
PREVIEWED = 10
NAMED = 10


@blueprint.get("/exchange/swipes/<name>")
@page(Role.HR, Role.AUDITOR)
def exchange_swipe(name: str) -> Any:
    """One profile: to be changed, or to be looked at where that may not be."""
    content = _content(name)
    with access.database().read() as session:
        row = None if name in ready_profiles() else use.saved_profile(session, name)
    return _editor(name, use.document_of(content), row, ())


@blueprint.get("/exchange/swipe-copy")
@page(Role.HR)
def exchange_swipe_copy() -> Any:
    """A new profile, like another one for now."""
    document = use.document_of(_content(request.args.get("of", next(iter(ready_profiles())))))
    return _editor("", document, None, (), is_new=True)


@blueprint.post("/exchange/swipe-draft")
@page(Role.HR)
def exchange_swipe_draft() -> Any:
    """The editor again, after a field was added, moved, removed or made something else; nothing is saved."""
    document = swipe_editor.changed(swipe_editor.document(request.form), request.form.get("do", ""))
    return _again(document, ())


@blueprint.post("/exchange/swipe-preview")
@page(Role.HR)
def exchange_swipe_preview() -> Any:
    """What the profile in the editor makes of some punches."""
    return render_template("console/swipe_preview.html", **_preview(swipe_editor.document(request.form)))


@blueprint.post("/exchange/swipes")
@page(Role.HR)
def exchange_swipe_save() -> Any:
    """Save what is in the editor, unless something is wrong with it."""
    document = swipe_editor.document(request.form)
    was = request.form.get("was") or None
    draft = Draft(name=request.form.get("name", ""), document=document, was=was, seen=request.form.get("seen"))
    today = local_date(access.now(), access.settings().zone)
    with access.database().write() as session:
        problems = use.save_profile(session, access.now(), draft, actor=access.viewer().actor, today=today)
        if problems:
            session.rollback()
    if problems:
        return Response(_again(document, problems), 422)
    return redirect(url_for("console.exchange", done="profile_saved"), 303)


@blueprint.post("/exchange/swipes/<name>/delete")
@page(Role.HR)
def exchange_swipe_delete(name: str) -> Any:
    """Delete one; the audit log keeps what it said."""
    with access.database().write() as session:
        use.delete_profile(session, access.now(), name, actor=access.viewer().actor)
    return redirect(url_for("console.exchange", done="profile_deleted"), 303)


@blueprint.get("/exchange/swipes/<name>/profile")
@page(Role.HR, Role.AUDITOR)
def exchange_swipe_profile(name: str) -> Response:
    """The profile as a file, for the command line or another department."""
    content = _content(name)
    return attachment(content, f"{safe_name(name)}.{'toml' if name in ready_profiles() else 'json'}")


def _content(name: str) -> bytes:
    with access.database().read() as session:
        content = use.find_profile(session, name)
        return use.saved_profile(session, name).definition.encode() if content is None else content


def _again(document: Document, problems: Sequence[str]) -> str:
    """The editor with what was sent, whether or not it is any good."""
    was, seen = request.form.get("was", ""), request.form.get("seen", "")
    return _editor(request.form.get("name", ""), document, None, problems, is_new=not was, was=was, seen=seen)


def _editor(  # noqa: PLR0913 (all that the page shows)
    name: str,
    document: Document,
    row: ProfileRow | None,
    problems: Sequence[str],
    *,
    is_new: bool = False,
    was: str = "",
    seen: str = "",
) -> str:
    with access.database().read() as session:
        zones = fleet.zones(session)
    return render_template(
        "console/swipe.html",
        name=name,
        row=row,
        was=row.name if row else was,
        seen=row.version if row else seen,
        is_new=is_new,
        is_ready=name in ready_profiles() and not is_new and not was,
        document=document,
        zones=zones,
        # Of zones that are gone, or that are known to the other system alone.
        others=[code for code in document["devices"] if code not in {zone.code for zone in zones}]
        if "devices" in document
        else [],
        refused=[swipe_words.in_words(problem) for problem in problems],
        choices=swipe_words,
        **_preview(document),
    )


def _preview(document: Document) -> dict[str, Any]:
    try:
        profile = load_profile(json.dumps(document).encode())
    except ProfileRefusedError as exc:
        return {"profile": None, "problems": [swipe_words.in_words(each) for each in exc.problems[:NAMED]]}
    zone = access.settings().zone
    with access.database().read() as session:
        sample = _sample(session, zone)
        officers = serving_officers(session, local_date(access.now(), zone))
        zones = [each.code for each in fleet.zones(session)]
    morning = access.now().astimezone(zone).replace(hour=8, minute=0, second=0)
    used = sample or invented(morning, next(iter(zones), None), officers)
    lost = unfit(profile, officers)
    return {
        "profile": profile,
        "problems": (),
        "lines": list(zip(used, shown(profile, used), strict=True)),
        "is_invented": not sample,
        "positions": positions(profile),
        "what": swipe_words.WHAT,
        "half": swipe_words.half,
        "officers": len(officers),
        "unfit": [(each, swipe_words.half(each.why)) for each in lost[:NAMED]],
        "more": max(0, len(lost) - NAMED),
        "no_device": without_device(profile, zones),
        "notes": [swipe_words.half(note) for note in profile.notes],
    }


def _sample(session: Session, zone: ZoneInfo) -> list[Swipe]:
    return [
        Swipe(
            staff_no=punch.staff_no,
            name=punch.name,
            at=punch.fact.at.astimezone(ZoneInfo(punch.timezone) if punch.timezone else zone),
            direction=punch.fact.direction,
            zone_code=punch.zone_code,
        )
        for punch in latest_clocked(session, limit=PREVIEWED)
    ]
