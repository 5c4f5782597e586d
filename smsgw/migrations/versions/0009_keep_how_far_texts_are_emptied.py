"""Keep up to where the texts of the log are emptied."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "emptied",
        sa.Column("log", sa.String(length=16), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("log", name=op.f("pk_emptied")),
    )


def downgrade() -> None:
    """Undo the step."""
    op.drop_table("emptied")
