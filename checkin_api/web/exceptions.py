"""The records that somebody should look at, graded; what was computed a moment ago is kept for whoever asks again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from checkin_api import queries
from checkin_api.domain.ids import Flag, Status
from checkin_api.domain.records import DutyRecord
from checkin_api.domain.shifts import local_date
from checkin_api.queries.attendance import OfficerRow, Period, attendance
from checkin_api.web import scope
from checkin_api.web.scope import Looker
from reports.exceptions import Severity, severity

# Whoever filters and turns pages asks the same again; the whole department takes seconds to compute.
KEPT_FOR = timedelta(seconds=60)
_MOST_KEPT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """A record that somebody should look at; ``zone`` is the code of the duty's zone, empty where none is named."""

    officer: OfficerRow
    record: DutyRecord
    zone: str
    severity: Severity
    age: int


def graded(session: Session, who: Looker, unit: str | None, period: Period) -> tuple[list[Graded], datetime]:
    """The exceptions, and when they were computed: a moment ago by whoever may see the same, or now.

    Raises:
        NotFoundError: there is no such unit, or it is none of theirs, which is logged.
    """
    now, units = period.as_of, scope.units(session, who, unit)
    kept: dict[Any, tuple[datetime, list[Graded]]] = current_app.extensions["exceptions_kept"]
    # A rule that HR saves shows at once.
    rules = (period.limits, *queries.shifts(session))
    key = (who.unit, unit, period.first, period.last, rules)
    # Requests run side by side: what one looks at another may change.
    for old in [each for each, (at, _) in list(kept.items()) if not timedelta() <= now - at < KEPT_FOR]:
        kept.pop(old, None)
    there = kept.get(key)
    if there is not None:
        return there[1], there[0]
    everybody = unit is None and who.unit is None
    found = graded_of(session, period, None if everybody else queries.of_units(units))
    for oldest in list(kept)[: max(0, len(kept) - _MOST_KEPT + 1)]:
        kept.pop(oldest, None)
    kept[key] = (now, found)
    return found, now


def graded_of(session: Session, period: Period, among: ColumnElement[bool] | None) -> list[Graded]:
    """The exceptions of these officers, or of everybody, as they are now; nothing is kept."""
    today = local_date(period.as_of, period.zone)
    return [
        Graded(
            officer=block.officers[record.officer],
            record=record,
            zone=block.zones[record.zone].code,
            severity=severity(record.status, record.flags),
            age=(today - record.duty_date).days,
        )
        for block in attendance(session, period, among=among)
        for record in block.exceptions()
    ]


def matching(found: Iterable[Graded], grade: Severity | None, status: Status | None, flag: Flag | None) -> list[Graded]:
    """Those of a severity, a status and a flag, each if it is given; the gravest and oldest first."""
    return sorted(
        (
            each
            for each in found
            if grade in (None, each.severity)
            and status in (None, each.record.status)
            and (flag is None or flag in each.record.flags)
        ),
        key=_order,
    )


def _order(each: Graded) -> tuple[int, int, str, str]:
    return -each.severity, -each.age, each.officer.unit_code, each.officer.staff_no
