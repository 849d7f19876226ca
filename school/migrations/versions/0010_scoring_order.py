"""Comments in the order in which they are taken for scoring.

Revision: 0010
Follows: 0009.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_comments_state_scoring_attempts_created_at"),
        "comments",
        ["state", "scoring_attempts", "created_at"],
    )
    op.create_index(op.f("ix_comments_created_at_id"), "comments", ["created_at", "id"])
    op.drop_index(op.f("ix_comments_state_created_at"), table_name="comments")


def downgrade() -> None:
    op.drop_index(op.f("ix_comments_created_at_id"), table_name="comments")
    op.create_index(op.f("ix_comments_state_created_at"), "comments", ["state", "created_at"])
    op.drop_index(op.f("ix_comments_state_scoring_attempts_created_at"), table_name="comments")
