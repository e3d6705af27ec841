"""``checkin worker``: scheduled jobs."""

import click

from checkin_api.cli.common import open_database
from checkin_api.clock import SystemClock
from checkin_api.logs import configure_logging


@click.command()
def command() -> None:
    """啟動排程 / Build yesterday's report every day, and those missed; any number of workers may run."""
    configure_logging()
    from checkin_api.worker import run_worker  # noqa: PLC0415 (loads the reports)

    with open_database() as (settings, database):
        run_worker(database, settings, SystemClock())
