"""Entries given to a colleague, and the answers that the school has ready.

Revision: 0046
Follows: 0045.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log_assignments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("given_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["log_entries.id"], name=op.f("fk_log_assignments_entry_id_log_entries")
        ),
        sa.ForeignKeyConstraint(["to_id"], ["people.id"], name=op.f("fk_log_assignments_to_id_people")),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_log_assignments_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_assignments")),
    )
    op.create_index(op.f("ix_log_assignments_entry_id"), "log_assignments", ["entry_id"])
    op.create_index(op.f("ix_log_assignments_to_id_ended_at"), "log_assignments", ["to_id", "ended_at"])
    op.create_index(
        "uq_log_assignments_in_force",
        "log_assignments",
        ["entry_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "saved_replies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", school.db.SafeText(), nullable=False),
        sa.Column("body", school.db.SafeText(), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("saved_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("saved_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["saved_by_id"], ["people.id"], name=op.f("fk_saved_replies_saved_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_replies")),
        sa.UniqueConstraint("key", "number", name=op.f("uq_saved_replies_key_number")),
    )


def downgrade() -> None:
    op.drop_table("saved_replies")
    op.drop_table("log_assignments")
