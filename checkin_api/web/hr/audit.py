"""``/api/v1/audit``: entries of the audit log 稽核紀錄 by who, what, about what, and when."""

import json
from dataclasses import asdict
from typing import Any

from checkin_api.audit import Entry
from checkin_api.domain.ids import Role
from checkin_api.domain.shifts import local_day
from checkin_api.queries.audit_log import Looked, entries_before, last_number
from checkin_api.web.hr import access, examples, schemas
from checkin_api.web.hr.access import blueprint, for_roles


@blueprint.get("/audit")
@for_roles(Role.AUDITOR, Role.HR)
@blueprint.input(schemas.AuditIn, location="query")
@blueprint.output(schemas.AuditOut, example=examples.AUDIT)
def list_entries(query_data: schemas.AuditIn) -> Any:
    """Entries with their hashes, the newest first; the next page by ``before``."""
    asked, zone = query_data, access.settings().zone
    looked = Looked(
        actor=asked.actor,
        action=asked.action,
        subject=asked.subject,
        begin=local_day(asked.first, zone)[0] if asked.first else None,
        end=local_day(asked.last, zone)[1] if asked.last else None,
    )
    with access.database().read() as session:
        # One more tells whether there are more.
        found = entries_before(session, looked, asked.before, limit=asked.limit + 1)
        count = last_number(session)
    return {
        "entries": [{**asdict(entry), "detail": _detail(entry)} for entry in found[: asked.limit]],
        "older": found[asked.limit - 1].number if len(found) > asked.limit else None,
        "last_number": count,
    }


def _detail(entry: Entry) -> Any:
    """What somebody has changed by hand may be no JSON, and is shown as it stands."""
    try:
        return json.loads(entry.detail)
    except ValueError:
        return entry.detail
