"""Urgent matters that are gathered into one mail, and the sealed whole of a mail with pictures.

Revision: 0041
Follows: 0040.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from school.db import UtcDateTime

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "urgent_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["log_entries.id"], name=op.f("fk_urgent_notices_entry_id_log_entries")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_urgent_notices_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_urgent_notices")),
    )
    op.create_index("ix_urgent_notices_person_id", "urgent_notices", ["person_id"])
    op.create_table(
        "urgent_pauses",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("until", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_urgent_pauses_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_urgent_pauses")),
    )
    op.add_column("outbox_emails", sa.Column("sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("outbox_emails", "sealed")
    op.drop_table("urgent_pauses")
    op.drop_table("urgent_notices")
