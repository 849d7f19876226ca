"""The publications of one draft are found by an index: without, counting what is to be erased took seconds.

Revision: 0053
Follows: 0052.
"""

from __future__ import annotations

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_publications_draft_id", "publications", ["draft_id"])


def downgrade() -> None:
    op.drop_index("ix_publications_draft_id", table_name="publications")
