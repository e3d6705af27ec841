"""Asking for a correction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Session

from checkin_api import queries
from checkin_api.corrections.trail import record_step
from checkin_api.db import Turn, take_turn
from checkin_api.domain import corrections as rules
from checkin_api.domain.attachments import Attachment, judge_attachment
from checkin_api.domain.corrections import OPEN, Actor, Policy
from checkin_api.domain.ids import CorrectionKind, CorrectionRefusal, CorrectionState, Direction, new_id
from checkin_api.errors import NotFoundError, unknown_officer
from checkin_api.models import Correction, Officer, Punch, PunchVoid


@dataclass(frozen=True, slots=True)
class MissingPunch:
    """A punch to add: 簽到 or 簽退."""

    direction: Direction
    at: datetime
    zone_code: str | None = None


@dataclass(frozen=True, slots=True)
class WrongPunch:
    """A punch to void."""

    punch_id: UUID


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for an officer; for everyone whom an outage concerned, ``outage_id`` says which."""

    staff_no: str
    wanted: MissingPunch | WrongPunch
    reason: str
    attachment: Attachment | None = None
    outage_id: int | None = None


def request(
    session: Session, now: datetime, asked: Request, *, actor: Actor, policy: Policy
) -> UUID | CorrectionRefusal:
    """Ask for a correction. The caller commits.

    Raises:
        NotFoundError: no such officer, zone, or punch of this officer.
    """
    take_turn(session, Turn.AUDIT)
    # Requests of one officer wait for each other, so that of two equal ones the second sees the first.
    officer = session.scalar(select(Officer).where(Officer.staff_no == asked.staff_no).with_for_update(key_share=True))
    if officer is None:
        raise unknown_officer(asked.staff_no)
    correction = _correction(session, officer, asked.wanted)
    correction.reason, correction.outage_id = rules.clean_text(asked.reason), asked.outage_id
    refusal = (
        rules.judge_text(correction.reason)
        or _judge_time(correction, now, policy)
        or _attach(correction, asked.attachment)
        or _standing(session, correction)
    )
    if refusal is not None:
        return refusal
    correction.requested_at, correction.requested_by = now, actor.name
    session.add(correction)
    session.flush()
    record_step(session, now, (correction, officer), "request", actor)
    return correction.id


def _correction(session: Session, officer: Officer, wanted: MissingPunch | WrongPunch) -> Correction:
    """The row of a request that nobody has judged yet."""
    blank = {"id": new_id(), "officer_id": officer.id, "state": CorrectionState.REQUESTED}
    if isinstance(wanted, MissingPunch):
        zone_id = None if wanted.zone_code is None else queries.zone_id(session, wanted.zone_code)
        return Correction(
            **blank, kind=CorrectionKind.ADD, direction=wanted.direction, at=wanted.at, zone_id=zone_id, punch_id=None
        )
    punch = session.get(Punch, wanted.punch_id)
    if punch is None or punch.officer_id != officer.id:
        raise NotFoundError(
            f"{officer.staff_no} 沒有打卡 {wanted.punch_id} / officer {officer.staff_no} has no punch {wanted.punch_id}"
        )
    return Correction(
        **blank,
        kind=CorrectionKind.VOID,
        direction=punch.direction,
        at=punch.at,
        zone_id=punch.zone_id,
        punch_id=punch.id,
    )


def _judge_time(correction: Correction, now: datetime, policy: Policy) -> CorrectionRefusal | None:
    refusal = rules.judge_time(correction.at, now, policy)
    # A punch that claims to be of the future, from a clock that is wrong, may well be voided.
    is_void = correction.kind is CorrectionKind.VOID
    return None if is_void and refusal is CorrectionRefusal.FUTURE else refusal


def _attach(correction: Correction, sent: Attachment | None) -> CorrectionRefusal | None:
    attachment = sent and judge_attachment(sent)
    if isinstance(attachment, CorrectionRefusal):
        return attachment
    if attachment is not None:
        correction.attachment, correction.attachment_name = attachment.content, attachment.name
    return None


def _standing(session: Session, correction: Correction) -> CorrectionRefusal | None:
    """Whether the same was asked for and is not decided, or was granted already."""
    same: ColumnElement[bool] = Correction.punch_id == correction.punch_id
    if correction.kind is CorrectionKind.ADD:
        same = (Correction.direction == correction.direction) & (Correction.at == correction.at)
        if session.scalar(_granted(correction.officer_id).where(same)) is not None:
            return CorrectionRefusal.ADDED_ALREADY
    elif session.get(PunchVoid, correction.punch_id) is not None:
        return CorrectionRefusal.VOID_ALREADY
    open_ones = select(Correction.id).where(
        Correction.officer_id == correction.officer_id, Correction.kind == correction.kind, Correction.state.in_(OPEN)
    )
    return None if session.scalar(open_ones.where(same)) is None else CorrectionRefusal.DUPLICATE


def _granted(officer_id: int) -> Select[UUID]:
    """The approved additions of an officer whose punches count still."""
    return select(Correction.id).where(
        Correction.officer_id == officer_id,
        Correction.kind == CorrectionKind.ADD,
        Correction.state == CorrectionState.APPROVED,
        ~exists().where(PunchVoid.punch_id == Correction.punch_id),
    )
