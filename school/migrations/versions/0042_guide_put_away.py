"""Who has put the first steps on Today away, and the index by which they are ticked off.

Revision: 0042
Follows: 0041.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("guide_put_away_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_audit_entries_actor_id_action"), "audit_entries", ["actor_id", "action"])


def downgrade() -> None:
    op.drop_index(op.f("ix_audit_entries_actor_id_action"), table_name="audit_entries")
    op.drop_column("people", "guide_put_away_at")
