"""Alembic's entry: run migrations on the Database that the caller put into the configuration."""

from typing import Literal

from alembic import context

from checkin_api.db import Database
from checkin_api.models import Base, UtcDateTime


def _render(kind: str, value: object, _context: object) -> str | Literal[False]:
    """A migration must not import today's models: our own column type is a timestamp to it."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(value, UtcDateTime) else False


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The tables of procrastinate are made by its own scripts, and no model of ours speaks of them."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


database: Database = context.config.attributes["database"]

with database.engine.execution_options(writes=True).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=database.is_sqlite,
        render_item=_render,
        include_name=_is_ours,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()
