"""The one list of report kinds: what each may be asked for, and how it is written into a file."""

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Literal
from zoneinfo import ZoneInfo

from checkin_api.db import Database
from reports.adoption import adoption
from reports.daily import usage_of
from reports.duties import duty_records
from reports.exceptions import exceptions
from reports.fleet import fleet_health
from reports.month import month_matrix
from reports.overtime import overtime
from reports.raw_punches import punch_rows
from reports.render import csv, json, long_xlsx, xlsx
from reports.tables import Report, Stream
from reports.unit_day import unit_day
from reports.wanted import Progress, Question, Rules, Wanted, WantedError, Written, no_progress, safe_name

__all__ = [
    "FORMS",
    "KINDS",
    "Form",
    "Kind",
    "Progress",
    "Rules",
    "Wanted",
    "WantedError",
    "Written",
    "check",
    "file_name",
    "write",
]

# A leap year; longer periods are several reports.
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A file format: how a report is written in it, how a long one as its rows come, how its files end."""

    ending: str
    render: Callable[[Report, BinaryIO], Written]
    stream: Callable[[Stream, BinaryIO, Progress], Written] | None = None


FORMS: Mapping[str, Form] = {
    "csv": Form(ending="csv", render=csv.render, stream=csv.stream),
    "csv-big5": Form(ending="csv", render=csv.render_big5, stream=csv.stream_big5),
    "xlsx": Form(ending="xlsx", render=xlsx.render, stream=long_xlsx.stream),
    "json": Form(ending="json", render=json.render, stream=json.stream),
}
_ALL = tuple(FORMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of report.

    ``period`` is what it is about: one duty date, one whole month, or any dates up to a year; ``by_unit`` and
    ``by_officer`` whether it can be asked for some only.
    """

    key: str
    zh: str
    en: str
    period: Literal["day", "month", "days"]
    forms: tuple[str, ...] = _ALL
    by_unit: bool = True
    by_officer: bool = True
    build: Callable[[Question], Report | Stream]


_KINDS = (
    Kind(
        key="daily_usage",
        zh="每日使用報表",
        en="Daily usage report",
        period="day",
        by_officer=False,
        build=usage_of,
    ),
    Kind(key="month_matrix", zh="月差勤表", en="Month matrix", period="month", build=month_matrix),
    Kind(key="duty_records", zh="差勤紀錄", en="Duty records", period="days", build=duty_records),
    Kind(
        key="unit_day",
        zh="單位當日名冊",
        en="Unit roster of a day",
        period="day",
        by_officer=False,
        build=unit_day,
    ),
    Kind(key="raw_punches", zh="打卡明細", en="Raw punches", period="days", build=punch_rows),
    Kind(key="exceptions", zh="異常清單", en="Exceptions", period="days", build=exceptions),
    Kind(key="overtime", zh="加班與勤務時數", en="Overtime and limits", period="month", build=overtime),
    Kind(
        key="fleet_health",
        zh="信標與監聽站狀況",
        en="Fleet health",
        period="days",
        by_unit=False,
        by_officer=False,
        build=fleet_health,
    ),
    Kind(key="adoption", zh="使用率統計", en="Adoption", period="days", by_officer=False, build=adoption),
)
KINDS: Mapping[str, Kind] = {kind.key: kind for kind in _KINDS}


def check(wanted: Wanted) -> Kind:
    """The kind that is wanted.

    Raises:
        WantedError: there is no such kind, or not in this format, or not of this period or these officers.
    """
    kind = KINDS.get(wanted.kind)
    if kind is None:
        raise WantedError(f"沒有報表 {wanted.kind} / no such report: {wanted.kind}; there are {', '.join(KINDS)}")
    if wanted.form not in kind.forms:
        raise WantedError(
            f"{kind.zh}沒有 {wanted.form} 格式 / {kind.key} has no format {wanted.form}; it has {', '.join(kind.forms)}"
        )
    if wanted.unit is not None and not kind.by_unit:
        raise WantedError(f"{kind.zh}不分單位 / {kind.key} is not made by unit")
    if wanted.officer is not None and not kind.by_officer:
        raise WantedError(f"{kind.zh}不分人員 / {kind.key} is not made by officer")
    _check_period(kind, wanted)
    return kind


def _check_period(kind: Kind, wanted: Wanted) -> None:
    first, last = wanted.first, wanted.last
    if last < first:
        raise WantedError(f"迄日 {last} 早於起日 {first} / the last date {last} is before the first, {first}")
    if kind.period == "day" and first != last:
        raise WantedError(f"{kind.zh}一次一天 / {kind.key} is of one day: {first} to {last} are several")
    whole = first.day == 1 and last == first.replace(day=monthrange(first.year, first.month)[1])
    if kind.period == "month" and not whole:
        raise WantedError(f"{kind.zh}一次一整月 / {kind.key} is of one whole month: {first} to {last} is none")
    if (last - first).days >= LONGEST_DAYS:
        raise WantedError(f"最多 {LONGEST_DAYS} 天 / at most {LONGEST_DAYS} days at once")


def write(  # noqa: PLR0913 (all that a file says about itself)
    database: Database,
    rules: Rules,
    wanted: Wanted,
    outfile: BinaryIO,
    *,
    made_at: datetime,
    made_by: str,
    progress: Progress = no_progress,
) -> Written:
    """Write one report into a file.

    Raises:
        WantedError: as `check` does.
        NotFoundError: there is no such unit or officer.
    """
    kind = check(wanted)
    question = Question(
        database=database, rules=rules, wanted=wanted, made_at=made_at, made_by=made_by, progress=progress
    )
    content, form = kind.build(question), FORMS[wanted.form]
    if isinstance(content, Report):
        return form.render(content, outfile)
    if form.stream is None:
        raise WantedError(f"{kind.zh}太長，不能用這個格式 / {kind.key} is too long for {wanted.form}")
    return form.stream(content, outfile, progress)


def file_name(wanted: Wanted, made_at: datetime, zone: ZoneInfo) -> str:
    """單位_期間_報表_產生時間: what a file is called, in ASCII and CJK ideographs whatever the codes hold."""
    kind = check(wanted)
    first, last = wanted.first, wanted.last
    if kind.period == "month":
        period = f"{first:%Y-%m}"
    else:
        period = f"{first:%Y-%m-%d}" if first == last else f"{first:%Y%m%d}-{last:%Y%m%d}"
    whose = safe_name(wanted.officer or wanted.unit or "全局")
    moment = f"{made_at.astimezone(zone):%Y%m%dT%H%M%S}"
    return f"{whose}_{period}_{kind.zh}_{moment}.{FORMS[wanted.form].ending}"
