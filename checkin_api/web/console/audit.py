"""The audit log 稽核紀錄: looked through by who, what and when, and verified from its first entry to its last."""

import json
import re
from datetime import date
from threading import Lock
from typing import Any

from flask import render_template, request

from checkin_api import audit as log
from checkin_api.audit import FAULT_WORDS, GENESIS, BrokenLink, Entry, Followed, Whole
from checkin_api.domain.ids import Role
from checkin_api.domain.shifts import local_day
from checkin_api.queries.audit_log import Looked, entries_before, last_number
from checkin_api.web.console import access, parameters
from checkin_api.web.console.access import page
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError

ENTRIES_SHOWN = 50
# Entries verified by one request: half a second of one core, 42 µs each (2026-11-29, 100,000 entries in SQLite).
ENTRIES_VERIFIED = 10_000
_LARGEST_NUMBER = 999_999_999
_HASH = re.compile("[0-9a-f]{64}")
_LONGEST_TEXT = 200
# One at a time in a process: it is work for the processor, and whoever checks in comes first.
_verifying = Lock()


@blueprint.get("/audit", endpoint="audit")
@page(Role.AUDITOR, Role.HR)
def entries() -> Any:
    """Entries, the newest first, by who, what, about what, and when."""
    texts = {name: request.args.get(name, "").strip()[:_LONGEST_TEXT] for name in ("actor", "action", "subject")}
    first, last = _date("from"), _date("to")
    zone = access.settings().zone
    looked = Looked(
        **texts,
        begin=local_day(first, zone)[0] if first else None,
        end=local_day(last, zone)[1] if last else None,
    )
    before = parameters.number("before", largest=_LARGEST_NUMBER) if request.args.get("before") else None
    with access.database().read() as session:
        # One more tells whether there are more.
        found = entries_before(session, looked, before, limit=ENTRIES_SHOWN + 1)
        count = last_number(session)
    chosen = {**texts, "from": first and first.isoformat(), "to": last and last.isoformat()}
    return render_template(
        "console/audit.html",
        entries=[(entry, readable(entry)) for entry in found[:ENTRIES_SHOWN]],
        older=found[ENTRIES_SHOWN - 1].number if len(found) > ENTRIES_SHOWN else None,
        before=before,
        count=count,
        chosen={name: value for name, value in chosen.items() if value},
    )


@blueprint.get("/audit/verify")
@page(Role.AUDITOR, Role.HR)
def audit_verify() -> Any:
    """Follow the chain, a part of it a request; the page asks for the next part until it has come to the end."""
    head = request.args.get("head", "").strip().lower()
    if head and not _HASH.fullmatch(head):
        raise ProblemError(
            422, "validation_failed", "雜湊須為完整的 64 位十六進位 / a hash has all 64 hexadecimal digits"
        )
    done = _so_far()
    if not _verifying.acquire(timeout=5):
        raise ProblemError(409, "busy", "有人正在驗證，請稍後再試 / somebody is verifying: try again in a moment")
    try:
        with access.database().read() as session:
            found: Followed | Whole | BrokenLink = log.follow(session, done, most=ENTRIES_VERIFIED)
            if isinstance(found, Followed) and found.is_end:
                found = log.judge(session, found, head=head or None)
            count = last_number(session)
    finally:
        _verifying.release()
    part = "Hx-Request" in request.headers
    return render_template(
        "console/audit_verified.html" if part else "console/audit_verify.html",
        whole=found if isinstance(found, Whole) else None,
        broken=(found, FAULT_WORDS[found.fault]) if isinstance(found, BrokenLink) else None,
        followed=found if isinstance(found, Followed) else None,
        head=head,
        count=count,
        at=access.now(),
    )


def readable(entry: Entry) -> list[tuple[str, str]]:
    """The detail of an entry line by line; whatever is not JSON as it stands."""
    try:
        detail = json.loads(entry.detail)
    except ValueError:
        return [("", entry.detail)]
    if not isinstance(detail, dict):
        return [("", entry.detail)]
    return [
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in detail.items()
        if value is not None
    ]


def _so_far() -> Followed:
    """Where the part before has got to, as the page says it; the log itself is asked whether that is so.

    Raises:
        ProblemError: 422, the address says nothing like it.
    """
    if not request.args.get("number"):
        return Followed()
    found = request.args.get("hash", GENESIS)
    if not _HASH.fullmatch(found):
        raise ProblemError(422, "validation_failed", "網址不正確 / the address is not as described")
    return Followed(parameters.number("number", largest=_LARGEST_NUMBER), found)


def _date(name: str) -> date | None:
    return parameters.day(name, date.min) if request.args.get(name) else None
