"""Connecting accounts in the browser: the tries, and the school's own apps.

Revision: 0023
Follows: 0022.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "app_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("family", sa.String(length=20), nullable=False),
        sa.Column("key", school.db.SafeText(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("set_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["set_by_id"], ["people.id"], name=op.f("fk_app_keys_set_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_keys")),
        sa.UniqueConstraint("family", name=op.f("uq_app_keys_family")),
    )
    op.create_table(
        "account_connections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("form_id", sa.Uuid(), nullable=True),
        sa.Column("why", school.db.SafeText(), nullable=False),
        sa.Column("handle", school.db.SafeText(), nullable=False),
        sa.Column("school_email", school.db.SafeText(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked", "ready", "returned", "done", "cancelled", "failed", name="connectionstate", length=40
            ),
            nullable=False,
        ),
        sa.Column("asked_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("session_hash", sa.String(length=64), nullable=False),
        sa.Column("state_hash", sa.String(length=64), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("next_try_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lease_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("problem", school.db.SafeText(), nullable=True),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("finished_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_connections_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["people.id"], name=op.f("fk_account_connections_asked_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["form_id"], ["form_entries.id"], name=op.f("fk_account_connections_form_id_form_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_connections")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_account_connections_state_hash")),
    )
    op.create_index(
        op.f("ix_account_connections_account_id"), "account_connections", ["account_id"], unique=False
    )
    op.create_index(
        op.f("ix_account_connections_state_next_try_at"),
        "account_connections",
        ["state", "next_try_at"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("account_connections")
    op.drop_table("app_keys")
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        sa.Enum(name="connectionstate").drop(bind, checkfirst=True)
