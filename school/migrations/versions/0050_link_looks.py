"""What stands behind the links of drafts.

Revision: 0050
Follows: 0049.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "link_looks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("address", school.db.SafeText(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("asked", "page", "other", "dead", "unsure", name="linkstate", length=40),
            nullable=False,
        ),
        sa.Column("asked_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lease_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("looked_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("problem", school.db.SafeText(), nullable=False),
        sa.Column("leads_to", school.db.SafeText(), nullable=False),
        sa.Column("title", school.db.SafeText(), nullable=False),
        sa.Column("description", school.db.SafeText(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=True),
        sa.Column("has_picture", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_looks")),
        sa.UniqueConstraint("address_hash", name=op.f("uq_link_looks_address_hash")),
    )
    op.create_index(op.f("ix_link_looks_state_next_try_at"), "link_looks", ["state", "next_try_at"])


def downgrade() -> None:
    op.drop_table("link_looks")
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        sa.Enum(name="linkstate").drop(bind, checkfirst=True)
