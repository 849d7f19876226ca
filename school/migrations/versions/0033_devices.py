"""The school's devices that may be used for pictures.

Revision: 0033
Follows: 0032.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", school.db.SafeText(), nullable=False),
        sa.Column("approved_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("approved_by_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Uuid(), nullable=True),
        sa.Column("ended_reason", school.db.SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["people.id"], name=op.f("fk_devices_approved_by_id_people")
        ),
        sa.ForeignKeyConstraint(["ended_by_id"], ["people.id"], name=op.f("fk_devices_ended_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )


def downgrade() -> None:
    op.drop_table("devices")
