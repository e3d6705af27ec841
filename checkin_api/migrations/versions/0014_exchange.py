"""profiles of swipe files, the department's own forms, and downloads of files that no build made."""

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"

_MADE_AT_ONCE = (
    ("kind", sa.String(length=64)),
    ("file_name", sa.String(length=255)),
    ("row_count", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
    ("sha256", sa.String(length=64)),
)


def upgrade() -> None:
    op.create_table(
        "swipe_profile",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_swipe_profile")),
    )
    op.create_table(
        "own_form",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("repeated", sa.String(length=64), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_own_form")),
    )
    with op.batch_alter_table("report_download", schema=None) as batch_op:
        batch_op.alter_column("build_id", existing_type=sa.Uuid(), nullable=True)
        for name, type_ in _MADE_AT_ONCE:
            batch_op.add_column(sa.Column(name, type_, nullable=True))
        batch_op.create_check_constraint(op.f("ck_report_download_made"), "(build_id is null) = (kind is not null)")


def downgrade() -> None:
    # Of a file without a build the release before knows nothing; the audit log keeps who took it.
    op.execute(sa.text("delete from report_download where build_id is null"))
    with op.batch_alter_table("report_download", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_report_download_made"), type_="check")
        for name, _ in reversed(_MADE_AT_ONCE):
            batch_op.drop_column(name)
        batch_op.alter_column("build_id", existing_type=sa.Uuid(), nullable=False)
    op.drop_table("own_form")
    op.drop_table("swipe_profile")
