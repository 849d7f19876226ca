"""Pictures that came with comments, kept as evidence.

Revision: 0045
Follows: 0044.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "came_with",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column(
            "state", sa.Enum("requested", "kept", "failed", name="camewithstate", length=40), nullable=False
        ),
        sa.Column("requested_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("requested_by_id", sa.Uuid(), nullable=False),
        sa.Column("next_try_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lease_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("answer", school.db.SafeText(), nullable=False),
        sa.Column("finished_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["log_entries.id"], name=op.f("fk_came_with_entry_id_log_entries")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["people.id"], name=op.f("fk_came_with_requested_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_came_with")),
        sa.UniqueConstraint("entry_id", "place", name=op.f("uq_came_with_entry_id_place")),
    )
    op.create_index(op.f("ix_came_with_state_next_try_at"), "came_with", ["state", "next_try_at"])


def downgrade() -> None:
    op.drop_table("came_with")
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        sa.Enum(name="camewithstate").drop(bind, checkfirst=True)
