"""Pictures that are read for names.

Revision: 0030
Follows: 0029.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import school.db

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    state = sa.Enum("waiting", "done", "failed", name="lookstate", length=40)
    op.create_table(
        "picture_words",
        sa.Column("media_id", sa.Uuid(), nullable=False),
        # The type is there since pictures are looked at for faces.
        sa.Column(
            "state",
            state.with_variant(
                postgresql.ENUM("waiting", "done", "failed", name="lookstate", create_type=False),
                "postgresql",
            ),
            nullable=False,
        ),
        sa.Column("asked_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lease_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("finished_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media_files.id"], name=op.f("fk_picture_words_media_id_media_files")
        ),
        sa.PrimaryKeyConstraint("media_id", name=op.f("pk_picture_words")),
    )
    op.create_index(
        op.f("ix_picture_words_state_asked_at"), "picture_words", ["state", "asked_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_picture_words_state_asked_at"), table_name="picture_words")
    op.drop_table("picture_words")
