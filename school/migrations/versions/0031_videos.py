"""Videos of drafts: how far each is, its bytes in pieces, and which version shows one.

Revision: 0031
Follows: 0030.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_STATES = ("arriving", "waiting", "preparing", "ready", "refused")


def upgrade() -> None:
    op.create_table(
        "videos",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("uploaded_by_id", sa.Uuid(), nullable=False),
        sa.Column("uploaded_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("filename", school.db.SafeText(), nullable=False),
        sa.Column("state", sa.Enum(*_STATES, name="videostate", length=40), nullable=False),
        sa.Column("original_bytes", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_id", sa.Uuid(), nullable=True),
        sa.Column("lease_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("problem", school.db.SafeText(), nullable=True),
        sa.Column("finished_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("copy_bytes", sa.BigInteger(), nullable=True),
        sa.Column("copy_sha256", sa.String(length=64), nullable=True),
        sa.Column("poster", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["people.id"], name=op.f("fk_videos_uploaded_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_videos")),
    )
    op.create_index(op.f("ix_videos_state_uploaded_at"), "videos", ["state", "uploaded_at"], unique=False)
    op.create_index(op.f("ix_videos_uploaded_by_id"), "videos", ["uploaded_by_id"], unique=False)
    op.create_table(
        "video_moves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("old", sa.Enum(*_STATES, name="videostate", length=40), nullable=False),
        sa.Column("new", sa.Enum(*_STATES, name="videostate", length=40), nullable=False),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.Column("at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name=op.f("fk_video_moves_video_id_videos")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video_moves")),
    )
    op.create_index(op.f("ix_video_moves_video_id"), "video_moves", ["video_id"], unique=False)
    op.create_table(
        "video_pieces",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Enum("original", "copy", name="videopart", length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name=op.f("fk_video_pieces_video_id_videos")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video_pieces")),
        sa.UniqueConstraint("video_id", "part", "number", name=op.f("uq_video_pieces_video_id_part_number")),
    )
    op.create_table(
        "revision_videos",
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("alt_text", school.db.SafeText(), nullable=False),
        sa.Column("source", school.db.SafeText(), nullable=False),
        sa.Column("licence", school.db.SafeText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["draft_revisions.id"],
            name=op.f("fk_revision_videos_revision_id_draft_revisions"),
        ),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name=op.f("fk_revision_videos_video_id_videos")),
        sa.PrimaryKeyConstraint("revision_id", name=op.f("pk_revision_videos")),
    )
    op.create_index(op.f("ix_revision_videos_video_id"), "revision_videos", ["video_id"], unique=False)


def downgrade() -> None:
    for table in ("revision_videos", "video_pieces", "video_moves", "videos"):
        op.drop_table(table)
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        for name in ("videopart", "videostate"):
            sa.Enum(name=name).drop(bind, checkfirst=True)
