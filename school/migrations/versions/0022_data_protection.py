"""Retention, holds, exports and erasures; the log lets its content be erased, and nothing else.

Revision: 0022
Follows: 0021.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

HOLD_ON = ("person", "author", "pupil", "draft", "thread", "entry", "form")

# What stays of an entry and of an event, and what must be empty afterwards.
ENTRY_STAYS = (
    "id",
    "number",
    "origin",
    "recorded_at",
    "recorded_by_id",
    "comment_id",
    "comment_version",
    "account_id",
    "platform",
    "model_name",
    "rules_version",
    "severity",
)
ENTRY_EMPTY = (
    "author_platform_id",
    "author_handle",
    "author_name",
    "author_url",
    "url",
    "post_text",
    "picture_type",
    "picture_sha256",
)
EVENT_STAYS = ("seq", "entry_id", "kind", "at", "by_id", "previous_hash", "hash")


def _conditions(table: str) -> str:
    """When a change of a row is an erasure, in words that both databases read."""
    same = "IS NOT DISTINCT FROM" if op.get_bind().dialect.name == "postgresql" else "IS"
    stays = ENTRY_STAYS if table == "log_entries" else EVENT_STAYS
    found = ["OLD.erased_at IS NULL", "NEW.erased_at IS NOT NULL"]
    found += [f"NEW.{name} {same} OLD.{name}" for name in stays]
    if table == "log_entries":
        found += [f"NEW.{name} = ''" for name in ENTRY_EMPTY]
        found += ["NEW.picture IS NULL", "NEW.author_id IS NULL", "length(NEW.text) < 40"]
    else:
        found += ["CAST(NEW.detail AS TEXT) = '{}'"]
    return " AND ".join(found)


TABLES = ("log_entries", "log_events")


def _let_erase() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(
                f"CREATE FUNCTION schoolgate_only_erase_{table}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN IF {_conditions(table)} THEN RETURN NEW; END IF; "
                "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
            )
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION schoolgate_append_only()"
            )
            op.execute(
                f"CREATE TRIGGER {table}_only_erase BEFORE UPDATE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION schoolgate_only_erase_{table}()"
            )
        return
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_no_update")
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN NOT ({_conditions(table)}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _let_nothing() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"DROP TRIGGER {table}_only_erase ON {table}")
            op.execute(f"DROP FUNCTION schoolgate_only_erase_{table}()")
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION schoolgate_append_only()"
            )
        return
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_no_update")
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def upgrade() -> None:
    # Plain ALTERs: making a table anew would lose its triggers on SQLite.
    for table in ("log_entries", "log_events", "comments"):
        op.add_column(table, sa.Column("erased_at", school.db.UtcDateTime(timezone=True), nullable=True))
    op.add_column(
        "media_files", sa.Column("original_erased_at", school.db.UtcDateTime(timezone=True), nullable=True)
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TYPE eventkind ADD VALUE IF NOT EXISTS 'erased'")
    _let_erase()
    op.create_table(
        "retention_periods",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.Column("set_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("set_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["set_by_id"], ["people.id"], name=op.f("fk_retention_periods_set_by_id_people")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_retention_periods")),
    )
    op.create_table(
        "retention_rounds",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("next_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_retention_rounds")),
    )
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("on", sa.Enum(*HOLD_ON, name="holdon", length=40), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.Column("placed_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("placed_by_id", sa.Uuid(), nullable=False),
        sa.Column("lifted_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lifted_by_id", sa.Uuid(), nullable=True),
        sa.Column("lifted_reason", school.db.SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lifted_by_id"], ["people.id"], name=op.f("fk_legal_holds_lifted_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["placed_by_id"], ["people.id"], name=op.f("fk_legal_holds_placed_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
    op.create_index(
        "uq_legal_holds_in_force",
        "legal_holds",
        ["on", "object_id"],
        unique=True,
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "data_exports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("of", sa.Enum("subject", "foi", name="exportof", length=40), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("search", sa.JSON(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("waiting", "making", "ready", "failed", name="exportstate", length=40),
            nullable=False,
        ),
        sa.Column("asked_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("lease_id", sa.Uuid(), nullable=True),
        sa.Column("lease_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("made_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("fetched_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["people.id"], name=op.f("fk_data_exports_asked_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_exports")),
    )
    op.create_index(
        op.f("ix_data_exports_state_lease_until"), "data_exports", ["state", "lease_until"], unique=False
    )
    op.create_table(
        "erasure_decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.Column("erased", sa.Integer(), nullable=False),
        sa.Column("held_back", sa.Integer(), nullable=False),
        sa.Column("decided_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["people.id"], name=op.f("fk_erasure_decisions_decided_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_decisions")),
    )
    op.create_index(
        op.f("ix_erasure_decisions_subject_id"), "erasure_decisions", ["subject_id"], unique=False
    )


def downgrade() -> None:
    # PostgreSQL takes no value out of a type: “erased” stays, and harms nothing.
    op.drop_table("erasure_decisions")
    op.drop_table("data_exports")
    op.drop_table("legal_holds")
    op.drop_table("retention_rounds")
    op.drop_table("retention_periods")
    _let_nothing()
    op.drop_column("media_files", "original_erased_at")
    for table in ("comments", "log_events", "log_entries"):
        op.drop_column(table, "erased_at")
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        for name in ("exportstate", "exportof", "holdon"):
            sa.Enum(name=name).drop(bind, checkfirst=True)
