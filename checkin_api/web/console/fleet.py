"""Beacons and agents: a plan of the sites, one site with its zones, open alarms and what was done about them."""

from collections import Counter
from typing import Any

from flask import redirect, render_template, request, url_for

from checkin_api.domain import plan as drawing
from checkin_api.domain.ids import Role
from checkin_api.errors import NotFoundError
from checkin_api.fleet import alarms
from checkin_api.fleet.agents import AgentState
from checkin_api.fleet.looking import look_at
from checkin_api.queries import fleet as places
from checkin_api.web.console import access
from checkin_api.web.console.access import page
from checkin_api.web.console.frame import blueprint
from checkin_api.web.console.sites import BAR_WIDTH, SPAN, STATE, SiteState, is_low, site_parts
from checkin_api.web.errors import ProblemError

VIEWERS = (Role.HR, Role.AUDITOR, Role.INSTALLER)
_TROUBLE = "trouble"

AGENT_STATE: dict[AgentState, tuple[str, str]] = {
    AgentState.WAITING: ("等待啟用", "Waiting to be enrolled"),
    AgentState.HEARING: ("正常", "Hearing"),
    AgentState.DEAF: ("聽不到", "Deaf"),
    AgentState.SILENT: ("沒有回報", "Silent"),
    AgentState.REVOKED: ("已撤銷", "Revoked"),
}


@blueprint.get("/fleet")
@page(*VIEWERS)
def fleet() -> Any:
    """All sites on a plan and in a table, and the open alarms."""
    with access.database().read() as session:
        open_alarms = alarms.list_alarms(session)
    return render_template("console/fleet.html", **_sites(), alarms=open_alarms)


@blueprint.get("/fleet/sites")
@page(*VIEWERS)
def fleet_sites() -> Any:
    """The part of the page that changes; the page asks for it again and again."""
    return render_template("console/fleet_sites.html", **_sites())


@blueprint.get("/fleet/site")
@page(*VIEWERS)
def fleet_site() -> Any:
    """One site: its zones, their beacons and agents, when they could not see."""
    now, code = access.now(), request.args.get("code", "")
    with access.database().read() as session:
        found = site_parts(session, now, code=code)
        if not found:
            raise NotFoundError(f"沒有地點 {code[:64]} / there is no site with the code {code[:64]}")
        own = {beacon.hwid for zone in found[0].zones for beacon in zone.beacons}
        rows = [row for row in alarms.list_alarms(session) if row.hwid in own]
    return render_template(
        "console/fleet_site.html",
        part=found[0],
        alarms=rows,
        states=STATE,
        since=now - SPAN,
        now=now,
        width=BAR_WIDTH,
        is_low=is_low,
        agent_words=AGENT_STATE,
    )


@blueprint.get("/fleet/beacons/<hwid>")
@page(*VIEWERS)
def fleet_beacon(hwid: str) -> Any:
    """One beacon, its alarms with their evidence."""
    with access.database().read() as session:
        found = look_at(session, access.now(), hwid.lower())
        rows = alarms.list_alarms(session, hwid=found.hwid, closed=True)
        zone = next(zone for zone in places.zones(session) if zone.code == found.zone)
    return render_template("console/fleet_beacon.html", beacon=found, place=zone, alarms=rows)


@blueprint.post("/fleet/alarms/<int(max=9223372036854775807):alarm_id>/close")
@page(Role.HR, Role.INSTALLER)
def fleet_close(alarm_id: int) -> Any:
    """Close an alarm, saying what was found; it is in the audit log."""
    note = request.form.get("note", "").strip()
    if not note:
        raise ProblemError(422, "validation_failed", "請寫明處理情形 / say what was found and done")
    with access.database().write() as session:
        alarms.close(session, access.now(), alarm_id, actor=access.viewer().actor, comment=note[:400])
    return redirect(url_for("console.fleet", done="closed"), 303)


def _sites() -> dict[str, Any]:
    only_trouble = request.args.get("only") == _TROUBLE
    with access.database().read() as session:
        parts = site_parts(session, access.now())
    listed = [part for part in parts if not only_trouble or part.state is not SiteState.WELL]
    return {
        "parts": listed,
        "by_code": {part.site.code: part for part in parts},
        "plan": drawing.plan([part.spot for part in parts], shown={part.site.code for part in listed}),
        "plan_width": drawing.WIDTH,
        "counts": Counter(part.state for part in parts),
        "total": len(parts),
        "states": STATE,
        "only": _TROUBLE if only_trouble else None,
        "now": access.now(),
        "is_low": is_low,
    }
