"""Pictures that are looked at for faces.

Revision: 0025
Follows: 0024.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "picture_looks",
        sa.Column("media_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Enum("waiting", "done", "failed", name="lookstate", length=40), nullable=False),
        sa.Column("asked_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lease_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("faces", sa.JSON(), nullable=False),
        sa.Column("finished_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media_files.id"], name=op.f("fk_picture_looks_media_id_media_files")
        ),
        sa.PrimaryKeyConstraint("media_id", name=op.f("pk_picture_looks")),
    )
    op.create_index(
        op.f("ix_picture_looks_state_asked_at"), "picture_looks", ["state", "asked_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_picture_looks_state_asked_at"), table_name="picture_looks")
    op.drop_table("picture_looks")
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        sa.Enum(name="lookstate").drop(bind, checkfirst=True)
