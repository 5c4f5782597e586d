"""Block phones, and keep what one operator asks for and another agrees to."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    """Apply the step."""
    op.add_column("contact", sa.Column("blocked_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "proposals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=48), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("maker_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("checker_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("checker_id <> maker_id", name=op.f("ck_proposals_two_operators")),
        sa.ForeignKeyConstraint(["maker_id"], ["operators.id"], name=op.f("fk_proposals_maker_id")),
        sa.ForeignKeyConstraint(["checker_id"], ["operators.id"], name=op.f("fk_proposals_checker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index(
        "uq_proposals_open", "proposals", ["act", "about"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade() -> None:
    """Undo the step."""
    op.drop_table("proposals")
    op.drop_column("contact", "blocked_at")
