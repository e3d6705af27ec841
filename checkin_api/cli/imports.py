"""``checkin import``: CSV files into the database."""

from pathlib import Path

import click

from checkin_api.cli.common import open_database
from checkin_api.clock import SystemClock
from checkin_api.imports import ImportRefusedError, Kind, read_sheet, store_sheet


@click.command()
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="只檢查，不寫入 / Check and count, change nothing.")
def command(kind: str, file: Path, *, dry_run: bool) -> None:
    """匯入 CSV / Import one file: all of it, or nothing when a line is wrong."""
    try:
        with open_database() as (settings, database):
            # Read before the database is taken, so that webhooks wait no longer than they must.
            sheet = read_sheet(Kind(kind), file.read_bytes(), filename=file.name, default_timezone=settings.timezone)
            with database.write() as session:
                result = store_sheet(session, sheet, now=SystemClock().now())
                if dry_run:
                    session.rollback()
    except ImportRefusedError as exc:
        for line in str(exc).splitlines():
            click.echo(f"error: {line}", err=True)
        click.echo("未匯入任何資料 / nothing was imported", err=True)
        raise click.exceptions.Exit(1) from exc
    done = "would be" if dry_run else "were"
    click.echo(f"{kind}: {result.added} {done} added, {result.changed} changed, {result.unchanged} unchanged")
