"""Anchors of the trail and the log, and a trail that the database lets nobody change.

Revision: 0037
Follows: 0036.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit_entries", "chain_anchors")


def upgrade() -> None:
    op.create_table(
        "chain_anchors",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("trail_count", sa.Integer(), nullable=False),
        sa.Column("trail_hash", sa.String(length=64), nullable=False),
        sa.Column("log_count", sa.Integer(), nullable=False),
        sa.Column("log_hash", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("sent_to", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_chain_anchors")),
        sa.UniqueConstraint("trail_count", name=op.f("uq_chain_anchors_trail_count")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION schoolgate_append_only()"
            )
        return
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_entries_append_only ON audit_entries")
    else:
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER audit_entries_no_{verb}")
    op.drop_table("chain_anchors")
