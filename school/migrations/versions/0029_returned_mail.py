"""Mail that came back after a server had taken it, and how far its mailbox has been read.

Revision: 0029
Follows: 0028.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from school.db import SafeText, UtcDateTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox_emails", sa.Column("returned_at", UtcDateTime(timezone=True), nullable=True))
    op.create_table(
        "bounce_mailboxes",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=True),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("next_look_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("read_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("problem", SafeText(), nullable=True),
        sa.Column("problem_since", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_bounce_mailboxes")),
    )


def downgrade() -> None:
    op.drop_table("bounce_mailboxes")
    op.drop_column("outbox_emails", "returned_at")
