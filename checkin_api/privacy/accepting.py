"""Accepting the notice: once for each version, before the page is first used.

The version in force depends on the settings (``notice_version``); the caller knows it.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from checkin_api import queries
from checkin_api.models import NoticeAcceptance, Officer


@dataclass(frozen=True, slots=True)
class Acceptance:
    """That an officer accepted a version."""

    version: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class AcceptanceCount:
    """How many of the officers in service accepted a version."""

    version: str
    officers: int
    accepted: int


def accepted(session: Session, officer_id: int, version: str) -> bool:
    """Whether an officer accepted this version."""
    return session.get(NoticeAcceptance, (officer_id, version)) is not None


def acceptances(session: Session, officer_id: int) -> list[Acceptance]:
    """Which versions an officer accepted, the newest first."""
    n = NoticeAcceptance
    rows = session.execute(
        select(n.version, n.accepted_at).where(n.officer_id == officer_id).order_by(n.accepted_at.desc(), n.version)
    )
    return [Acceptance(*row) for row in rows]


def accept(session: Session, now: datetime, officer_id: int, version: str) -> None:
    """Note that an officer accepts a version; again changes nothing. The caller commits."""
    # Two taps at once: the second waits here and finds the first.
    session.get_one(Officer, officer_id, with_for_update={"key_share": True})
    if not accepted(session, officer_id, version):
        session.add(NoticeAcceptance(officer_id=officer_id, version=version, accepted_at=now))
        session.flush()


def acceptance_count(session: Session, today: date, version: str) -> AcceptanceCount:
    """How far the department is with a version."""
    its = and_(NoticeAcceptance.officer_id == Officer.id, NoticeAcceptance.version == version)
    officers, done = session.execute(
        select(func.count(Officer.id), func.count(NoticeAcceptance.officer_id))
        .outerjoin(NoticeAcceptance, its)
        .where(queries.active_on(today))
    ).one()
    return AcceptanceCount(version, officers, done)
