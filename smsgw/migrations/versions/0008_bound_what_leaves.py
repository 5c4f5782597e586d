"""Keep how far a number's pace and a day's messages have been used, and mark what no report came of."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

QUEUED = sa.text("state = 'queued'")
REPORTED = sa.text("state IN ('accepted', 'sent') AND no_report_at IS NULL")


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "sender_pace",
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("free_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sender_pace")),
    )
    op.create_index(
        "ix_outbound_due_number",
        "outbound",
        ["from_phone", "priority", "id"],
        sqlite_where=QUEUED,
        postgresql_where=QUEUED,
    )
    op.create_table(
        "daily_sends",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("told", sa.SmallInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_daily_sends")),
    )
    op.add_column("outbound", sa.Column("no_report_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_outbound_reported", "outbound", ["updated_at"], sqlite_where=REPORTED, postgresql_where=REPORTED
    )


def downgrade() -> None:
    """Undo the step."""
    op.drop_index("ix_outbound_reported", "outbound")
    with op.batch_alter_table("outbound") as batch:
        batch.drop_column("no_report_at")
    op.drop_table("daily_sends")
    op.drop_index("ix_outbound_due_number", "outbound")
    op.drop_table("sender_pace")
