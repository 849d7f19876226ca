"""Each person's calendar feed, and what repeated posts share.

Revision: 0040
Follows: 0039.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_feeds",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_calendar_feeds_person_id_people")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feeds_token_hash")),
    )
    op.add_column("drafts", sa.Column("series_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_drafts_series_id"), "drafts", ["series_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_drafts_series_id"), table_name="drafts")
    op.drop_column("drafts", "series_id")
    op.drop_table("calendar_feeds")
