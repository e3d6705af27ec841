"""The audit log as somebody looks through it: filtered, a page at a time by number, and all about some subjects."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checkin_api.audit import Entry
from checkin_api.models import AuditEntry

_COLUMNS = list(AuditEntry.__table__.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What is looked for: a part of who acted, how the act and its subject begin, from when until when (not included).

    Nothing of it means everything.
    """

    actor: str = ""
    action: str = ""
    subject: str = ""
    begin: datetime | None = None
    end: datetime | None = None


def entries_before(session: Session, looked: Looked, number: int | None, *, limit: int) -> list[Entry]:
    """Entries with lower numbers than this one, the newest first; the newest of all without a number."""
    e = AuditEntry
    query = select(*_COLUMNS).order_by(e.number.desc()).limit(limit)
    for column, text in ((e.action, looked.action), (e.subject, looked.subject)):
        if text:
            query = query.where(column.startswith(text, autoescape=True))
    if looked.actor:
        query = query.where(e.actor.contains(looked.actor, autoescape=True))
    if looked.begin is not None:
        query = query.where(e.at >= looked.begin)
    if looked.end is not None:
        query = query.where(e.at < looked.end)
    if number is not None:
        query = query.where(e.number < number)
    return [Entry(*row) for row in session.execute(query)]


def entries_about(session: Session, subjects: Collection[str], *, limit: int) -> list[Entry]:
    """The newest entries about any of some subjects, the newest first."""
    query = select(*_COLUMNS).where(AuditEntry.subject.in_(subjects))
    return [Entry(*row) for row in session.execute(query.order_by(AuditEntry.number.desc()).limit(limit))]


def last_number(session: Session) -> int:
    """The number of the newest entry; 0 of an empty log."""
    return session.scalar(select(func.max(AuditEntry.number))) or 0
