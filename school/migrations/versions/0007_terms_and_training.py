"""Terms of use, training, the policy's review, and reminders.

Revision: 0007
Follows: 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policy_reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reviewed_on", sa.Date(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("note", school.db.SafeText(), nullable=False),
        sa.Column("recorded_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["people.id"], name=op.f("fk_policy_reviews_recorded_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_reviews")),
    )
    op.create_table(
        "reminders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("days_before", sa.Integer(), nullable=False),
        sa.Column("queued_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_reminders_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
        sa.UniqueConstraint(
            "person_id",
            "kind",
            "due_on",
            "days_before",
            name=op.f("uq_reminders_person_id_kind_due_on_days_before"),
        ),
    )
    op.create_table(
        "terms_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", school.db.SafeText(), nullable=False),
        sa.Column("what_changed", school.db.SafeText(), nullable=False),
        sa.Column("published_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["people.id"], name=op.f("fk_terms_versions_published_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms_versions")),
        sa.UniqueConstraint("number", name=op.f("uq_terms_versions_number")),
    )
    op.create_table(
        "training_records",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("about", school.db.SafeText(), nullable=False),
        sa.Column("recorded_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_training_records_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["people.id"], name=op.f("fk_training_records_recorded_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_records")),
    )
    op.create_index(op.f("ix_training_records_person_id"), "training_records", ["person_id"], unique=False)
    op.create_table(
        "training_refreshes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("called_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("called_by_id", sa.Uuid(), nullable=False),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["called_by_id"], ["people.id"], name=op.f("fk_training_refreshes_called_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_refreshes")),
    )
    op.create_table(
        "terms_acceptances",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("accepted_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_terms_acceptances_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["terms_versions.id"], name=op.f("fk_terms_acceptances_terms_id_terms_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms_acceptances")),
        sa.UniqueConstraint("person_id", "terms_id", name=op.f("uq_terms_acceptances_person_id_terms_id")),
    )


def downgrade() -> None:
    op.drop_table("terms_acceptances")
    op.drop_table("training_refreshes")
    op.drop_index(op.f("ix_training_records_person_id"), table_name="training_records")
    op.drop_table("training_records")
    op.drop_table("terms_versions")
    op.drop_table("reminders")
    op.drop_table("policy_reviews")
