"""How far each published post came: what its platform counted when it was last asked.

Revision: 0056
Follows: 0055.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

_WITHHELD = sa.Enum("permission", "too_few", "before", "unsaid", name="withheld", length=40)


def upgrade() -> None:
    op.create_table(
        "post_figures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("next_try_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lease_id", sa.Uuid(), nullable=True),
        sa.Column("lease_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("read_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("gone_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("withheld", _WITHHELD, nullable=True),
        sa.Column("people", sa.BigInteger(), nullable=True),
        sa.Column("views", sa.BigInteger(), nullable=True),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("comments", sa.BigInteger(), nullable=True),
        sa.Column("shares", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["id"],
            ["publications.id"],
            name=op.f("fk_post_figures_id_publications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_figures")),
    )
    op.create_index(op.f("ix_post_figures_next_try_at"), "post_figures", ["next_try_at"])


def downgrade() -> None:
    op.drop_table("post_figures")
    _WITHHELD.drop(op.get_bind(), checkfirst=True)
