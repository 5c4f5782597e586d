"""Let a carrier that refuses the account be paused."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "carrier_pause",
        sa.Column("carrier", sa.String(length=16), nullable=False),
        sa.Column("paused_until", sa.BigInteger(), nullable=False),
        sa.Column("wait_ms", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("probe_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("carrier", name=op.f("pk_carrier_pause")),
    )


def downgrade() -> None:
    """Undo the step."""
    op.drop_table("carrier_pause")
