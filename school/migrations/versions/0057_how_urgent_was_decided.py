"""News of how something urgent was decided, for whom it was called in.

Revision: 0057
Follows: 0056.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "urgent_notices", sa.Column("tell_from", school.db.UtcDateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    # To the former version each of these rows is a call to look at something urgent.
    op.execute(sa.text("DELETE FROM urgent_notices WHERE tell_from IS NOT NULL"))
    with op.batch_alter_table("urgent_notices") as table:
        table.drop_column("tell_from")
