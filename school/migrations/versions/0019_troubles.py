"""What stays wrong; what a mail is about, whether it waits for the server, which were put away.

Revision: 0019
Follows: 0018.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbox_emails") as table:
        table.add_column(sa.Column("about_id", sa.Uuid(), nullable=True))
        table.add_column(
            sa.Column("waits_for_server", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        table.add_column(sa.Column("put_away_at", school.db.UtcDateTime(timezone=True), nullable=True))
    op.create_table(
        "incidents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("sentence", school.db.SafeText(), nullable=False),
        sa.Column("advice", school.db.SafeText(), nullable=False),
        sa.Column("began_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("over_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    op.create_index(
        "uq_incidents_open",
        "incidents",
        ["key"],
        unique=True,
        sqlite_where=sa.text("over_at IS NULL"),
        postgresql_where=sa.text("over_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("incidents")
    with op.batch_alter_table("outbox_emails") as table:
        table.drop_column("put_away_at")
        table.drop_column("waits_for_server")
        table.drop_column("about_id")
