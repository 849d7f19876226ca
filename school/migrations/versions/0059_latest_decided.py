"""The indexes that the figures above the queue are counted from: the latest decisions, and what is in the log
for its language alone.

Revision: 0059
Follows: 0058.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

_ALONE = sa.text("kinds = ',language,'")


def upgrade() -> None:
    op.create_index(
        "ix_log_cases_latest_decided",
        "log_cases",
        ["decided_at", "state", "about_headteacher", "urgent", "recorded_at"],
    )
    op.create_index(
        "ix_log_cases_language_alone",
        "log_cases",
        ["state", "about_headteacher"],
        sqlite_where=_ALONE,
        postgresql_where=_ALONE,
    )
    op.drop_index("ix_log_cases_decided_at", table_name="log_cases")


def downgrade() -> None:
    op.create_index("ix_log_cases_decided_at", "log_cases", ["decided_at"])
    op.drop_index("ix_log_cases_language_alone", table_name="log_cases")
    op.drop_index("ix_log_cases_latest_decided", table_name="log_cases")
