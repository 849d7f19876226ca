"""Which secret key is the right one, and which pictures a lost key took.

Revision: 0005
Follows: 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("school", sa.Column("key_check", sa.LargeBinary(), nullable=True))
    op.add_column(
        "media_files", sa.Column("original_lost_at", school.db.UtcDateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    with op.batch_alter_table("media_files") as batch_op:
        batch_op.drop_column("original_lost_at")
    with op.batch_alter_table("school") as batch_op:
        batch_op.drop_column("key_check")
