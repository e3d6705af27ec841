"""Schema changes: Alembic's scripts, and the two calls that programs make."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from checkin_api.db import Database
from checkin_api.errors import CheckinError


def alembic_config(database: Database) -> Config:
    """Alembic's configuration for one database, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["database"] = database
    return config


def upgrade(database: Database) -> str:
    """Bring the schema to the newest revision, and say which that is."""
    database.make()
    with database.turn():
        command.upgrade(alembic_config(database), "head")
    return current(database) or ""


def current(database: Database) -> str | None:
    """The revision the database is at; None for an empty one, or where there is none."""
    if not database.is_there:
        return None
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_head(database: Database) -> None:
    """Insist on this release's schema.

    Raises:
        CheckinError: the database has another, or none, or is not there.
    """
    said = problem(database)
    if said is not None:
        raise CheckinError(said)


def problem(database: Database) -> str | None:
    """Why this release cannot work with the database, and what to do; None if it can."""
    if not database.is_there:
        return (
            f"there is no database {database.path}: check CHECKIN_DATABASE_URL, where a relative path counts from the"
            " current folder; `checkin db upgrade` makes a new one"
        )
    revision, needed = current(database), head()
    if revision == needed:
        return None
    name = database.path if database.is_sqlite else database.url.database
    found = f"the database {name} is at revision {revision or 'none'}, this release needs {needed}"
    return f"{found}: run `checkin db upgrade`"


def head() -> str | None:
    """The newest revision that this release knows."""
    return ScriptDirectory(str(Path(__file__).parent)).get_current_head()
