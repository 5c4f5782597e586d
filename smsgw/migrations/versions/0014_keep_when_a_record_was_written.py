"""Keep when a membership's record was written last."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.add_column("memberships", sa.Column("written_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Undo the step."""
    op.drop_column("memberships", "written_at")
