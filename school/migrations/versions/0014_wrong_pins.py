"""Wrong PINs are counted for each approval link.

Revision: 0014
Follows: 0013.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "approval_requests", sa.Column("wrong_pins", sa.Integer(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    op.drop_column("approval_requests", "wrong_pins")
