"""Consents for one platform, and how a post's pupils appear in it.

Revision: 0026
Follows: 0025.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What is there already is for every platform: empty.
    op.add_column("consents", sa.Column("exact_kind", sa.String(length=20), nullable=True))
    op.add_column("consents", sa.Column("platform", sa.String(length=20), nullable=True))
    op.add_column("draft_revisions", sa.Column("pupils_appear", sa.String(length=20), nullable=True))


def downgrade() -> None:
    op.drop_column("draft_revisions", "pupils_appear")
    op.drop_column("consents", "platform")
    op.drop_column("consents", "exact_kind")
