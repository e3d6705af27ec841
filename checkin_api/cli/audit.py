"""``checkin audit``: whether the audit log is whole, and what it says."""

import json
import re
from dataclasses import asdict

import click

from checkin_api import audit
from checkin_api.audit import FAULT_WORDS, BrokenLink
from checkin_api.cli.common import format_option, open_database, show


@click.group()
def command() -> None:
    """稽核紀錄 / The audit log: a chain of hashes of who did what."""


@command.command()
@click.option("--head", metavar="HASH", help="先前抄下的雜湊 / A hash noted earlier, still in the chain?")
def verify(head: str | None) -> None:
    """驗證 / Follow the whole chain; exit 1 and name the first broken link."""
    head = head and head.strip().lower()
    if head and not re.fullmatch("[0-9a-f]{64}", head):
        raise click.UsageError("--head 要完整的 64 位十六進位雜湊 / --head takes all 64 hexadecimal digits")
    with open_database() as (_, database), database.read() as session:
        found = audit.verify(session, head=head)
    if isinstance(found, BrokenLink):
        why = " / ".join(FAULT_WORDS[found.fault])
        click.echo(f"error: 第 {found.number} 號 / entry {found.number}: {why}", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"完整 / whole: {found.count} 筆 / entries, head {found.head}")


@command.command("list")
@click.option("--subject", help="對象，如 officer:A0123 / What it is about, such as officer:A0123.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1_000_000), help="筆數 / At most.")
@format_option
def list_(subject: str | None, limit: int, form: str) -> None:
    """列出紀錄 / List entries, the newest first; JSON has the hashes too."""
    if subject is not None and ":" not in subject:
        raise click.UsageError("--subject 例如 officer:A0123 / --subject is written like officer:A0123")
    with open_database() as (settings, database), database.read() as session:
        entries = audit.entries(session, subject=subject, limit=limit)
    rows = []
    for entry in entries:
        row = asdict(entry)
        if form == "json":
            row["at"] = entry.at.astimezone(settings.zone).isoformat(timespec="microseconds")
            row["detail"] = json.loads(entry.detail)
        else:
            row["at"] = entry.at.astimezone(settings.zone).isoformat(sep=" ", timespec="seconds")
            del row["previous_hash"], row["hash"]
        rows.append(row)
    show(rows, form)
