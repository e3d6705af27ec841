"""``checkin import``: CSV files into the database."""

import sys
from pathlib import Path

import click

from checkin_api.cli.common import open_database
from checkin_api.clock import SystemClock
from checkin_api.imports import ImportRefusedError, Kind, import_file

SHOWN_PROBLEMS = 50


@click.command()
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="只檢查，不寫入 / Check and count, change nothing.")
def command(kind: str, file: Path, *, dry_run: bool) -> None:
    """匯入 CSV / Import one file: all of it, or nothing when a line is wrong."""
    with open_database() as (settings, database):
        try:
            with database.write() as session:
                result = import_file(
                    session,
                    Kind(kind),
                    file.read_bytes(),
                    filename=file.name,
                    now=SystemClock().now(),
                    default_timezone=settings.timezone,
                )
                if dry_run:
                    session.rollback()
        except ImportRefusedError as exc:
            for problem in exc.problems[:SHOWN_PROBLEMS]:
                click.echo(f"error: {problem}", err=True)
            if len(exc.problems) > SHOWN_PROBLEMS:
                click.echo(f"error: …and {len(exc.problems) - SHOWN_PROBLEMS:,} more", err=True)
            click.echo("nothing was imported", err=True)
            sys.exit(1)
    done = "would be" if dry_run else "were"
    click.echo(f"{kind}: {result.added} {done} added, {result.changed} changed, {result.unchanged} unchanged")
