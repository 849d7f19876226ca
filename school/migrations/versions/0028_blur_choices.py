"""Which places of a picture were blurred, and who chose them.

Revision: 0028
Follows: 0027.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blur_choices",
        sa.Column("media_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("chosen_by_id", sa.Uuid(), nullable=False),
        sa.Column("chosen_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("faces_found", sa.Integer(), nullable=False),
        sa.Column("faces_blurred", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chosen_by_id"], ["people.id"], name=op.f("fk_blur_choices_chosen_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media_files.id"], name=op.f("fk_blur_choices_media_id_media_files")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["media_files.id"], name=op.f("fk_blur_choices_source_id_media_files")
        ),
        sa.PrimaryKeyConstraint("media_id", name=op.f("pk_blur_choices")),
    )
    op.create_index(op.f("ix_blur_choices_source_id"), "blur_choices", ["source_id"], unique=False)
    op.create_index(op.f("ix_blur_choices_chosen_by_id"), "blur_choices", ["chosen_by_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_blur_choices_chosen_by_id"), table_name="blur_choices")
    op.drop_index(op.f("ix_blur_choices_source_id"), table_name="blur_choices")
    op.drop_table("blur_choices")
