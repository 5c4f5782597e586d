"""Count how often a message of unknown fate has been looked for in its carrier's list."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WATCHED = sa.text("state IN ('unknown', 'failed_unknown') AND looks < 27")


def upgrade() -> None:
    """Apply the step."""
    op.add_column("outbound", sa.Column("looks", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_index(
        "ix_outbound_watched", "outbound", ["next_attempt_at"], sqlite_where=WATCHED, postgresql_where=WATCHED
    )


def downgrade() -> None:
    """Undo the step."""
    op.drop_index("ix_outbound_watched", "outbound")
    with op.batch_alter_table("outbound") as batch:
        batch.drop_column("looks")
