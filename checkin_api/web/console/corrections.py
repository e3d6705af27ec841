"""The queue of corrections 補打卡: what waits for a decision, what was decided, and what was attached."""

import unicodedata
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, render_template, request
from sqlalchemy import and_

from checkin_api import queries
from checkin_api.corrections import policy_in_force
from checkin_api.domain import corrections as rules
from checkin_api.domain.attachments import media_type
from checkin_api.domain.corrections import OPEN, Case
from checkin_api.domain.ids import CorrectionRefusal, CorrectionState, StaffNo
from checkin_api.queries import corrections as reading
from checkin_api.queries.corrections import QueuedRow
from checkin_api.web.console import access, paging, parameters
from checkin_api.web.console.access import READERS, page
from checkin_api.web.console.deciding import seen
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError

# What a page says it has done, from its address.
DONE: dict[str, tuple[str, str]] = {
    "approved": ("已核准。", "Approved."),
    "endorsed": ("初審通過，須另一人複審。", "Endorsed; one more approver to go."),
    "over_quota": ("已核准；已超過本月限額。", "Approved; over the quota of the month."),
    "rejected": ("已駁回。", "Rejected."),
    "withdrawn": ("已撤回。", "Withdrawn."),
    "requested": ("已送出，由另一人審核。", "Requested; somebody else decides."),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A row, and why who looks may not approve, reject or withdraw it."""

    row: QueuedRow
    no_approval: CorrectionRefusal | None
    no_rejection: CorrectionRefusal | None
    may_withdraw: bool


@blueprint.get("/corrections", endpoint="corrections")
@page(*READERS)
def show() -> Any:
    """Open requests, the oldest first; or those of one state."""
    settings = access.settings()
    chosen = request.args.get("state", "")
    state = None if chosen in ("", "decided") else parameters.one_of("state", CorrectionState)
    states = {state} if state else set(CorrectionState) - OPEN if chosen == "decided" else OPEN
    unit, staff_no = request.args.get("unit") or None, request.args.get("officer", "").strip()
    number = paging.wanted()
    with access.database().read() as session:
        among = queries.of_units(access.units(session, unit))
        if staff_no:
            access.insist_on_officer(session, staff_no)
            among = and_(among, queries.of_staff_no(session, staff_no))
        found = reading.queue(session, states, settings.zone, among=among, skip=paging.skipped(number))
        offered = access.units(session)
        quota = policy_in_force(session, settings).quota
    return render_template(
        "console/corrections.html",
        asked=[_asked(row) for row in found.rows],
        paging=paging.Paging(number, found.total),
        chosen={"state": chosen, "unit": unit, "officer": staff_no},
        is_open=OPEN.issuperset(states),
        units=offered,
        states=list(CorrectionState),
        quota=quota,
        done=DONE.get(request.args.get("done", "")),
    )


@blueprint.get("/corrections/<uuid:correction_id>/attachment")
@page(*READERS)
def corrections_attachment(correction_id: UUID) -> Any:
    """The file, as what its first bytes say: a picture is shown, a PDF is saved; nothing in it runs."""
    with access.database().read() as session:
        seen(session, correction_id)
        attachment = reading.attachment(session, correction_id)
    if attachment is None:
        raise ProblemError(404, "not_found", "沒有附件 / there is no attachment")
    kind = media_type(attachment.content)
    answer = Response(attachment.content, mimetype=kind)
    how = "inline" if kind.startswith("image/") else "attachment"
    answer.headers["Content-Disposition"] = f"{how}; {_file_name(attachment.name)}"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


def _asked(row: QueuedRow) -> Asked:
    correction, actor = row.correction, access.actor()
    case = Case(
        state=correction.state,
        officer=rules.officer_name(StaffNo(correction.staff_no)),
        requested_by=correction.requested_by,
        endorsed_by=correction.endorsed_by,
    )
    approval, rejection = rules.approve(case, actor, two_step=row.two_step), rules.reject(case, actor)
    return Asked(
        row,
        approval if isinstance(approval, CorrectionRefusal) else None,
        rejection if isinstance(rejection, CorrectionRefusal) else None,
        isinstance(rules.withdraw(case, actor), CorrectionState),
    )


def _file_name(name: str) -> str:
    """A name for whoever knows only ASCII, and the real one. Source: RFC 6266, section 4.3; RFC 8187."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = "".join(char for char in ascii_only if char.isalnum() or char in "._-") or "attachment"
    return f"filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
