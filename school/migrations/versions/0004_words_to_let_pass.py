"""Words that a school lets pass, beside those that flag.

Revision: 0004
Follows: 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("flagging_rules", sa.Column("passes", sa.JSON(), server_default="[]", nullable=False))


def downgrade() -> None:
    op.drop_column("flagging_rules", "passes")
