"""The index that the log's page of one state is read by, in the page's whole order.

Revision: 0034
Follows: 0033.
"""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_log_cases_newest_first",
        "log_cases",
        ["state", "recorded_at", "entry_id", "version", "about_headteacher"],
    )
    op.drop_index("ix_log_cases_open", table_name="log_cases")


def downgrade() -> None:
    op.create_index(
        "ix_log_cases_open", "log_cases", ["state", "recorded_at", "version", "about_headteacher"]
    )
    op.drop_index("ix_log_cases_newest_first", table_name="log_cases")
