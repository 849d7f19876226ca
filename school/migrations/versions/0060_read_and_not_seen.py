"""What a draft's author says of pupils who can't be seen any more, and up to when its conversation was read.

Revision: 0060
Follows: 0059.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("draft_revisions", sa.Column("not_seen", sa.JSON(), nullable=True))
    for column in ("author_read_at", "deciders_read_at"):
        op.add_column("drafts", sa.Column(column, school.db.UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("drafts") as batch:
        batch.drop_column("deciders_read_at")
        batch.drop_column("author_read_at")
    with op.batch_alter_table("draft_revisions") as batch:
        batch.drop_column("not_seen")
