"""Outages 中斷: times at which a zone could not see anybody; listed, entered, ended, dismissed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from typing import Any

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from checkin_api import outages, queries
from checkin_api.domain.ids import Role
from checkin_api.domain.shifts import DAY, local_date
from checkin_api.outages import OutageRefusedError
from checkin_api.queries import coverage
from checkin_api.web.console import access, parameters
from checkin_api.web.console.access import page
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError

DAYS = 31
# What a page says it has done, from its address.
DONE: dict[str, tuple[str, str]] = {
    "entered": ("已登錄。", "Entered."),
    "ended": ("已結束。", "Ended."),
    "dismissed": ("已撤銷。", "Dismissed."),
}
_ALL = "all"
_ALL_ZONES = "*"


@blueprint.get("/outages", endpoint="outages")
@page(Role.HR, Role.AUDITOR)
def show() -> Any:
    """Those that last or ended within the days looked at, the newest first."""
    settings = access.settings()
    first = parameters.day("from", local_date(access.now(), settings.zone) - DAY * (DAYS - 1))
    with_dismissed = request.args.get("which") == _ALL
    with access.database().read() as session:
        rows = coverage.outages(session, datetime.combine(first, time(), settings.zone), dismissed=with_dismissed)
        zones = queries.zone_names(session)
    return render_template(
        "console/outages.html",
        rows=rows,
        zones=zones,
        first=first,
        with_dismissed=with_dismissed,
        done=DONE.get(request.args.get("done", "")),
        all_zones=_ALL_ZONES,
        begin=access.now().astimezone(settings.zone),
    )


@blueprint.post("/outages")
@page(Role.HR)
def outages_enter() -> Any:
    """Enter one by hand."""
    zone = access.settings().zone
    place, begin = request.form.get("zone", ""), parameters.moment("begin", zone)
    if begin is None or not place:
        raise ProblemError(422, "validation_failed", "請選簽到區並填開始時間 / choose a zone and give its beginning")
    with _refused_in_words() as session:
        made = outages.enter(
            session,
            access.now(),
            zone_code=None if place == _ALL_ZONES else place,
            begin=begin,
            end=parameters.moment("end", zone),
            reason=request.form.get("reason", ""),
            actor=access.viewer().actor,
        )
    return redirect(url_for("console.outages_one", outage_id=made, done="entered"), 303)


@blueprint.post("/outages/<int(max=9223372036854775807):outage_id>/end")
@page(Role.HR)
def outages_end(outage_id: int) -> Any:
    """Say when one that was entered ended."""
    at = parameters.moment("at", access.settings().zone)
    if at is None:
        raise ProblemError(422, "validation_failed", "請填結束時間 / say when it ended")
    with _refused_in_words() as session:
        outages.end(session, access.now(), outage_id, at=at, actor=access.viewer().actor)
    return redirect(url_for("console.outages_one", outage_id=outage_id, done="ended"), 303)


@blueprint.post("/outages/<int(max=9223372036854775807):outage_id>/dismiss")
@page(Role.HR)
def outages_dismiss(outage_id: int) -> Any:
    """Let one count no more."""
    reason = request.form.get("reason", "")
    with _refused_in_words() as session:
        outages.dismiss(session, access.now(), outage_id, reason=reason, actor=access.viewer().actor)
    return redirect(url_for("console.outages", which=_ALL, done="dismissed"), 303)


@contextmanager
def _refused_in_words() -> Iterator[Session]:
    """A transaction whose refusal is answered as one.

    Raises:
        ProblemError: 409, it was refused.
    """
    try:
        with access.database().write() as session:
            yield session
    except OutageRefusedError as exc:
        raise ProblemError(409, "outage_refused", str(exc)) from exc
