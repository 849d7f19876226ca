"""The policy's forms.

Revision: 0015
Follows: 0014.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "form_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("blocked-content", "inappropriate-content", "new-account", name="formkind", length=40),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("filed", "signed", "approved", "declined", "done", name="formstate", length=40),
            nullable=False,
        ),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("about_headteacher", sa.Boolean(), nullable=False),
        sa.Column("filed_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("filed_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["filed_by_id"], ["people.id"], name=op.f("fk_form_entries_filed_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_entries")),
    )
    op.create_index(op.f("ix_form_entries_filed_by_id"), "form_entries", ["filed_by_id"], unique=False)
    op.create_table(
        "form_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column(
            "old",
            sa.Enum("filed", "signed", "approved", "declined", "done", name="formstate", length=40),
            nullable=False,
        ),
        sa.Column(
            "new",
            sa.Enum("filed", "signed", "approved", "declined", "done", name="formstate", length=40),
            nullable=False,
        ),
        sa.Column("words", school.db.SafeText(), nullable=False),
        sa.Column("at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_form_steps_by_id_people")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["form_entries.id"], name=op.f("fk_form_steps_entry_id_form_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_steps")),
    )
    op.create_index(op.f("ix_form_steps_entry_id"), "form_steps", ["entry_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_form_steps_entry_id"), table_name="form_steps")
    op.drop_table("form_steps")
    op.drop_index(op.f("ix_form_entries_filed_by_id"), table_name="form_entries")
    op.drop_table("form_entries")
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        sa.Enum(name="formkind").drop(bind, checkfirst=True)
        sa.Enum(name="formstate").drop(bind, checkfirst=True)
