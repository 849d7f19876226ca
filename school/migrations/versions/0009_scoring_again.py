"""Jobs that score recent comments again.

Revision: 0009
Follows: 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rescore_jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "state", sa.Enum("running", "done", "stopped", name="rescorestate", length=40), nullable=False
        ),
        sa.Column("since", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("asked_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("flagged", sa.Integer(), nullable=False),
        sa.Column("urgent", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("place_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("finished_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["people.id"], name=op.f("fk_rescore_jobs_asked_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["rules_version"],
            ["flagging_rules.version"],
            name=op.f("fk_rescore_jobs_rules_version_flagging_rules"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rescore_jobs")),
    )
    op.create_index(
        "uq_rescore_jobs_running",
        "rescore_jobs",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TYPE eventkind ADD VALUE IF NOT EXISTS 'scored_again'")


def downgrade() -> None:
    # PostgreSQL takes no value out of a type: “scored_again” stays, and harms nothing.
    op.drop_index("uq_rescore_jobs_running", table_name="rescore_jobs")
    op.drop_table("rescore_jobs")
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        sa.Enum(name="rescorestate").drop(bind, checkfirst=True)
