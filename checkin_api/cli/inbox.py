"""``checkin inbox``: webhook events, and trying parked ones again."""

from dataclasses import asdict

import click

from checkin_api import inbox
from checkin_api.cli.common import format_option, open_database, show
from checkin_api.domain.ids import EventState


@click.group()
def command() -> None:
    """事件匣 / Webhook events as LINE sent them, and what became of each."""


@command.command("list")
@click.option("--state", type=click.Choice([state.value for state in EventState]), help="狀態 / Only this state.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100_000), help="筆數 / At most.")
@format_option
def list_(state: str | None, limit: int, form: str) -> None:
    """列出事件 / List events, the newest first; JSON has them whole."""
    with open_database() as (settings, database), database.read() as session:
        events = inbox.list_events(session, state=EventState(state) if state else None, limit=limit)
    rows = []
    for event in events:
        row = asdict(event)
        row["received_at"] = event.received_at.astimezone(settings.zone).isoformat(timespec="milliseconds")
        if form == "table":
            # The whole event names a LINE user; a terminal scrollback is no place for that.
            del row["raw"]
        rows.append(row)
    show(rows, form)


@command.command()
@click.argument("event_id")
def retry(event_id: str) -> None:
    """重試 / Decide a parked event again, after a new release has learned to, say."""
    with open_database() as (_, database), database.write() as session:
        number = inbox.retry(session, event_id)
    click.echo(f"event {number} is back in the inbox")
