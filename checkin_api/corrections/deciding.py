"""Deciding a correction: approving, rejecting, withdrawing, and which units ask for two approvers."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.audit import Act
from checkin_api.corrections.trail import record_step
from checkin_api.db import Turn, take_turn
from checkin_api.domain import corrections as rules
from checkin_api.domain.corrections import Actor, Case, Policy
from checkin_api.domain.ids import (
    Assurance,
    CorrectionKind,
    CorrectionRefusal,
    CorrectionState,
    PunchSource,
    StaffNo,
    new_id,
)
from checkin_api.errors import unknown_correction, unknown_unit
from checkin_api.models import Correction, Officer, Punch, PunchVoid, Unit
from checkin_api.queries.corrections import approved_in_month


@dataclass(frozen=True, slots=True)
class Approval:
    """What an approval came to; ``month_count`` are the officer's approved corrections of that month with this one."""

    state: CorrectionState
    month_count: int
    quota: int

    @property
    def is_over_quota(self) -> bool:
        """Whether the approver is to be warned."""
        return self.month_count > self.quota


def approve(
    session: Session, now: datetime, correction_id: UUID, *, actor: Actor, policy: Policy
) -> Approval | CorrectionRefusal:
    """Approve, or endorse where the officer's unit asks for two approvers. The caller commits.

    Raises:
        NotFoundError: no such correction.
    """
    correction, officer, unit = _locked(session, correction_id)
    state = rules.approve(_case(correction, officer), actor, two_step=unit.two_step_approval)
    if isinstance(state, CorrectionRefusal):
        return state
    if correction.kind is CorrectionKind.VOID and session.get(PunchVoid, correction.punch_id) is not None:
        return CorrectionRefusal.VOID_ALREADY
    approval = Approval(state, approved_in_month(session, correction.id, policy.zone) + 1, policy.quota)
    correction.state = state
    if state is CorrectionState.ENDORSED:
        correction.endorsed_at, correction.endorsed_by = now, actor.name
        record_step(session, now, (correction, officer), "endorse", actor)
    else:
        correction.decided_at, correction.decided_by = now, actor.name
        _take_effect(session, now, correction)
        record_step(session, now, (correction, officer), "approve", actor)
    return approval


def reject(
    session: Session, now: datetime, correction_id: UUID, *, actor: Actor, comment: str
) -> CorrectionState | CorrectionRefusal:
    """Turn a correction down, saying why. The caller commits.

    Raises:
        NotFoundError: no such correction.
    """
    correction, officer, _ = _locked(session, correction_id)
    comment = rules.clean_text(comment)
    outcome = rules.judge_text(comment) or rules.reject(_case(correction, officer), actor)
    if isinstance(outcome, CorrectionState):
        correction.comment = comment
        _close(session, now, (correction, officer), outcome, actor)
    return outcome


def withdraw(
    session: Session, now: datetime, correction_id: UUID, *, actor: Actor
) -> CorrectionState | CorrectionRefusal:
    """Take a request back. The caller commits.

    Raises:
        NotFoundError: no such correction.
    """
    correction, officer, _ = _locked(session, correction_id)
    outcome = rules.withdraw(_case(correction, officer), actor)
    if isinstance(outcome, CorrectionState):
        _close(session, now, (correction, officer), outcome, actor)
    return outcome


def set_two_step(session: Session, now: datetime, unit_code: str, *, two_step: bool, actor: Actor) -> bool:
    """Say whether corrections of a unit's own officers need two approvers; False if it was so. The caller commits.

    Raises:
        NotFoundError: no such unit.
    """
    unit = session.scalar(select(Unit).where(Unit.code == unit_code).with_for_update(key_share=True))
    if unit is None:
        raise unknown_unit(unit_code)
    if unit.two_step_approval == two_step:
        return False
    unit.two_step_approval = two_step
    session.flush()
    detail = {"by": actor.name, "two_step": two_step}
    act = Act(actor=actor.account, action="unit.two_step", subject=f"unit:{unit_code}", detail=detail)
    audit.record(session, now, act)
    return True


def _locked(session: Session, correction_id: UUID) -> tuple[Correction, Officer, Unit]:
    """A correction that nobody else decides until the transaction ends, as it is now."""
    # Before any row is locked: who has both would else wait for who has one.
    take_turn(session, Turn.AUDIT)
    row = session.execute(
        select(Correction, Officer, Unit)
        .join(Officer, Officer.id == Correction.officer_id)
        .join(Unit, Unit.id == Officer.unit_id)
        .where(Correction.id == correction_id)
        .with_for_update(of=Correction)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise unknown_correction(correction_id)
    return row[0], row[1], row[2]


def _case(correction: Correction, officer: Officer) -> Case:
    return Case(
        state=correction.state,
        officer=rules.officer_name(StaffNo(officer.staff_no)),
        requested_by=correction.requested_by,
        endorsed_by=correction.endorsed_by,
    )


def _take_effect(session: Session, now: datetime, correction: Correction) -> None:
    """Add the punch or the void. Keys of both tables let it happen once."""
    if correction.kind is CorrectionKind.VOID:
        session.add(PunchVoid(punch_id=correction.punch_id, correction_id=correction.id, at=now))
    else:
        punch = Punch(
            id=new_id(),
            officer_id=correction.officer_id,
            direction=correction.direction,
            at=correction.at,
            received_at=now,
            source=PunchSource.CORRECTION,
            zone_id=correction.zone_id,
            assurance=Assurance.NONE,
            request_id=f"correction:{correction.id}",
        )
        session.add(punch)
        session.flush()
        correction.punch_id = punch.id
    session.flush()


def _close(
    session: Session, now: datetime, whose: tuple[Correction, Officer], state: CorrectionState, actor: Actor
) -> None:
    correction, _ = whose
    correction.state = state
    correction.decided_at, correction.decided_by = now, actor.name
    session.flush()
    record_step(session, now, whose, "reject" if state is CorrectionState.REJECTED else "withdraw", actor)
