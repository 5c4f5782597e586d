"""Keep up to where texts are emptied, and new senders counted."""

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
    op.create_table(
        "newcomers",
        sa.Column("upto", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("phones", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("upto", name=op.f("pk_newcomers")),
    )


def downgrade() -> None:
    """Undo the step."""
    op.drop_table("newcomers")
    op.drop_table("emptied")
