"""Data: what is there of each kind, as a file like that of its import; a file checked, its differences, imported."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from flask import Response, redirect, render_template, request, url_for

from checkin_api import audit
from checkin_api.audit import Act, import_act
from checkin_api.domain.ids import Role, RosterAction
from checkin_api.domain.shifts import local_date
from checkin_api.imports import (
    Change,
    ImportRefusedError,
    ImportResult,
    Kind,
    Problem,
    Replacing,
    export,
    read_sheet,
    store_sheet,
)
from checkin_api.imports.exporting import between, count
from checkin_api.imports.layouts import LAYOUTS
from checkin_api.imports.records import MAX_BYTES
from checkin_api.web.console import access, parameters
from checkin_api.web.console.access import page
from checkin_api.web.console.frame import blueprint
from checkin_api.web.errors import ProblemError

# As many changes of one kind as a person reads at one time.
SHOWN_CHANGES = 100
_MONTH, _YEAR = timedelta(days=31), timedelta(days=366)

WORDS: dict[Kind, tuple[str, str]] = {
    Kind.UNITS: ("單位", "Units"),
    Kind.SHIFTS: ("班別", "Shifts"),
    Kind.OFFICERS: ("員警", "Officers"),
    Kind.SITES: ("地點", "Sites"),
    Kind.ZONES: ("簽到區", "Zones"),
    Kind.BEACONS: ("信標", "Beacons"),
    Kind.ROSTER: ("勤務表", "Roster"),
    Kind.LEAVE: ("請假", "Leave"),
    Kind.CALENDAR: ("辦公日曆", "Government calendar"),
    Kind.PUNCHES: ("其他系統的打卡", "Punches of other clocks"),
    Kind.OUTAGES: ("中斷", "Outages"),
}
ACTION: dict[RosterAction, tuple[str, str]] = {
    RosterAction.ADDED: ("新增", "added"),
    RosterAction.CHANGED: ("更改", "changed"),
    RosterAction.REMOVED: ("刪除", "removed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it was sent, and what is to become of it; the stamp tells it from every other."""

    kind: Kind
    name: str
    content: bytes
    replacing: Replacing | None

    @property
    def stamp(self) -> str:
        """A hash of file and choices: only what was checked is imported."""
        choices = None if self.replacing is None else list(self.replacing.units)
        return hashlib.sha256(json.dumps([self.kind, choices]).encode() + self.content).hexdigest()


@blueprint.get("/data")
@page(Role.HR, Role.AUDITOR)
def data() -> Any:
    """All kinds in the order in which a new department is imported: how many rows, when the last file came."""
    with access.database().read() as session:
        rows = [
            (kind, count(session, kind), next(iter(audit.entries(session, subject=f"import:{kind}", limit=1)), None))
            for kind in Kind
        ]
    return render_template("console/data.html", rows=rows, kinds=WORDS)


@blueprint.get("/data/<kind>")
@page(Role.HR, Role.AUDITOR)
def data_kind(kind: str) -> Any:
    """One kind: the file to send, what it may have, what is there, the last imports."""
    chosen = _kind(kind)
    with access.database().read() as session:
        imports = audit.entries(session, subject=f"import:{chosen}", limit=10)
        rows = count(session, chosen)
    today = local_date(access.now(), access.settings().zone)
    return render_template(
        "console/data_kind.html",
        **_about(chosen),
        imports=[(entry, json.loads(entry.detail)) for entry in imports],
        rows=rows,
        is_long=between(chosen) is not None,
        first=today - _MONTH,
        last=today + _MONTH,
    )


@blueprint.get("/data/<kind>.csv")
@page(Role.HR, Role.AUDITOR)
def data_file(kind: str) -> Response:
    """What is there, in the format of the import; the download is in the audit log."""
    chosen, zone = _kind(kind), access.settings().zone
    column = between(chosen)
    today = local_date(access.now(), zone)
    first, last = parameters.day("from", today - _MONTH), parameters.day("to", today + _MONTH)
    if not first <= last < first + _YEAR:
        raise ProblemError(
            422,
            "validation_failed",
            "期間須由前到後，最多一年 / the period must go from the earlier to the later date, a year at most",
        )
    period = {} if column is None else {"from": first.isoformat(), "to": last.isoformat()}
    with access.database().write() as session:
        act = Act(actor=access.viewer().actor, action="export", subject=f"export:{chosen}", detail=period)
        audit.record(session, access.now(), act)
    with access.database().read() as session:
        among = None if column is None else column(first, last, zone)
        content = b"".join(export(session, chosen, zone, among=among))
    span = f"_{first}_{last}" if period else ""
    answer = Response(content, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{chosen}{span}.csv"'
    return answer


@blueprint.post("/data/<kind>/check")
@page(Role.HR, file_bytes=MAX_BYTES)
def data_check(kind: str) -> Any:
    """What an import of this file would do, or what is wrong with it; nothing is changed."""
    upload = _upload(_kind(kind))
    found = _store(upload, keep=False)
    part = "Hx-Request" in request.headers
    return render_template(
        "console/data_preview.html" if part else "console/data_checked.html",
        **_about(upload.kind),
        **_told(upload, found),
    )


@blueprint.post("/data/<kind>")
@page(Role.HR, file_bytes=MAX_BYTES)
def data_import(kind: str) -> Any:
    """Import the file that was checked; any other is only checked."""
    upload = _upload(_kind(kind))
    if request.form.get("stamp") != upload.stamp:
        raise ProblemError(
            409,
            "not_checked",
            "檔案或選項在檢查後改過了，請重新檢查 / the file or a choice was changed after the check: check it again",
        )
    found = _store(upload, keep=True)
    if isinstance(found, ImportRefusedError):
        page_ = render_template("console/data_checked.html", **_about(upload.kind), **_told(upload, found))
        return Response(page_, 409)
    return redirect(url_for("console.data_kind", kind=upload.kind.value, done="imported"), 303)


def _store(upload: Upload, *, keep: bool) -> ImportResult | ImportRefusedError:
    now, actor = access.now(), access.viewer().actor
    try:
        # Read before the database is taken, so that webhooks wait no longer than they must.
        sheet = read_sheet(
            upload.kind, upload.content, filename=upload.name, default_timezone=access.settings().timezone
        )
        with access.database().write() as session:
            result = store_sheet(session, sheet, now=now, actor=actor, replacing=upload.replacing)
            act = import_act(
                actor=actor, kind=upload.kind, filename=upload.name, content=upload.content, counts=result.counts
            )
            audit.record(session, now, act)
            if not keep:
                session.rollback()
    except ImportRefusedError as exc:
        return exc
    return result


def _told(upload: Upload, found: ImportResult | ImportRefusedError) -> dict[str, Any]:
    if isinstance(found, ImportRefusedError):
        problems: Sequence[Problem] = found.problems
        return {"file": upload.name, "problems": problems, "more": found.more, "result": None}
    shown: dict[RosterAction, list[Change]] = {}
    counts = Counter(change.action for change in found.changes)
    for action in (RosterAction.REMOVED, RosterAction.CHANGED, RosterAction.ADDED):
        shown[action] = list(islice((each for each in found.changes if each.action is action), SHOWN_CHANGES))
    return {
        "file": upload.name,
        "stamp": upload.stamp,
        "replacing": upload.replacing,
        "result": found,
        "problems": (),
        "shown": shown,
        "counts": counts,
        "actions": ACTION,
    }


def _about(kind: Kind) -> dict[str, Any]:
    return {"kind": kind, "title": WORDS[kind], "layout": LAYOUTS[kind]}


def _upload(kind: Kind) -> Upload:
    """The file of the form.

    Raises:
        ProblemError: 422, there is none.
    """
    file = request.files.get("file")
    if file is None or not file.filename:
        raise ProblemError(422, "validation_failed", "請選擇一個 CSV 檔 / choose a CSV file")
    replacing = None
    if kind is Kind.ROSTER and request.form.get("replace"):
        replacing = Replacing(tuple(request.form.get("units", "").replace("，", ",").replace(",", " ").split()))
    name = "".join(char for char in file.filename if char.isprintable())[:80]
    return Upload(kind=kind, name=name, content=file.read(), replacing=replacing)


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError:
        raise ProblemError(404, "not_found", f"沒有這種資料 / there is no such kind of data: {text[:40]}") from None
