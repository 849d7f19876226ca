"""Which words of a comment carried its score, on request.

Revision: 0012
Follows: 0011.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "words_asked",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "state", sa.Enum("waiting", "done", "failed", name="wordsstate", length=40), nullable=False
        ),
        sa.Column("asked_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("lease_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("model_name", sa.String(length=200), nullable=False),
        sa.Column("finished_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["people.id"], name=op.f("fk_words_asked_asked_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["log_entries.id"], name=op.f("fk_words_asked_entry_id_log_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_words_asked")),
        sa.UniqueConstraint("entry_id", "version", name=op.f("uq_words_asked_entry_id_version")),
    )
    op.create_index(op.f("ix_words_asked_state_asked_at"), "words_asked", ["state", "asked_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_words_asked_state_asked_at"), table_name="words_asked")
    op.drop_table("words_asked")
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        sa.Enum(name="wordsstate").drop(bind, checkfirst=True)
