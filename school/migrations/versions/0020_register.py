"""The register of accounts: entries, administrators, reviews and closings.

Revision: 0020
Follows: 0019.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_closures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.Column("data_fate", sa.Enum("keep", "retention", name="datafate", length=40), nullable=False),
        sa.Column("closed_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_by_id", sa.Uuid(), nullable=False),
        sa.Column("page_gone_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("page_gone_by_id", sa.Uuid(), nullable=True),
        sa.Column("page_gone_words", school.db.SafeText(), nullable=True),
        sa.Column("reopened_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reopened_by_id", sa.Uuid(), nullable=True),
        sa.Column("reopened_reason", school.db.SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_closures_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["people.id"], name=op.f("fk_account_closures_closed_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["page_gone_by_id"], ["people.id"], name=op.f("fk_account_closures_page_gone_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["reopened_by_id"], ["people.id"], name=op.f("fk_account_closures_reopened_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_closures")),
    )
    op.create_index(op.f("ix_account_closures_account_id"), "account_closures", ["account_id"], unique=False)
    op.create_table(
        "account_owners",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("named_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("named_by_id", sa.Uuid(), nullable=False),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.Column("ended_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Uuid(), nullable=True),
        sa.Column("ended_reason", school.db.SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_owners_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["people.id"], name=op.f("fk_account_owners_ended_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["named_by_id"], ["people.id"], name=op.f("fk_account_owners_named_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_account_owners_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_owners")),
    )
    op.create_index(op.f("ix_account_owners_account_id"), "account_owners", ["account_id"], unique=False)
    op.create_index(op.f("ix_account_owners_person_id"), "account_owners", ["person_id"], unique=False)
    op.create_index(
        "uq_account_owners_in_force",
        "account_owners",
        ["account_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "account_reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("found", school.db.SafeText(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_reviews_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_account_reviews_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_reviews")),
    )
    op.create_index(op.f("ix_account_reviews_account_id"), "account_reviews", ["account_id"], unique=False)
    op.create_table(
        "register_entries",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=True),
        sa.Column("why", school.db.SafeText(), nullable=False),
        sa.Column("go_live_on", sa.Date(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("recovery", school.db.SafeText(), nullable=False),
        sa.Column("made_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_register_entries_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["form_id"], ["form_entries.id"], name=op.f("fk_register_entries_form_id_form_entries")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["people.id"], name=op.f("fk_register_entries_made_by_id_people")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_register_entries")),
        sa.UniqueConstraint("form_id", name=op.f("uq_register_entries_form_id")),
    )


def downgrade() -> None:
    op.drop_table("register_entries")
    op.drop_table("account_reviews")
    op.drop_table("account_owners")
    op.drop_table("account_closures")
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        sa.Enum(name="datafate").drop(bind, checkfirst=True)
