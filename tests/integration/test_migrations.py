"""The schema is what the models say, on both databases, and can be taken down and built again."""

from alembic import command
from sqlalchemy import inspect

from checkin_api import migrations
from checkin_api.db import Database
from checkin_api.models import Base


def test_migrated_schema_equals_the_models(database: Database):
    command.check(migrations.alembic_config(database))


def test_every_migration_can_be_undone_and_redone(database: Database):
    command.downgrade(migrations.alembic_config(database), "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    assert migrations.upgrade(database) == migrations.head()
    assert set(Base.metadata.tables) <= set(inspect(database.engine).get_table_names())


def test_upgrade_twice_changes_nothing(database: Database):
    assert migrations.upgrade(database) == migrations.current(database) == migrations.head()
