"""Give notices a key of their own, and let those who opted out lately be found."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NOTICE = sa.text("notice_key IS NOT NULL")
OPTED_OUT = sa.text("opted_out_at IS NOT NULL")


def upgrade() -> None:
    """Apply the step."""
    op.add_column("outbound", sa.Column("notice_key", sa.String(length=64), nullable=True))
    op.create_index(
        "uq_outbound_notice_key", "outbound", ["notice_key"], unique=True, sqlite_where=NOTICE, postgresql_where=NOTICE
    )
    op.create_index(
        "ix_contact_opted_out", "contact", ["opted_out_at"], sqlite_where=OPTED_OUT, postgresql_where=OPTED_OUT
    )


def downgrade() -> None:
    """Undo the step."""
    op.drop_index("ix_contact_opted_out", "contact")
    op.drop_index("uq_outbound_notice_key", "outbound")
    with op.batch_alter_table("outbound") as batch:
        batch.drop_column("notice_key")
