"""Indexes for the figures above the queue and for the choices of the log's search.

Revision: 0018
Follows: 0017.
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_log_cases_open", "log_cases", ["state", "recorded_at", "version", "about_headteacher"]
    )
    op.create_index(op.f("ix_log_cases_decided_at"), "log_cases", ["decided_at"])
    op.create_index(op.f("ix_log_cases_platform"), "log_cases", ["platform"])
    op.create_index(op.f("ix_log_events_by_id"), "log_events", ["by_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_log_events_by_id"), table_name="log_events")
    op.drop_index(op.f("ix_log_cases_platform"), table_name="log_cases")
    op.drop_index(op.f("ix_log_cases_decided_at"), table_name="log_cases")
    op.drop_index("ix_log_cases_open", table_name="log_cases")
