"""Data protection: what officers ask about their own data, HR's answers, and who has accepted the notice."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for

from checkin_api import privacy
from checkin_api.domain.ids import PrivacyRefusal, PrivacyRequestState, Role
from checkin_api.domain.shifts import local_date
from checkin_api.domain.words import PRIVACY_REFUSAL
from checkin_api.privacy.requests import TEXT_LIMIT
from checkin_api.web.console import access, paging
from checkin_api.web.console.access import page
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError

DONE: dict[str, tuple[str, str]] = {
    "answered": ("已答覆，員警在簽到頁看得到。", "Answered; the officer reads it on the page.")
}


@blueprint.get("/privacy", endpoint="privacy")
@page(Role.HR)
def show() -> Any:
    """Open requests, the one due first on top; then those answered; and acceptance of the notice."""
    number, now, settings = paging.wanted(), access.now(), access.settings()
    version = privacy.notice_version(privacy.retention(settings))
    with access.database().read() as session:
        waiting = privacy.requests(session, state=PrivacyRequestState.OPEN)
        answered = privacy.requests(session, state=PrivacyRequestState.ANSWERED)
        count = privacy.acceptance_count(session, local_date(now, settings.zone), version)
    skip = paging.skipped(number)
    return render_template(
        "console/privacy.html",
        waiting=sorted(waiting, key=lambda row: row.due_at),
        answered=sorted(answered, key=lambda row: str(row.answered_at), reverse=True)[skip : skip + paging.SIZE],
        paging=paging.Paging(number, len(answered)),
        count=count,
        now=now,
        limit=TEXT_LIMIT,
        done=DONE.get(request.args.get("done", "")),
    )


@blueprint.post("/privacy/requests/<uuid:request_id>/answer")
@page(Role.HR)
def privacy_answer(request_id: UUID) -> Any:
    """Answer one, once."""
    who = access.viewer()
    with access.database().write() as session:
        refusal = privacy.answer(
            session,
            access.now(),
            request_id,
            request.form.get("text", ""),
            answered_by=who.name,
            actor=who.actor,
        )
    insist(refusal)
    return redirect(url_for("console.privacy", done="answered"), 303)


def insist(refusal: PrivacyRefusal | None) -> None:
    """Go on unless something was refused.

    Raises:
        ProblemError: 409, it was.
    """
    if refusal is not None:
        raise ProblemError(409, str(refusal), " / ".join(PRIVACY_REFUSAL[refusal]))
