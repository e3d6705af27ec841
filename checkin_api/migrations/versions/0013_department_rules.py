"""rules that HR sets."""

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0011"


def upgrade() -> None:
    op.create_table(
        "department_rule",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("set_by", sa.String(100), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_department_rule")),
    )


def downgrade() -> None:
    op.drop_table("department_rule")
