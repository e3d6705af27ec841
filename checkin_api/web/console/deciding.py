"""Deciding corrections: one by one, or several at once, each judged by the rules."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from checkin_api import corrections
from checkin_api.corrections import Approval, policy_in_force
from checkin_api.domain.ids import CorrectionRefusal, CorrectionState, Role
from checkin_api.domain.words import CORRECTION_REFUSAL
from checkin_api.errors import NotFoundError
from checkin_api.queries.corrections import CorrectionRow
from checkin_api.web.console import access, paging
from checkin_api.web.console.access import page
from checkin_api.web.console.frame import blueprint
from checkin_api.web.deciding import granted, no_officer, seen_by
from checkin_api.web.errors import ProblemError

NOBODY_CHOSEN = ("沒有勾選任何申請", "Nothing was selected")
UNKNOWN = ("沒有這件申請", "There is no such request")


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one of several; without a row there is no such correction, or it is none of theirs."""

    row: CorrectionRow | None
    outcome: Approval | tuple[str, str]

    @property
    def refusal(self) -> tuple[str, str] | None:
        """Why it was refused."""
        return None if isinstance(self.outcome, Approval) else self.outcome


@blueprint.post("/corrections/<uuid:correction_id>/approve")
@page(Role.HR, Role.SUPERVISOR)
def corrections_approve(correction_id: UUID) -> Any:
    """Approve one, or endorse it where two decide."""
    insist_on_person()
    with access.database().write() as session:
        seen(session, correction_id)
        done = granted(_approve(session, correction_id))
    return _back("over_quota" if done.is_over_quota else done.state.value)


@blueprint.post("/corrections/<uuid:correction_id>/reject")
@page(Role.HR, Role.SUPERVISOR)
def corrections_reject(correction_id: UUID) -> Any:
    """Turn one down, saying why."""
    insist_on_person()
    return _closed(
        correction_id,
        lambda session: corrections.reject(
            session, access.now(), correction_id, actor=access.actor(), comment=request.form.get("comment", "")
        ),
    )


@blueprint.post("/corrections/<uuid:correction_id>/withdraw")
@page(Role.HR, Role.SUPERVISOR)
def corrections_withdraw(correction_id: UUID) -> Any:
    """Take back what one has asked for, while nobody has decided."""
    return _closed(
        correction_id,
        lambda session: corrections.withdraw(session, access.now(), correction_id, actor=access.actor()),
    )


@blueprint.post("/corrections/approve")
@page(Role.HR, Role.SUPERVISOR)
def corrections_approve_several() -> Any:
    """Approve those that are ticked; what was refused is listed with the reason, and stops none of the others."""
    insist_on_person()
    done = [_decided(text) for text in dict.fromkeys(request.form.getlist("id")[: paging.SIZE])]
    states = [each.outcome.state for each in done if isinstance(each.outcome, Approval)]
    if not done:
        raise ProblemError(422, "nothing_selected", " / ".join(NOBODY_CHOSEN))
    return Response(
        render_template(
            "console/corrections_decided.html",
            done=done,
            approved=states.count(CorrectionState.APPROVED),
            endorsed=states.count(CorrectionState.ENDORSED),
            refused=len(done) - len(states),
            over_quota=[each for each in done if isinstance(each.outcome, Approval) and each.outcome.is_over_quota],
        ),
        200 if states else 409,
    )


def insist_on_person() -> None:
    """Refuse an account of which nobody knows whose it is: nobody decides on their own record.

    Raises:
        ProblemError: 409.
    """
    if access.viewer().staff_no is None:
        raise no_officer()


def seen(session: Session, correction_id: UUID) -> CorrectionRow:
    """A correction that who looks may know of; see `seen_by`."""
    return seen_by(session, access.viewer(), correction_id)


def _approve(session: Session, correction_id: UUID) -> Approval | CorrectionRefusal:
    policy = policy_in_force(session, access.settings())
    return corrections.approve(session, access.now(), correction_id, actor=access.actor(), policy=policy)


def _decided(text: str) -> Decided:
    """One of several, in a transaction of its own."""
    try:
        correction_id = UUID(text)
        with access.database().write() as session:
            row = seen(session, correction_id)
            outcome = _approve(session, correction_id)
    except (ValueError, NotFoundError):
        return Decided(None, UNKNOWN)
    return Decided(row, CORRECTION_REFUSAL[outcome] if isinstance(outcome, CorrectionRefusal) else outcome)


def _closed(correction_id: UUID, decide: Callable[[Session], CorrectionState | CorrectionRefusal]) -> Any:
    with access.database().write() as session:
        seen(session, correction_id)
        state = granted(decide(session))
    return _back(state.value)


def _back(done: str) -> Any:
    return redirect(url_for("console.corrections", done=done), 303)
