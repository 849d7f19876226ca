"""Tasks on the platforms that were taken back before anybody did them.

Revision: 0061
Follows: 0060.
"""

from __future__ import annotations

from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TYPE actstate ADD VALUE IF NOT EXISTS 'withdrawn'")


def downgrade() -> None:
    # PostgreSQL takes no value out of a type: “withdrawn” stays. An older version doesn't know it: there such
    # a task stands as failed, with its answer, to be ticked off.
    op.execute("UPDATE platform_acts SET state = 'failed' WHERE state = 'withdrawn'")
    op.execute("UPDATE platform_act_moves SET old = 'failed' WHERE old = 'withdrawn'")
    op.execute("UPDATE platform_act_moves SET new = 'failed' WHERE new = 'withdrawn'")
