"""Keep PINs, hashed, and one that is on its way until its message is answered."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.add_column("inbound", sa.Column("secret", sa.LargeBinary(), nullable=True))
    op.create_table(
        "pins",
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("wrong", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("guess_id", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("phone", name=op.f("pk_pins")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Undo the step."""
    op.drop_table("pins")
    op.drop_column("inbound", "secret")
