"""Who takes a step of a correction, and the step in the audit log."""

import hashlib
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.audit import Act
from checkin_api.domain.corrections import Actor
from checkin_api.domain.ids import StaffNo
from checkin_api.errors import unknown_officer
from checkin_api.models import Correction, Officer


def officer_actor(session: Session, staff_no: str, *, account: str) -> Actor:
    """An officer as who acts, through an account.

    Raises:
        NotFoundError: no such officer.
    """
    if session.scalar(select(Officer.id).where(Officer.staff_no == staff_no)) is None:
        raise unknown_officer(staff_no)
    return Actor(account, StaffNo(staff_no))


def record_step(session: Session, now: datetime, whose: tuple[Correction, Officer], step: str, actor: Actor) -> None:
    """What was asked, by the hash of the words only: the log is never erased, and a reason may be personal."""
    correction, officer = whose
    detail = {
        "by": actor.name,
        "officer": officer.staff_no,
        "kind": correction.kind,
        "direction": correction.direction,
        "at": correction.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "punch": correction.punch_id and str(correction.punch_id),
        "reason_sha256": _sha256(correction.reason.encode()),
        "attachment_sha256": _sha256(correction.attachment),
        "comment_sha256": _sha256(correction.comment.encode()),
    }
    act = Act(actor=actor.account, action=f"correction.{step}", subject=f"correction:{correction.id}", detail=detail)
    audit.record(session, now, act)


def _sha256(content: bytes | None) -> str | None:
    return hashlib.sha256(content).hexdigest() if content else None
