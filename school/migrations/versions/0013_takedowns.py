"""Takedowns of published posts.

Revision: 0013
Follows: 0012.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "takedowns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("requested", "doing", "done", "by_hand", name="takedownstate", length=40),
            nullable=False,
        ),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.Column("requested_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("requested_by_id", sa.Uuid(), nullable=True),
        sa.Column("next_try_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lease_id", sa.Uuid(), nullable=True),
        sa.Column("lease_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("answer", school.db.SafeText(), nullable=False),
        sa.Column("finished_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("finished_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["finished_by_id"], ["people.id"], name=op.f("fk_takedowns_finished_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publications.id"], name=op.f("fk_takedowns_publication_id_publications")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["people.id"], name=op.f("fk_takedowns_requested_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takedowns")),
        sa.UniqueConstraint("publication_id", name=op.f("uq_takedowns_publication_id")),
    )
    op.create_index(
        op.f("ix_takedowns_state_next_try_at"), "takedowns", ["state", "next_try_at"], unique=False
    )
    op.create_table(
        "takedown_moves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("takedown_id", sa.Uuid(), nullable=False),
        sa.Column(
            "old",
            sa.Enum("requested", "doing", "done", "by_hand", name="takedownstate", length=40),
            nullable=True,
        ),
        sa.Column(
            "new",
            sa.Enum("requested", "doing", "done", "by_hand", name="takedownstate", length=40),
            nullable=False,
        ),
        sa.Column("at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("answer", school.db.SafeText(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_takedown_moves_by_id_people")),
        sa.ForeignKeyConstraint(
            ["takedown_id"], ["takedowns.id"], name=op.f("fk_takedown_moves_takedown_id_takedowns")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takedown_moves")),
    )
    op.create_index(op.f("ix_takedown_moves_takedown_id"), "takedown_moves", ["takedown_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_takedown_moves_takedown_id"), table_name="takedown_moves")
    op.drop_table("takedown_moves")
    op.drop_index(op.f("ix_takedowns_state_next_try_at"), table_name="takedowns")
    op.drop_table("takedowns")
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        sa.Enum(name="takedownstate").drop(bind, checkfirst=True)
