"""``checkin db``: the schema."""

import click

from checkin_api import migrations
from checkin_api.config import load_settings
from checkin_api.db import Database


@click.group()
def command() -> None:
    """資料庫版本 / Create or upgrade the database."""


@command.command()
def upgrade() -> None:
    """升級到最新版 / Bring the schema to this release's revision; safe to repeat."""
    database = Database(load_settings().database_url)
    before = migrations.current(database)
    after = migrations.upgrade(database)
    database.close()
    click.echo(f"{before or 'empty'} → {after}" if before != after else f"already at {after}")


@command.command()
def current() -> None:
    """顯示目前版本 / Show the schema's revision, and the one this release needs."""
    database = Database(load_settings().database_url)
    revision = migrations.current(database)
    database.close()
    found = revision or ("empty" if database.is_there else f"no database {database.path}")
    click.echo(f"{found} (this release: {migrations.head()})")
    if revision != migrations.head():
        raise click.exceptions.Exit(1)
