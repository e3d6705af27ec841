"""purging."""

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"

# Of each column that refers to a row which is deleted some day: without an index every deletion reads the whole table.
_REFERRING = (
    ("correction", "punch_id"),
    ("presence", "device_id"),
    ("punch", "presence_id"),
    ("refusal", "punch_id"),
)


def upgrade() -> None:
    for table, column in _REFERRING:
        filled = sa.text(f"{column} is not null")
        op.create_index(
            f"ix_{table}_{column}", table, [column], unique=False, sqlite_where=filled, postgresql_where=filled
        )
    op.create_index("ix_punch_void_correction_id", "punch_void", ["correction_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_punch_void_correction_id", table_name="punch_void")
    for table, column in _REFERRING:
        op.drop_index(f"ix_{table}_{column}", table_name=table)
