"""Deciding corrections, whichever face asks: what is known of one, and refusals in words."""

import logging
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from checkin_api.domain.ids import CorrectionRefusal
from checkin_api.domain.words import CORRECTION_REFUSAL
from checkin_api.errors import unknown_correction
from checkin_api.queries import corrections as reading
from checkin_api.queries.corrections import CorrectionRow
from checkin_api.web import scope
from checkin_api.web.errors import ProblemError
from checkin_api.web.scope import Looker

_T = TypeVar("_T")

logger = logging.getLogger(__name__)

NO_OFFICER = (
    "您的帳號沒有連結員警編號，不能審核：請管理員以 checkin user add --staff-no 另建",
    "Your account names no officer, so nobody could tell whether it is your own record: ask an administrator for one",
)


def no_officer(words: tuple[str, str] = NO_OFFICER) -> ProblemError:
    """Of who decides nobody knows whose record is their own."""
    return ProblemError(409, "no_officer", " / ".join(words))


def seen_by(session: Session, who: Looker, correction_id: UUID) -> CorrectionRow:
    """A correction that somebody may know of; one of another unit is as if it were not there.

    Raises:
        NotFoundError: there is none, or it is none of theirs, which is logged.
    """
    row = reading.correction(session, correction_id)
    if row.unit_code not in {unit.code for unit in scope.units(session, who)}:
        logger.warning("%s asked for correction %s, which is not theirs", who.actor, correction_id)
        raise unknown_correction(correction_id)
    return row


def granted(outcome: _T | CorrectionRefusal) -> _T:
    """What a use case came to.

    Raises:
        ProblemError: 409, it was refused.
    """
    if isinstance(outcome, CorrectionRefusal):
        raise ProblemError(409, str(outcome), " / ".join(CORRECTION_REFUSAL[outcome]))
    return outcome
