"""Signing in with the agency's provider: which account somebody whom the provider knows may use."""

import logging
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.accounts.provider import Person
from checkin_api.audit import Act
from checkin_api.domain.ids import SignInRefusal
from checkin_api.models import ConsoleAgencyIdentity, ConsoleUser

logger = logging.getLogger(__name__)


def sign_in_by_agency(session: Session, now: datetime, person: Person) -> ConsoleUser | SignInRefusal:
    """The account of a person, bound to them at the first sign-in; the caller commits.

    The provider gives nobody an account or a role: an administrator has made the account and said what the provider
    calls its person. Once it is bound, that name alone opens it to nobody.
    """
    i = ConsoleAgencyIdentity
    known = select(i).where(i.issuer == person.issuer, i.subject == person.subject)
    identity = session.scalar(known.with_for_update())
    if identity is None and person.name is not None:
        identity = session.scalar(select(i).where(i.name == person.name, i.subject.is_(None)).with_for_update())
    user = None if identity is None else session.get(ConsoleUser, identity.user_id)
    if identity is None or user is None or user.disabled_at is not None:
        logger.warning("the agency's %r has no account that may be used", person.name)
        return SignInRefusal.NO_ACCOUNT
    if identity.subject is None:
        identity.issuer, identity.subject, identity.bound_at = person.issuer, person.subject, now
        session.flush()
        act = Act(
            actor=f"console:{user.username}",
            action="user.bind",
            subject=f"user:{user.username}",
            detail={"agency_name": identity.name},
        )
        audit.record(session, now, act)
    return user
