"""``/api/v1/corrections`` 補打卡: the queue, and deciding."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from checkin_api import corrections
from checkin_api.corrections import Approval, policy_in_force
from checkin_api.domain.ids import Role
from checkin_api.queries import corrections as reading
from checkin_api.queries.corrections import CorrectionRow, QueuedRow
from checkin_api.tokens import Holder
from checkin_api.web import scope
from checkin_api.web.deciding import granted, no_officer, seen_by
from checkin_api.web.hr import access, examples, schemas
from checkin_api.web.hr.access import READERS, blueprint, for_roles
from checkin_api.web.hr.paging import page_of

_TOKEN = (
    "權杖不代表任何員警，不能審核：請以連結員警編號的後台帳號登入",
    "A token names no officer, so nobody could tell whose record is their own: sign in to the console with an account",
)


@blueprint.get("/corrections")
@for_roles(*READERS)
@blueprint.input(schemas.CorrectionsIn, location="query")
@blueprint.output(schemas.QueueOut, example=examples.CORRECTIONS)
def list_corrections(query_data: schemas.CorrectionsIn) -> Any:
    """Corrections of one state, open ones or decided ones; a page at a time."""
    with access.database().read() as session:
        among = scope.among(session, access.who(), query_data.unit, query_data.officer)
        found = reading.queue(
            session,
            query_data.states,
            access.settings().zone,
            among=among,
            skip=query_data.skip,
            limit=query_data.per_page,
        )
    return {"corrections": [_queued(row) for row in found.rows], **page_of(query_data, found.total)}


@blueprint.post("/corrections/<uuid:correction_id>/decision")
@for_roles(Role.HR, Role.SUPERVISOR)
@blueprint.input(schemas.RulingIn, example=examples.DECISION)
@blueprint.output(schemas.RulingOut, example=examples.DECIDED)
def decide_correction(correction_id: UUID, json_data: schemas.RulingIn) -> Any:
    """Approve, endorse where two decide, or reject; for accounts of the console that name their officer."""
    actor, now = access.person(), access.now()
    if actor.staff_no is None:
        raise no_officer(_TOKEN) if isinstance(access.who(), Holder) else no_officer()
    with access.database().write() as session:
        seen_by(session, access.who(), correction_id)
        if json_data.decision == "approve":
            policy = policy_in_force(session, access.settings())
            done = granted(corrections.approve(session, now, correction_id, actor=actor, policy=policy))
        else:
            granted(corrections.reject(session, now, correction_id, actor=actor, comment=json_data.comment))
            done = None
        row = reading.correction(session, correction_id)
    return {"correction": _told(row), **_counted(done)}


def _told(row: CorrectionRow) -> dict[str, Any]:
    return {**asdict(row), "unit": row.unit_code, "zone": row.zone_code}


def _counted(done: Approval | None) -> dict[str, Any]:
    if done is None:
        return {}
    return {"month_count": done.month_count, "quota": done.quota, "is_over_quota": done.is_over_quota}


def _queued(row: QueuedRow) -> dict[str, Any]:
    return {
        **_told(row.correction),
        "two_step": row.two_step,
        "outage_id": row.outage_id,
        "others_in_month": row.others_in_month,
    }
