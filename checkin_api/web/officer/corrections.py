"""Corrections 補打卡 on the phone: an officer's own requests, a supervisor's units and decisions."""

import base64
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session

from checkin_api import corrections, queries, supervision
from checkin_api.checkin.today import Person
from checkin_api.corrections import Approval, MissingPunch, Request, policy_in_force
from checkin_api.domain.attachments import Attachment
from checkin_api.domain.corrections import OPEN, Actor
from checkin_api.domain.ids import CorrectionState, Direction, StaffNo
from checkin_api.domain.words import CORRECTION_KIND, CORRECTION_STATE, FLAG, STATUS
from checkin_api.errors import unknown_correction
from checkin_api.queries import UnitRow
from checkin_api.queries import corrections as reading
from checkin_api.queries.corrections import CorrectionRow
from checkin_api.web.deciding import granted
from checkin_api.web.errors import ProblemError
from checkin_api.web.officer import access, schemas
from checkin_api.web.officer.access import blueprint, signed_in, words

# An attachment of 5 MiB in base64, and the words around it.
_LARGEST_BODY = 8 * 1024 * 1024

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _with_attachment(view: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let this view take a larger body than the others."""

    @wraps(view)
    def wide(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        request.max_content_length = _LARGEST_BODY
        return view(*args, **kwargs)

    return wide


@blueprint.get("/corrections")
@signed_in
@blueprint.output(schemas.CorrectionsOut)
def list_corrections() -> Any:
    """Own requests, the newest first."""
    settings = access.settings()
    with access.database().read() as session:
        days = policy_in_force(session, settings).days
        rows = reading.corrections(session, staff_no=access.person(session).staff_no, limit=50)
    return {
        "timezone": settings.timezone,
        "days": days,
        "corrections": [_correction(row) for row in rows],
    }


@blueprint.post("/corrections")
@signed_in
@_with_attachment
@blueprint.input(schemas.CorrectionIn)
@blueprint.output(schemas.CorrectionOut, status_code=201)
def request_correction(json_data: schemas.CorrectionIn) -> Any:
    """Ask for a punch that was forgotten; who decides is somebody else."""
    sent = json_data.attachment
    with access.database().write() as session:
        person = access.person(session)
        access.insist_on_accepted(session, person)
        asked = Request(
            person.staff_no,
            MissingPunch(Direction(json_data.direction), json_data.at.replace(microsecond=0)),
            json_data.reason,
            Attachment(sent.name, sent.content) if sent else None,
        )
        policy = policy_in_force(session, access.settings())
        made = granted(corrections.request(session, access.now(), asked, actor=_actor(person), policy=policy))
        row = reading.correction(session, made)
    return _correction(row), 201


@blueprint.post("/corrections/<uuid:correction_id>/withdraw")
@signed_in
@blueprint.output(schemas.CorrectionOut)
def withdraw_correction(correction_id: UUID) -> Any:
    """Take an own request back, while it is open."""
    with access.database().write() as session:
        person = access.person(session)
        _seen(session, correction_id, person, own_only=True)
        granted(corrections.withdraw(session, access.now(), correction_id, actor=_actor(person)))
        row = reading.correction(session, correction_id)
    return _correction(row)


@blueprint.get("/corrections/<uuid:correction_id>/attachment")
@signed_in
@blueprint.output(schemas.AttachmentOut)
def get_attachment(correction_id: UUID) -> Any:
    """The file of an own request, or of one of the officer's units."""
    with access.database().read() as session:
        _seen(session, correction_id, access.person(session))
        attachment = reading.attachment(session, correction_id)
    if attachment is None:
        raise ProblemError(404, "not_found", "沒有附件 / there is no attachment")
    return {"name": attachment.name, "content": base64.b64encode(attachment.content).decode()}


@blueprint.post("/corrections/<uuid:correction_id>/decision")
@signed_in
@blueprint.input(schemas.DecisionIn)
@blueprint.output(schemas.DecidedOut)
def decide_correction(correction_id: UUID, json_data: schemas.DecisionIn) -> Any:
    """Approve or reject a request of the supervisor's units."""
    with access.database().write() as session:
        person = access.person(session)
        # Who looks after no unit is told so; an own request the rules refuse.
        _units(session, person)
        _seen(session, correction_id, person)
        now, actor = access.now(), _actor(person)
        outcome: Approval | CorrectionState
        if json_data.decision == "approve":
            policy = policy_in_force(session, access.settings())
            outcome = granted(corrections.approve(session, now, correction_id, actor=actor, policy=policy))
        else:
            outcome = granted(corrections.reject(session, now, correction_id, actor=actor, comment=json_data.comment))
    if isinstance(outcome, Approval):
        count = {"month_count": outcome.month_count, "quota": outcome.quota}
        return {"state": outcome.state, "state_words": words(CORRECTION_STATE[outcome.state]), **count}
    return {"state": outcome, "state_words": words(CORRECTION_STATE[outcome])}


@blueprint.get("/unit")
@signed_in
@blueprint.input(schemas.WhichDayIn, location="query")
@blueprint.output(schemas.UnitOut)
def get_unit(query_data: schemas.WhichDayIn) -> Any:
    """A supervisor's units today, or on another day, and what there is to decide."""
    # Numpy, which phones that only sign in do without.
    from checkin_api.checkin.unit_day import unit_day  # noqa: PLC0415
    from checkin_api.queries.attendance import duty_limits  # noqa: PLC0415

    now, settings = access.now(), access.settings()
    day = query_data.day or access.today()
    with access.database().read() as session:
        units = _units(session, access.person(session))
        seen = unit_day(session, units, day, now=now, zone=settings.zone, limits=duty_limits(session, settings))
        waiting = reading.corrections(session, states=OPEN, among=queries.of_units(units), limit=200)
    return {
        "now": now,
        "timezone": settings.timezone,
        "day": day,
        "units": [unit.name for unit in units],
        "statuses": [
            {"status": status, "words": words(STATUS[status]), "count": count}
            for status, count in seen.statuses.items()
        ],
        "duties": [
            {
                **{name: getattr(duty, name) for name in ("staff_no", "name", "unit")},
                **{name: getattr(duty.record, name) for name in ("start", "end", "sign_in", "sign_out", "status")},
                "shift": duty.shift_name,
                "status_words": words(STATUS[duty.record.status]),
                "flags": [{"code": flag, "words": words(FLAG[flag])} for flag in duty.record.flags],
            }
            for duty in seen.duties
        ],
        "corrections": [_correction(row) for row in waiting],
    }


def _correction(row: CorrectionRow) -> dict[str, Any]:
    names = ("id", "staff_no", "name", "kind", "direction", "at", "reason", "attachment_name", "requested_at")
    return {
        **{name: getattr(row, name) for name in names},
        "kind_words": words(CORRECTION_KIND[row.kind]),
        "state": row.state,
        "state_words": words(CORRECTION_STATE[row.state]),
        "is_open": row.state in OPEN,
        "comment": row.comment,
    }


def _seen(session: Session, correction_id: UUID, person: Person, *, own_only: bool = False) -> CorrectionRow:
    """A correction that this officer may know of; one of others is as if it were not there."""
    row = reading.correction(session, correction_id)
    if row.staff_no == person.staff_no:
        return row
    theirs = set() if own_only else {unit.code for unit in supervision.units_of(session, person.id, access.today())}
    if row.unit_code not in theirs:
        raise unknown_correction(correction_id)
    return row


def _units(session: Session, person: Person) -> list[UnitRow]:
    units = supervision.units_of(session, person.id, access.today())
    if not units:
        raise ProblemError(403, "not_a_supervisor", "您不是主管 / you look after no unit")
    return units


def _actor(person: Person) -> Actor:
    return Actor(f"liff:{person.staff_no}", StaffNo(person.staff_no))
