"""When a school was restored from a backup, and what has been looked for since.

Revision: 0008
Follows: 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("school") as table:
        table.add_column(sa.Column("restored_from", school.db.UtcDateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("restored_at", school.db.UtcDateTime(timezone=True), nullable=True))
    with op.batch_alter_table("publications") as table:
        table.add_column(sa.Column("looked_for_at", school.db.UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("publications") as table:
        table.drop_column("looked_for_at")
    with op.batch_alter_table("school") as table:
        table.drop_column("restored_at")
        table.drop_column("restored_from")
