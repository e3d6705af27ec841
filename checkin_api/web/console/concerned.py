"""Those whom a leak concerns: what is asked about them, the list as a file on the record, and that they were told."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from flask import redirect, request, url_for

from checkin_api import privacy
from checkin_api.builds import MadeAtOnce
from checkin_api.domain.ids import PrivacyRefusal, Role
from checkin_api.domain.shifts import DAY, local_date
from checkin_api.privacy import Leak, Reach
from checkin_api.web.console import access, parameters, wording
from checkin_api.web.console.access import page
from checkin_api.web.console.asking import hand_over, watermark
from checkin_api.web.console.frame import blueprint
from checkin_api.web.console.privacy import insist
from checkin_api.web.errors import ProblemError
from reports.catalogue import FORMS
from reports.tables import Column, Fact, Report, Table, Type, fingerprint, local

DAYS = 30
# Of the list among the files that people took.
LIST = "leak_concerned"
FILES = ("xlsx", "csv")
_COLUMNS = (
    Column("staff_no", "員警編號", "Staff number"),
    Column("name", "姓名", "Name"),
    Column("unit", "單位代碼", "Unit code"),
    Column("unit_name", "單位", "Unit"),
    Column("in_service", "在職（1、0）", "In service, 1 or 0", Type.INT),
    Column("data", "資料種類代碼", "Kinds of data, codes"),
    Column("data_zh", "資料種類", "Kinds of data (zh-TW)"),
    Column("told_at", "已通知時間", "Told at", Type.DATETIME),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What would have come out, and of which leak that was noted, 0 of none."""

    leak: Leak
    breach: int

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The same as the fields of a form or of an address."""
        leak = self.leak
        return [
            *(("kind", kind) for kind in leak.kinds),
            ("from", leak.first.isoformat()),
            ("to", leak.last.isoformat()),
            ("zone", leak.zone_code or ""),
            ("unit", leak.unit or ""),
            ("breach", str(self.breach or "")),
        ]


def asked() -> Asked:
    """What a form or an address asks.

    Raises:
        ProblemError: 422, there is no such kind, or the dates are not in order.
    """
    today = local_date(access.now(), access.settings().zone)
    chosen = [kind for kind in dict.fromkeys(request.values.getlist("kind")) if kind]
    first, last = parameters.day("from", today - DAY * (DAYS - 1)), parameters.day("to", today)
    if not set(chosen) <= privacy.KINDS.keys():
        raise ProblemError(422, "validation_failed", "沒有這種資料 / there is no such kind of data")
    if first > last:
        raise ProblemError(422, "validation_failed", "期間須由前到後 / from the earlier to the later date")
    leak = Leak(
        kinds=tuple(chosen),
        first=first,
        last=last,
        zone_code=request.values.get("zone") or None,
        unit=request.values.get("unit") or None,
    )
    return Asked(leak, parameters.number("breach") if request.values.get("breach") else 0)


def kinds() -> dict[str, str]:
    """The kinds in the notice's own words."""
    return _words(is_zh=wording.language() == wording.ZH)


@blueprint.get("/privacy/breaches/concerned")
@page(Role.HR)
def privacy_concerned() -> Any:
    """The list as a file; that it is taken is recorded before the first byte is given."""
    wanted, now, zone = _of_a_leak(), access.now(), access.settings().zone
    form = request.args.get("form", "xlsx")
    chosen = FORMS[form] if form in FILES else None
    if chosen is None or chosen.render is None:
        raise ProblemError(422, "validation_failed", "格式為 xlsx 或 csv / the format is xlsx or csv")
    with access.database().read() as session:
        privacy.find_breach(session, wanted.breach)
        found = privacy.reach(session, wanted.leak, zone, local_date(now, zone))
        told = privacy.told(session, wanted.breach, zone)
    content = BytesIO()
    written = chosen.render(_report(wanted, found, told), content, **chosen.marked(watermark()))
    name = f"leak-{wanted.breach}_concerned_{local_date(now, zone)}.{form}"
    taken = MadeAtOnce(
        kind=LIST,
        file_name=name,
        row_count=written.rows,
        sha256=hashlib.sha256(content.getbuffer()).hexdigest(),
        asked={"breach": wanted.breach, **wanted.leak.as_json()},
    )
    return hand_over(content.getvalue(), taken)


@blueprint.post("/privacy/breaches/told")
@page(Role.HR)
def privacy_told() -> Any:
    """Write down that they were told."""
    wanted = _of_a_leak()
    if request.form.get("sure") != "yes":
        raise ProblemError(422, "validation_failed", "請勾選確定都已通知 / tick that all of them were told")
    if wanted.leak.unit is not None:
        raise ProblemError(
            422,
            "validation_failed",
            "記錄通知時不可限定單位 / that people were told is noted of the whole department, not of a unit",
        )
    with access.database().write() as session:
        made = privacy.tell(
            session,
            access.now(),
            wanted.breach,
            wanted.leak,
            access.settings().zone,
            actor=access.viewer().actor,
        )
    if isinstance(made, PrivacyRefusal):
        insist(made)
    return redirect(f"{url_for('console.privacy_breaches')}?{urlencode([*wanted.fields, ('done', 'told')])}", 303)


def _of_a_leak() -> Asked:
    wanted = asked()
    if not wanted.leak.kinds or not wanted.breach:
        raise ProblemError(
            422, "validation_failed", "請選資料種類與外洩事件 / choose the kinds of data and the leak that was noted"
        )
    return wanted


def _report(wanted: Asked, found: Reach, told: Mapping[str, datetime]) -> Report:
    zone, words = access.settings().zone, _words(is_zh=True)
    rows = [
        (
            *(each.staff_no, each.name, each.unit_code, each.unit_name, int(each.in_service)),
            ", ".join(each.kinds),
            "；".join(words[kind] for kind in each.kinds),
            told[each.staff_no].astimezone(zone) if each.staff_no in told else None,
        )
        for each in found.officers
    ]
    table = Table("concerned", "受影響的人", "Whom it concerns", _COLUMNS, rows)
    leak = wanted.leak
    facts = (
        Fact("agency", "機關", "Agency", access.settings().agency_name),
        Fact("breach", "外洩事件", "Leak", wanted.breach),
        Fact("data", "資料種類代碼", "Kinds of data", ", ".join(leak.kinds)),
        Fact("first", "起", "From", leak.first.isoformat()),
        Fact("last", "迄（含）", "To, included", leak.last.isoformat()),
        Fact("zone", "簽到區", "Zone", leak.zone_code),
        Fact("unit", "單位範圍", "Unit filter", leak.unit),
        Fact("made_at", "製表時間", "Made at", local(access.now(), zone)),
        Fact("made_by", "製表人", "Made by", access.viewer().actor),
        Fact("row_count", "資料列數", "Rows", len(rows)),
        Fact("sha256", "資料雜湊", "SHA-256 of the tables", fingerprint([table])),
    )
    return Report("concerned", "外洩事件受影響名單", "Those concerned by a leak", facts, [table])


def _words(*, is_zh: bool) -> dict[str, str]:
    both = privacy.notice(privacy.retention(access.settings()), agency="", contact="")
    table = both["zh" if is_zh else "en"].table
    return {row.data: row.what for row in table.rows if row.data in privacy.KINDS}
