"""What each account is for.

Revision: 0016
Follows: 0015.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_purposes",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", school.db.SafeText(), nullable=False),
        sa.Column("measures", school.db.SafeText(), nullable=False),
        sa.Column("set_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("set_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_purposes_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["set_by_id"], ["people.id"], name=op.f("fk_account_purposes_set_by_id_people")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_purposes")),
    )


def downgrade() -> None:
    op.drop_table("account_purposes")
