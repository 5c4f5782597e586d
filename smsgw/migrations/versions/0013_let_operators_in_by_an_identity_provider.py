"""Let operators in by an identity provider: whom it must name, and who came first under that name."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.add_column("operators", sa.Column("provider_name", sa.LargeBinary(), nullable=True))
    op.add_column("operators", sa.Column("provider_subject", sa.LargeBinary(length=16), nullable=True))
    op.create_index("uq_operators_provider_name", "operators", ["provider_name"], unique=True)
    op.create_index("uq_operators_provider_subject", "operators", ["provider_subject"], unique=True)


def downgrade() -> None:
    """Undo the step."""
    op.drop_index("uq_operators_provider_subject", "operators")
    op.drop_index("uq_operators_provider_name", "operators")
    op.drop_column("operators", "provider_subject")
    op.drop_column("operators", "provider_name")
