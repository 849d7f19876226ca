"""How far each machine's clock is from the database's.

Revision: 0032
Follows: 0031.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from school.db import UtcDateTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "machine_clocks",
        sa.Column("machine", sa.String(length=200), nullable=False),
        sa.Column("seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ahead_seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("machine", name=op.f("pk_machine_clocks")),
    )


def downgrade() -> None:
    op.drop_table("machine_clocks")
