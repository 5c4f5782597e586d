"""Count guesses by their attempts, and let a membership move once at a time.

Revision ID: 0003
Revises: 0002
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Take the step. Nothing was counted before, so that the tables are made anew."""
    op.drop_table("guards")
    op.drop_table("attempts")
    op.create_table(
        "guards",
        sa.Column("key", sa.LargeBinary(16), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("until", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("touched_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_guards")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_guards_touched_at"), "guards", ["touched_at"])
    op.create_table(
        "attempts",
        sa.Column("inbound_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("verdict", sa.String(12), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("phone_key", sa.LargeBinary(16), nullable=False),
        sa.Column("membership_key", sa.LargeBinary(16), nullable=True),
        sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("inbound_id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_at"), "attempts", ["at"])
    op.create_index("ix_attempts_phone", "attempts", ["phone_key", "at"])
    op.create_index("ix_attempts_membership", "attempts", ["membership_key", "at"])
    op.create_index(
        "uq_rebindings_waiting",
        "rebindings",
        ["membership_id"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def downgrade() -> None:
    """Undo the step."""
    op.drop_index("uq_rebindings_waiting", "rebindings")
    op.drop_table("attempts")
    op.drop_table("guards")
    op.create_table(
        "guards",
        sa.Column("key", sa.LargeBinary(16), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("locks", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("locks_since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_guards")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attempts",
        sa.Column("inbound_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("verdict", sa.String(12), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("inbound_id", name=op.f("pk_attempts")),
    )
