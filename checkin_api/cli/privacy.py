"""``checkin privacy``: what officers ask about their own data, who accepted the notice, what is past its period."""

import hashlib
import sys
from contextlib import nullcontext
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from checkin_api import builds, privacy
from checkin_api.builds import MadeAtOnce
from checkin_api.cli.common import Instant, command_line_actor, format_option, local_time, open_database, show
from checkin_api.clock import SystemClock
from checkin_api.domain.corrections import clean_text
from checkin_api.domain.ids import PrivacyRequestState
from checkin_api.domain.purges import CERTIFICATE
from checkin_api.domain.shifts import local_date
from checkin_api.domain.words import PRIVACY_REFUSAL, PRIVACY_REQUEST_KIND, PRIVACY_REQUEST_STATE
from checkin_api.privacy import CutOffs, Purged, RequestRow

# Of the column that keeps it.
_LONGEST_NAME = 100


@click.group()
def command() -> None:
    """個人資料 / What officers ask about their own data, who accepted the notice, what is past its period."""


@command.command()
@click.option("--state", type=click.Choice([state.value for state in PrivacyRequestState]), help="狀態 / State.")
@format_option
def requests(state: str | None, form: str) -> None:
    """列出請求 / List requests, the oldest first; JSON has the texts in full, and the answers."""
    with open_database() as (settings, database), database.read() as session:
        rows = privacy.requests(session, state=None if state is None else PrivacyRequestState(state))
    shown = _in_full if form == "json" else _in_short
    show([shown(row, settings.zone) for row in rows], form)


@command.command()
@click.argument("request_id", type=click.UUID)
@click.option("--text", required=True, help="答覆，員警看得到 / The answer, as the officer reads it.")
@click.option("--as", "name", required=True, metavar="NAME", help="誰答覆 / Who answers, as the officer reads it.")
def answer(request_id: UUID, text: str, name: str) -> None:
    """答覆 / Answer a request, once; the officer reads it on the page."""
    name = clean_text(name).replace("\n", " ")
    if not 0 < len(name) <= _LONGEST_NAME:
        raise click.UsageError(f"--as 要 1 到 {_LONGEST_NAME} 字 / --as takes 1 to {_LONGEST_NAME} characters")
    with open_database() as (_, database), database.write() as session:
        refusal = privacy.answer(
            session, SystemClock().now(), request_id, text, answered_by=name, actor=command_line_actor()
        )
    if refusal is not None:
        zh, en = PRIVACY_REFUSAL[refusal]
        click.echo(f"error: {zh} / {en} ({refusal})", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"已答覆 / answered: {request_id}")


@command.command()
@format_option
def acceptances(form: str) -> None:
    """接受人數 / How many of the officers in service accepted the current version of the notice."""
    with open_database() as (settings, database), database.read() as session:
        count = privacy.acceptance_count(
            session, local_date(SystemClock().now(), settings.zone), privacy.notice_version(privacy.retention(settings))
        )
    show([asdict(count)], form)


@command.command()
@click.option("--dry-run", is_flag=True, help="只列出，不刪除 / Show only; delete nothing.")
@click.option(
    "--as-of", type=Instant(), help="以過去某時計算截止，供還原的備份重算 / Cut-offs of a time that has passed."
)
@format_option
def purge(*, dry_run: bool, as_of: datetime | None, form: str) -> None:
    """刪除超過保存期限的資料 / Delete what is past its period; the worker does so every night."""
    from checkin_api.building import reports_before  # noqa: PLC0415 (loads the reports)

    now = SystemClock().now()
    if as_of is not None and as_of > now:
        raise click.UsageError("--as-of 不可晚於現在 / must have passed: nothing goes before its period ends")
    with open_database() as (settings, database):
        cut, reports = privacy.cut_offs(settings, as_of or now), reports_before(settings)
        if dry_run:
            done = privacy.preview(database, cut, reports)
        else:
            done = privacy.purge(database, cut, reports, actor=command_line_actor())
    show([_purged(kind, done, cut) for kind in cut.periods], form)
    if not done.complete:
        click.echo("還有逾期的資料，請再執行一次 / some is left past its period: run it again", err=True)


@command.command()
@click.argument("number", metavar="[SEQ]", required=False, type=click.IntRange(1, 2**31 - 1))
@click.option(
    "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="檔案，- 為標準輸出 / File, or -."
)
def certificate(number: int | None, output: Path) -> None:
    """刪除證明（PDF）/ A certificate of what a purge removed: entry SEQ of the audit log, else the newest."""
    from checkin_api.queries.sheets import AuditHead, audit_head  # noqa: PLC0415
    from reports.certificate import Certified, file_name, write_certificate  # noqa: PLC0415 (loads the reports)
    from reports.wanted import watermark  # noqa: PLC0415
    from reports.writing import whole_file  # noqa: PLC0415

    now, actor = SystemClock().now(), command_line_actor()
    with open_database() as (settings, database):
        with database.read() as session:
            found, head = privacy.find_purge(session, number), audit_head(session)
        said = Certified(
            agency=settings.agency_name,
            zone=settings.zone,
            head=head or AuditHead(found.number, found.hash),
            made_at=now,
            made_by=actor,
            watermark=watermark(actor, now, settings.zone, marks=settings.report_watermark),
        )
        made = write_certificate(found, said)
        with database.write() as session:
            taken = MadeAtOnce(
                kind=CERTIFICATE,
                file_name=file_name(found, settings.zone),
                row_count=found.rows,
                sha256=hashlib.sha256(made).hexdigest(),
                asked={"purge": found.number},
            )
            builds.take(session, now, taken, actor=actor)
    to_screen = str(output) == "-"
    try:
        with nullcontext(sys.stdout.buffer) if to_screen else whole_file(output) as file:
            file.write(made)
    except OSError as exc:
        click.echo(f"error: {output}: {exc.strerror or exc}", err=True)
        raise click.exceptions.Exit(1) from exc
    if not to_screen:
        click.echo(f"wrote {output}", err=True)


def _purged(kind: str, done: Purged, cut: CutOffs) -> dict[str, Any]:
    return {
        "kind": kind,
        "kept": " / ".join(cut.periods[kind].words()),
        "older_than": local_time(privacy.older_than(cut, kind), cut.zone),
        "rows": done.counts.get(kind),
        "note": privacy.KEPT.get(kind, ""),
    }


def _in_full(row: RequestRow, zone: ZoneInfo) -> dict[str, Any]:
    times = {name: local_time(getattr(row, name), zone) for name in ("requested_at", "due_at", "answered_at")}
    return asdict(row) | times


def _in_short(row: RequestRow, zone: ZoneInfo) -> dict[str, Any]:
    """What HR looks at first: what, whose, until when."""
    return {
        "id": row.id,
        "state": PRIVACY_REQUEST_STATE[row.state][0],
        "officer": f"{row.staff_no} {row.name}",
        "kind": PRIVACY_REQUEST_KIND[row.kind][0],
        "due": row.due_at.astimezone(zone).date(),
        "text": row.text,
    }
