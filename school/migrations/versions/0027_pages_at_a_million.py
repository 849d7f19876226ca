"""Indexes in the order of the queues, and for who did something in a log of many thousand entries.

Revision: 0027
Follows: 0026.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_log_cases_worst_first",
        "log_cases",
        ["state", sa.text("urgent DESC"), sa.text("severity DESC"), "recorded_at", "entry_id"],
    )
    op.create_index(
        "ix_log_cases_urgent",
        "log_cases",
        ["state", "recorded_at"],
        sqlite_where=sa.text("urgent IS 1"),
        postgresql_where=sa.text("urgent IS true"),
    )
    op.create_index(
        "ix_log_events_by_people",
        "log_events",
        ["by_id", "entry_id"],
        sqlite_where=sa.text("by_id IS NOT NULL"),
        postgresql_where=sa.text("by_id IS NOT NULL"),
    )
    op.create_index(
        "ix_followers_worst_first",
        "followers",
        ["state", sa.text("severity DESC"), "waiting_since", "id"],
    )
    op.drop_index("ix_log_cases_queue", table_name="log_cases")
    op.drop_index(op.f("ix_log_events_by_id"), table_name="log_events")
    op.drop_index(op.f("ix_followers_state_severity_waiting_since"), table_name="followers")


def downgrade() -> None:
    op.create_index(
        op.f("ix_followers_state_severity_waiting_since"), "followers", ["state", "severity", "waiting_since"]
    )
    op.create_index(op.f("ix_log_events_by_id"), "log_events", ["by_id"])
    op.create_index(
        "ix_log_cases_queue", "log_cases", ["state", "urgent", "severity", "recorded_at", "entry_id"]
    )
    op.drop_index("ix_followers_worst_first", table_name="followers")
    op.drop_index("ix_log_events_by_people", table_name="log_events")
    op.drop_index("ix_log_cases_urgent", table_name="log_cases")
    op.drop_index("ix_log_cases_worst_first", table_name="log_cases")
