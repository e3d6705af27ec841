"""``checkin phones``: what officers' phones tell: tests in the phone doctor, phones that changed hands."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import click

from checkin_api import handsets, queries
from checkin_api.cli.common import Day, format_option, local_time, open_database, show
from checkin_api.clock import SystemClock
from checkin_api.domain.shifts import local_date, local_day
from checkin_api.domain.words import PHONE_STEP

_DAYS = timedelta(days=30)


@click.group()
def command() -> None:
    """手機 / Officers' phones: what the phone doctor found, phones that were changed or shared."""


def _interval(function: Any) -> Any:
    first = click.option("--from", "first", type=Day(), help="第一天，預設 30 天前 / First day [30 days ago].")
    return first(click.option("--to", "last", type=Day(), help="最後一天，預設今天 / Last day [today].")(function))


@command.command()
@_interval
@format_option
def checks(first: date | None, last: date | None, form: str) -> None:
    """手機檢查 / Tests in the phone doctor: by system, whether the phone was heard, and which step helped."""
    with open_database() as (settings, database), database.read() as session:
        rows = queries.checkups(session, *_bounds(first, last, settings.zone))
    show([{**asdict(row), "step_words": " / ".join(PHONE_STEP[row.step]) if row.step else ""} for row in rows], form)


@command.command()
@_interval
@click.option("--changed", is_flag=True, help="改列換過手機的人 / Instead, officers with more than one phone.")
@format_option
def handset(first: date | None, last: date | None, form: str, *, changed: bool) -> None:
    """共用手機 / Phones on which several officers punched in the page; a reason to look, no proof of anything."""
    with open_database() as (settings, database), database.read() as session:
        read = handsets.changed if changed else handsets.shared
        rows = read(session, *_bounds(first, last, settings.zone))
    times = ("first_at", "last_at")
    show(
        [{**asdict(row), **{name: local_time(getattr(row, name), settings.zone) for name in times}} for row in rows],
        form,
    )


def _bounds(first: date | None, last: date | None, zone: Any) -> tuple[Any, Any]:
    last = last or local_date(SystemClock().now(), zone)
    first = first or last - _DAYS
    if first > last:
        raise click.UsageError(f"--from {first} 在 --to {last} 之後 / --from is after --to")
    return local_day(first, zone)[0], local_day(last, zone)[1]
