"""A score of a comment that its model can't read says so, and SLT set whether a person is asked.

Revision: 0055
Follows: 0054.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("comment_scores", sa.Column("language", sa.String(10), nullable=False, server_default=""))
    op.create_index(
        "ix_comment_scores_unread",
        "comment_scores",
        ["scored_at"],
        sqlite_where=sa.text("language <> ''"),
        postgresql_where=sa.text("language <> ''"),
    )
    op.add_column(
        "flagging_rules",
        sa.Column("other_languages", sa.Boolean(), nullable=False, server_default=sa.true()),
    )


def downgrade() -> None:
    op.drop_column("flagging_rules", "other_languages")
    op.drop_index("ix_comment_scores_unread", "comment_scores")
    op.drop_column("comment_scores", "language")
