"""Today: how the day stands per unit and who is behind each number, brought up to date without reloading."""

from collections.abc import Hashable
from datetime import date, timedelta
from typing import Any

from flask import render_template, request

from checkin_api import queries
from checkin_api.checkin.unit_day import unit_day
from checkin_api.domain.ids import Status
from checkin_api.domain.shifts import DAY, local_date
from checkin_api.queries.attendance import duty_limits
from checkin_api.queries.standing import UnitStanding, standing
from checkin_api.web.console import access, paging, parameters
from checkin_api.web.console.access import READERS, page
from checkin_api.web.console.frame import blueprint
from reports.tables import REFERENCE_RATE
from reports.trend import Adoption, adoption

TREND_DAYS = 14
# The whole department is counted in about a second; nobody needs it more often.
KEPT_FOR = timedelta(seconds=15)


@blueprint.get("/")
@page(*READERS)
def home() -> Any:
    """The day per unit, and adoption of the last two weeks."""
    day = parameters.day("day", local_date(access.now(), access.settings().zone))
    found = _day(day)
    return render_template("console/today.html", **found, trend=_trend(found["rows"]), reference=REFERENCE_RATE)


@blueprint.get("/today/units")
@page(*READERS)
def home_units() -> Any:
    """The part of the page that changes; the page asks for it again and again."""
    day = parameters.day("day", local_date(access.now(), access.settings().zone))
    return render_template("console/today_units.html", **_day(day))


@blueprint.get("/today/people")
@page(*READERS)
def home_people() -> Any:
    """Who is behind the numbers of a unit: those who need a look first."""
    settings, now = access.settings(), access.now()
    day = parameters.day("day", local_date(now, settings.zone))
    with access.database().read() as session:
        units = access.units(session, request.args.get("unit"))
        found = unit_day(session, units, day, now=now, zone=settings.zone, limits=duty_limits(session, settings))
        unit = units[0] if request.args.get("unit") else None
    chosen = parameters.one_of("status", Status)
    duties = [duty for duty in found.duties if chosen in (None, duty.record.status)]
    number = paging.wanted()
    skip = paging.skipped(number)
    return render_template(
        "console/today_people.html",
        date=day,
        unit=unit,
        duties=duties[skip : skip + paging.SIZE],
        paging=paging.Paging(number, len(duties)),
        statuses=found.statuses,
        chosen=chosen,
    )


def _day(day: date) -> dict[str, Any]:
    settings, now = access.settings(), access.now()
    with access.database().read() as session:
        units = access.units(session)
        # With the rules of the shifts: one that HR saves shows at once.
        key = (access.viewer().unit, day, *queries.shifts(session))
        rows = _kept(key) or standing(session, units, day, now=now, zone=settings.zone)
        complete = queries.completeness(session)
    _keep(key, rows)
    return {"date": day, "rows": rows, "complete": complete, "now": now, "today": local_date(now, settings.zone)}


def _kept(key: Hashable) -> list[UnitStanding] | None:
    found = access.extension("standing_kept").get(key)
    if found is None or not timedelta() <= access.now() - found[0] < KEPT_FOR:
        return None
    rows: list[UnitStanding] = found[1]
    return rows


def _keep(key: Hashable, rows: list[UnitStanding]) -> None:
    kept = access.extension("standing_kept")
    if _kept(key) is None:
        for old in [each for each, (at, _) in list(kept.items()) if access.now() - at > KEPT_FOR]:
            kept.pop(old, None)
        kept[key] = (access.now(), rows)


def _trend(rows: list[UnitStanding]) -> list[Adoption]:
    """Adoption as the daily reports have it, so that both say the same; a day without a report has no bar."""
    settings = access.settings()
    last = local_date(access.now(), settings.zone) - DAY
    units = None if access.viewer().unit is None else {row.unit.code for row in rows}
    return adoption(settings.report_dir, last - DAY * (TREND_DAYS - 1), last, units=units)
