"""The one list of report kinds: what each may be asked for, and how it is written into a file."""

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, BinaryIO, Literal
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
from reports.tables import Report, Stream
from reports.unit_day import unit_day
from reports.wanted import Progress, Question, Rules, Wanted, WantedError, Written, no_progress, rules_of, safe_name

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
    "rules_of",
    "write",
]

# A leap year; longer periods are several reports.
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A file format: how a report is written in it, how a long one as its rows come, how its files end.

    ``has_pages`` is whether a watermark has a place in it.
    """

    ending: str
    has_pages: bool = False
    render: Callable[..., Written] | None = None
    stream: Callable[..., Written] | None = None

    def marked(self, watermark: str | None) -> Mapping[str, str | None]:
        """The watermark as writing takes it, if it has a place."""
        return {"watermark": watermark} if self.has_pages else {}


def _of(module: str, function: str) -> Callable[..., Written]:
    """A function of ``reports``, loaded when it is needed: a web process only lists kinds and may lack libraries."""

    def call(*args: Any, **more: Any) -> Written:
        written: Written = getattr(import_module(f"reports.{module}"), function)(*args, **more)
        return written

    return call


FORMS: Mapping[str, Form] = {
    "xlsx": Form(
        ending="xlsx", has_pages=True, render=_of("render.xlsx", "render"), stream=_of("render.long_xlsx", "stream")
    ),
    "pdf": Form(ending="pdf", has_pages=True, render=_of("render.pdf", "render")),
    "zip": Form(ending="zip"),
    "csv": Form(ending="csv", render=_of("render.csv", "render"), stream=_of("render.csv", "stream")),
    "csv-big5": Form(ending="csv", render=_of("render.csv", "render_big5"), stream=_of("render.csv", "stream_big5")),
    "json": Form(ending="json", render=_of("render.json", "render"), stream=_of("render.json", "stream")),
}
_TABLES = tuple(form for form in FORMS if FORMS[form].render is not None)
_LONG = tuple(form for form in FORMS if FORMS[form].stream is not None)


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
    forms: tuple[str, ...] = _TABLES
    by_unit: bool = True
    by_officer: bool = True
    build: Callable[[Question], Report | Stream] | None = None
    write: Callable[[Question, BinaryIO], Written] | None = None


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
    Kind(
        key="month_sheets",
        zh="個人差勤紀錄表",
        en="Personal month sheets",
        period="month",
        forms=("pdf", "zip"),
        write=_of("sheet_files", "write_sheets"),
    ),
    Kind(key="duty_records", zh="差勤紀錄", en="Duty records", period="days", forms=_LONG, build=duty_records),
    Kind(
        key="unit_day",
        zh="單位當日名冊",
        en="Unit roster of a day",
        period="day",
        by_officer=False,
        build=unit_day,
    ),
    Kind(key="raw_punches", zh="打卡明細", en="Raw punches", period="days", forms=_LONG, build=punch_rows),
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
    if kind.write is not None:
        return kind.write(question, outfile)
    content, form = kind.build(question) if kind.build else None, FORMS[wanted.form]
    if isinstance(content, Report) and form.render is not None:
        return form.render(content, outfile, **form.marked(question.watermark))
    if isinstance(content, Stream) and form.stream is not None:
        return form.stream(content, outfile, progress, **form.marked(question.watermark))
    raise WantedError(f"{kind.zh}不能用這個格式 / {kind.key} cannot be made as {wanted.form}")


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
