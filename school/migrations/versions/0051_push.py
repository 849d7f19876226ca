"""Notices in people's browsers.

Revision: 0051
Follows: 0050.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "push_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("only", sa.Boolean(), nullable=False),
        sa.Column("public", sa.String(length=120), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_keys")),
        sa.UniqueConstraint("only", name=op.f("uq_push_keys_only")),
    )
    op.create_table(
        "push_subscriptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_hash", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("browser", school.db.SafeText(), nullable=False),
        sa.Column("made_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("problem", school.db.SafeText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_push_subscriptions_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscriptions")),
        sa.UniqueConstraint("endpoint_hash", name=op.f("uq_push_subscriptions_endpoint_hash")),
    )
    op.create_index(op.f("ix_push_subscriptions_person_id"), "push_subscriptions", ["person_id"])
    op.create_table(
        "push_silences",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_push_silences_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("pk_push_silences")),
    )
    op.create_table(
        "push_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("queued", "sending", "sent", "failed", name="pushstate", length=40),
            nullable=False,
        ),
        sa.Column("created_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lease_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["push_subscriptions.id"],
            name=op.f("fk_push_notices_subscription_id_push_subscriptions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_notices")),
    )
    op.create_index(op.f("ix_push_notices_state_next_try_at"), "push_notices", ["state", "next_try_at"])
    op.create_index(op.f("ix_push_notices_subscription_id"), "push_notices", ["subscription_id"])


def downgrade() -> None:
    for table in ("push_notices", "push_silences", "push_subscriptions", "push_keys"):
        op.drop_table(table)
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        sa.Enum(name="pushstate").drop(bind, checkfirst=True)
