"""Files that were made here, the school's letterhead, templates of letters, letters.

Revision: 0021
Follows: 0020.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "issued_documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("evidence", "letter", "report", "consent_record", name="documentkind", length=40),
            nullable=False,
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("object_kind", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("made_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("trail_seq", sa.Integer(), nullable=True),
        sa.Column("log_seq", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["people.id"], name=op.f("fk_issued_documents_made_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_documents")),
    )
    op.create_index(op.f("ix_issued_documents_sha256"), "issued_documents", ["sha256"])
    op.create_index(op.f("ix_issued_documents_object_id"), "issued_documents", ["object_id"])
    op.create_table(
        "letterheads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address", school.db.SafeText(), nullable=False),
        sa.Column("contact", school.db.SafeText(), nullable=False),
        sa.Column("set_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("set_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["set_by_id"], ["people.id"], name=op.f("fk_letterheads_set_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letterheads")),
    )
    op.create_table(
        "letter_templates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", school.db.SafeText(), nullable=False),
        sa.Column("body", school.db.SafeText(), nullable=False),
        sa.Column("changed_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Uuid(), nullable=False),
        sa.Column("retired_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["people.id"], name=op.f("fk_letter_templates_changed_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_templates")),
        sa.UniqueConstraint("key", name=op.f("uq_letter_templates_key")),
    )
    op.create_table(
        "letters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("template", school.db.SafeText(), nullable=False),
        sa.Column("addressed_to", school.db.SafeText(), nullable=False),
        sa.Column("address", school.db.SafeText(), nullable=False),
        sa.Column("body", school.db.SafeText(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("issued_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("issued_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["log_entries.id"], name=op.f("fk_letters_entry_id_log_entries")
        ),
        sa.ForeignKeyConstraint(["issued_by_id"], ["people.id"], name=op.f("fk_letters_issued_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
    )
    op.create_index(op.f("ix_letters_entry_id"), "letters", ["entry_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TYPE eventkind ADD VALUE IF NOT EXISTS 'issued'")


def downgrade() -> None:
    # PostgreSQL takes no value out of a type: “issued” stays, and harms nothing.
    op.drop_table("letters")
    op.drop_table("letter_templates")
    op.drop_table("letterheads")
    op.drop_table("issued_documents")
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        sa.Enum(name="documentkind").drop(bind, checkfirst=True)
