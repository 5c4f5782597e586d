"""Keep the membership number that a message was read with, index what messages are looked up by, and save filters."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

LISTED = "state <> 'queued' AND state <> 'sending' AND state <> 'delivered'"
ERROR, OWN = "error_code IS NOT NULL", "kind <> 'reply'"
INDEXES = (
    ("ix_inbound_number", "inbound", ["number", "id"], "number IS NOT NULL"),
    ("ix_inbound_keyword", "inbound", ["keyword", "carrier", "id"], "state <> 'received'"),
    ("ix_inbound_reason", "inbound", ["reason", "state", "id"], "reason IS NOT NULL"),
    ("ix_outbound_state", "outbound", ["state", "inbound_id"], LISTED),
    ("ix_outbound_error", "outbound", ["error_code", "state", "inbound_id"], ERROR),
    ("ix_outbound_own_state", "outbound", ["state", "carrier", "id"], OWN),
    ("ix_outbound_own_error", "outbound", ["error_code", "state", "id"], f"{ERROR} AND {OWN}"),
)


def upgrade() -> None:
    """Apply the step."""
    op.add_column("inbound", sa.Column("number", sa.LargeBinary(), nullable=True))
    for name, table, columns, condition in INDEXES:
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "saved_filters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_saved_filters_operator_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filters")),
        sa.UniqueConstraint("operator_id", "name", name=op.f("uq_saved_filters_operator_id_name")),
    )


def downgrade() -> None:
    """Undo the step."""
    op.drop_table("saved_filters")
    for name, table, _, _ in reversed(INDEXES):
        op.drop_index(name, table)
    op.drop_column("inbound", "number")
