"""Several posts in one mail, reminders of what waits for a decision, and others asked in time.

Revision: 0043
Follows: 0042.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("approval_requests", sa.Column("mail_due_at", _TIME, nullable=True))
    op.create_index(op.f("ix_approval_requests_mail_due_at"), "approval_requests", ["mail_due_at"])
    op.add_column("submissions", sa.Column("reminded_at", _TIME, nullable=True))
    op.add_column("submissions", sa.Column("widened_at", _TIME, nullable=True))
    op.add_column("people", sa.Column("asked_one_by_one", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("people", "asked_one_by_one")
    op.drop_column("submissions", "widened_at")
    op.drop_column("submissions", "reminded_at")
    op.drop_index(op.f("ix_approval_requests_mail_due_at"), table_name="approval_requests")
    op.drop_column("approval_requests", "mail_due_at")
