"""Recovery of a lost sign-in, vouched for by two people.

Revision: 0039
Follows: 0038.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

MOMENT = school.db.UtcDateTime(timezone=True)
PEOPLE = ("person_id", "asked_by_id", "confirmed_by_id", "ended_by_id")


def upgrade() -> None:
    op.create_table(
        "recoveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("asked", "confirmed", "used", "stopped", name="recoverystate", length=40),
            nullable=False,
        ),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("confirmed_by_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by_id", sa.Uuid(), nullable=True),
        *(
            sa.ForeignKeyConstraint([name], ["people.id"], name=op.f(f"fk_recoveries_{name}_people"))
            for name in PEOPLE
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recoveries")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_recoveries_token_hash")),
    )
    op.create_index(op.f("ix_recoveries_person_id_state"), "recoveries", ["person_id", "state"])


def downgrade() -> None:
    op.drop_table("recoveries")
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        sa.Enum(name="recoverystate").drop(bind, checkfirst=True)
