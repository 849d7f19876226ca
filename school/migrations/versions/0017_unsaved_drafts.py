"""What people are writing and have not saved yet.

Revision: 0017
Follows: 0016.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unsaved_drafts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("kept_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name=op.f("fk_unsaved_drafts_draft_id_drafts")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_unsaved_drafts_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unsaved_drafts")),
    )
    op.create_index(op.f("ix_unsaved_drafts_person_id"), "unsaved_drafts", ["person_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_unsaved_drafts_person_id"), table_name="unsaved_drafts")
    op.drop_table("unsaved_drafts")
