"""Files that are made while somebody waits and are kept nowhere: that one was taken stands in the export log, too."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from checkin_api import audit
from checkin_api.audit import Act
from checkin_api.domain.ids import new_id
from checkin_api.models import ReportDownload


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeAtOnce:
    """A file: of which kind, its name for people, what is in it, and what was asked for, as JSON can say it."""

    kind: str
    file_name: str
    row_count: int
    sha256: str
    asked: Mapping[str, Any]


def take(session: Session, now: datetime, made: MadeAtOnce, *, actor: str, address: str | None = None) -> None:
    """Record that somebody takes the file, here and in the audit log; commit before the first byte is given."""
    session.add(
        ReportDownload(
            id=new_id(),
            by=actor,
            at=now,
            address=address,
            kind=made.kind,
            file_name=made.file_name,
            row_count=made.row_count,
            sha256=made.sha256,
        )
    )
    told = {
        **made.asked,
        "kind": made.kind,
        "file": made.file_name,
        "rows": made.row_count,
        "sha256": made.sha256,
        "address": address,
    }
    audit.record(session, now, Act(actor=actor, action="report.download", subject=f"export:{made.kind}", detail=told))
