"""Which part of a picture somebody chose to show.

Revision: 0044
Follows: 0043.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crop_choices",
        sa.Column("media_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("chosen_by_id", sa.Uuid(), nullable=False),
        sa.Column("chosen_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chosen_by_id"], ["people.id"], name=op.f("fk_crop_choices_chosen_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media_files.id"], name=op.f("fk_crop_choices_media_id_media_files")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["media_files.id"], name=op.f("fk_crop_choices_source_id_media_files")
        ),
        sa.PrimaryKeyConstraint("media_id", name=op.f("pk_crop_choices")),
    )
    op.create_index(op.f("ix_crop_choices_chosen_by_id"), "crop_choices", ["chosen_by_id"])
    op.create_index(op.f("ix_crop_choices_source_id"), "crop_choices", ["source_id"])


def downgrade() -> None:
    op.drop_table("crop_choices")
