"""Who may not take a post down can ask for it, and a draft that nobody wants can be thrown away.

Revision: 0054
Follows: 0053.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("draft_remarks", sa.Column("takedown", sa.String(20), nullable=True))
    op.add_column("drafts", sa.Column("thrown_away_at", school.db.UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("drafts") as batch:
        batch.drop_column("thrown_away_at")
    with op.batch_alter_table("draft_remarks") as batch:
        batch.drop_column("takedown")
