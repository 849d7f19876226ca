"""Term dates, wordings to begin a post with, and the conversation beside a draft.

Revision: 0036
Follows: 0035.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import school.db

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


_OBJECTIVES = ("reminder", "school_news", "people_news", "parents")


def upgrade() -> None:
    # The type exists since the third migration.
    objective = sa.Enum(*_OBJECTIVES, name="objective", length=40).with_variant(
        postgresql.ENUM(*_OBJECTIVES, name="objective", create_type=False), "postgresql"
    )
    op.create_table(
        "school_dates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("term", "half_term", "inset", "closed", name="dateskind", length=40),
            nullable=False,
        ),
        sa.Column("name", school.db.SafeText(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("entered_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("entered_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["people.id"], name=op.f("fk_school_dates_entered_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_dates")),
    )
    op.create_table(
        "post_templates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("objective", objective, nullable=False),
        sa.Column("title", school.db.SafeText(), nullable=False),
        sa.Column("text", school.db.SafeText(), nullable=False),
        sa.Column("changed_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["people.id"], name=op.f("fk_post_templates_changed_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_templates")),
    )
    op.create_table(
        "draft_remarks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", school.db.SafeText(), nullable=False),
        sa.Column("at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_draft_remarks_author_id_people")),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name=op.f("fk_draft_remarks_draft_id_drafts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_remarks")),
    )
    op.create_index(op.f("ix_draft_remarks_author_id"), "draft_remarks", ["author_id"])
    op.create_index(op.f("ix_draft_remarks_draft_id"), "draft_remarks", ["draft_id"])


def downgrade() -> None:
    op.drop_table("draft_remarks")
    op.drop_table("post_templates")
    op.drop_table("school_dates")
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        sa.Enum(name="dateskind").drop(bind, checkfirst=True)
