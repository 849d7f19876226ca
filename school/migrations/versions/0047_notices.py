"""Which e-mails each person wants, and when.

Revision: 0047
Follows: 0038.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_choices",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_notice_choices_person_id_people")
        ),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("pk_notice_choices")),
    )
    op.create_table(
        "notice_times",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("digest_at", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_to", sa.Integer(), nullable=True),
        sa.Column("next_digest_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_notice_times_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_notice_times")),
    )
    op.create_index(op.f("ix_notice_times_next_digest_at"), "notice_times", ["next_digest_at"])
    op.create_table(
        "held_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("words", school.db.SafeText(), nullable=False),
        sa.Column("link", school.db.SafeText(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("held_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_held_notices_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_notices")),
    )
    op.create_index(op.f("ix_held_notices_person_id"), "held_notices", ["person_id"])


def downgrade() -> None:
    op.drop_table("held_notices")
    op.drop_table("notice_times")
    op.drop_table("notice_choices")
