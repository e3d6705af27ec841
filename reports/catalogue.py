"""The one list of report kinds: what each may be asked for, and how it is written into a file."""

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Literal
from zoneinfo import ZoneInfo

from checkin_api.db import Database
from reports.daily import usage_of
from reports.render import csv, json
from reports.tables import Report
from reports.wanted import Progress, Question, Rules, Wanted, WantedError, no_progress, safe_name

__all__ = [
    "KINDS",
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

FORMS: Mapping[str, Callable[[Report, BinaryIO], None]] = {"csv": csv.render, "json": json.render}
# A leap year; longer periods are several reports.
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Written:
    """What is in a file: rows of data, their SHA-256, and the characters that its encoding could not hold."""

    rows: int
    sha256: str
    lost: tuple[str, ...] = ()


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
    forms: tuple[str, ...]
    by_unit: bool = True
    by_officer: bool = False
    build: Callable[[Question], Report]


KINDS: Mapping[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind(
            key="daily_usage",
            zh="每日使用報表",
            en="Daily usage report",
            period="day",
            forms=("csv", "json"),
            build=usage_of,
        ),
    )
}


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


def write(
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
    report = kind.build(question)
    FORMS[wanted.form](report, outfile)
    return Written(report.row_count, report.sha256)


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
    return f"{whose}_{period}_{kind.zh}_{moment}.{wanted.form}"
