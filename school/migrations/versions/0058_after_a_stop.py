"""When publishing was allowed again after a stop: what was due by then waits for a person's word.

Revision: 0058
Follows: 0057.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "school", sa.Column("publishing_allowed_at", school.db.UtcDateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("school", "publishing_allowed_at")
