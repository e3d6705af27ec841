"""How far somebody may look: all units, or the own one with all below it; anything else is as if it were not there."""

import logging
from typing import Protocol

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from checkin_api import queries
from checkin_api.domain.ids import Role
from checkin_api.errors import NotFoundError
from checkin_api.queries import UnitRow

logger = logging.getLogger(__name__)

# Whoever looks at attendance; installers see beacons and agents only.
READERS = (Role.HR, Role.SUPERVISOR, Role.AUDITOR)


class Looker(Protocol):
    """Who looks, by an account of the console or by a token; ``unit`` limits a supervisor."""

    @property
    def actor(self) -> str:
        """The name in the audit log."""

    @property
    def role(self) -> Role:
        """What they are here for."""

    @property
    def unit(self) -> str | None:
        """The code of the unit they are limited to, with all below it."""


def units(session: Session, who: Looker, code: str | None = None) -> list[UnitRow]:
    """The units that somebody may see, or one of them with all below it; by code.

    Raises:
        NotFoundError: there is no such unit, or it is none of theirs, which is logged.
    """
    own = queries.units(session, who.unit)
    if code is None:
        return own
    chosen = queries.units(session, code)
    if not {unit.id for unit in chosen} <= {unit.id for unit in own}:
        logger.warning("%s asked for unit %s, which is not theirs", who.actor, code)
        raise NotFoundError(f"您的權限內沒有單位 {code} / there is no unit {code} that you may see")
    return chosen


def insist_on_officer(session: Session, who: Looker, staff_no: str) -> None:
    """Refuse an officer whom somebody may not see.

    Raises:
        NotFoundError: there is no such officer, or it is none of theirs, which is logged.
    """
    if who.unit is not None and not queries.has_officer(session, staff_no, units(session, who)):
        logger.warning("%s asked for officer %s, who is not theirs", who.actor, staff_no)
        raise NotFoundError(f"您的權限內沒有員警 {staff_no} / there is no officer {staff_no} whom you may see")


def among(session: Session, who: Looker, unit: str | None, staff_no: str | None) -> ColumnElement[bool] | None:
    """Whom a question is about, within what somebody may see; None is everybody.

    Raises:
        NotFoundError: there is no such unit or officer, or it is none of theirs, which is logged.
    """
    if unit is not None:
        units(session, who, unit)
    if staff_no is not None:
        insist_on_officer(session, who, staff_no)
    return queries.among(session, unit or who.unit, staff_no)
