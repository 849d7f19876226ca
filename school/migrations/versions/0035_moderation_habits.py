"""How each person likes to work in the moderation queue; what people did today is found by its time.

Revision: 0035
Follows: 0034.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "moderation_habits",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("single_keys", sa.Boolean(), nullable=False),
        sa.Column("pause_after", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("shown_since", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_moderation_habits_person_id_people")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_moderation_habits")),
    )
    op.create_index(
        "ix_log_events_at_by_people",
        "log_events",
        ["at"],
        sqlite_where=sa.text("by_id IS NOT NULL"),
        postgresql_where=sa.text("by_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_log_events_at_by_people",
        table_name="log_events",
        sqlite_where=sa.text("by_id IS NOT NULL"),
        postgresql_where=sa.text("by_id IS NOT NULL"),
    )
    op.drop_table("moderation_habits")
