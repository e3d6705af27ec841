"""The runs of the purge that removed something, as the audit log has them."""

import json
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.audit import Entry
from checkin_api.domain.purges import ACTION, SUBJECT, Purge, Removed
from checkin_api.errors import NotFoundError
from checkin_api.models import AuditEntry

# Three years of nights.
MOST = 1000


def purges(session: Session, *, limit: int = 100) -> list[Purge]:
    """The runs that removed something, the newest first, of the last ``MOST`` entries about retention."""
    found = (_purge(entry) for entry in _entries(session) if entry.action == ACTION)
    return [each for each in found if each is not None and each.rows][:limit]


def find_purge(session: Session, number: int | None = None) -> Purge:
    """The run that an entry of the audit log proves, or the newest that removed something.

    Raises:
        NotFoundError: there is none.
    """
    if number is None:
        newest = purges(session, limit=1)
        if not newest:
            raise NotFoundError("還沒有刪除過資料 / nothing has been removed yet")
        return newest[0]
    row = session.execute(
        select(*AuditEntry.__table__.columns).where(AuditEntry.number == number, AuditEntry.action == ACTION)
    ).one_or_none()
    found = None if row is None else _purge(Entry(*row))
    if found is None or not found.rows:
        raise NotFoundError(
            f"稽核紀錄第 {number} 筆不是刪除了資料的紀錄 / entry {number} of the audit log is of no deletion; "
            "see `checkin audit list --subject privacy:retention`"
        )
    return found


def _entries(session: Session) -> list[Entry]:
    return audit.entries(session, subject=SUBJECT, limit=MOST)


def _purge(entry: Entry) -> Purge | None:
    """What an entry says; None of one that proves nothing."""
    told = json.loads(entry.detail)
    if "tables" not in told:
        return None
    return Purge(
        number=entry.number,
        hash=entry.hash,
        at=entry.at,
        actor=entry.actor,
        complete=told["complete"],
        left=told["left"],
        counts={kind: count for kind, count in told["removed"].items() if count},
        before={kind: datetime.fromisoformat(at) for kind, at in told["older_than"].items()},
        days=told["days"],
        tables=[Removed(**each) for each in told["tables"]],
    )
