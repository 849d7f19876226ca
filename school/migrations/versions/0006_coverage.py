"""What is read beside posts, how counts compare, what credentials allow, what an account may cost.

Revision: 0006
Follows: 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KIND = sa.Enum("comment", "mention", "visitor_post", "tag", name="commentkind", length=40)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, school.db.UtcDateTime(timezone=True), nullable=True)


def upgrade() -> None:
    _KIND.create(op.get_bind(), checkfirst=True)
    # The default lets the former version go on writing while the new one is being started.
    op.add_column("comments", sa.Column("kind", _KIND, nullable=False, server_default="comment"))
    op.execute("UPDATE comments SET kind = 'mention' WHERE post_platform_id = ''")
    op.add_column("watched_posts", sa.Column("shown_count", sa.Integer(), nullable=True))
    for name in ("compared_at", "short_since", "read_whole_at"):
        op.add_column("watched_posts", _moment(name))
    for name in ("posts_listed_at", "old_read_at"):
        op.add_column("poll_records", _moment(name))
    op.add_column("accounts", sa.Column("pace_note", school.db.SafeText(), nullable=True))
    op.add_column("accounts", sa.Column("monthly_budget_micro_usd", sa.BigInteger(), nullable=True))
    op.create_table(
        "account_probes",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("next_at", school.db.UtcDateTime(timezone=True), nullable=False),
        _moment("lease_until"),
        _moment("probed_at"),
        sa.Column("kind", school.db.SafeText(), nullable=False),
        sa.Column("owner", school.db.SafeText(), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("permissions_known", sa.Boolean(), nullable=False),
        _moment("expires_at"),
        _moment("data_access_expires_at"),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("problem", school.db.SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_probes_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_probes")),
    )
    op.create_index(op.f("ix_account_probes_next_at"), "account_probes", ["next_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_account_probes_next_at"), table_name="account_probes")
    op.drop_table("account_probes")
    for table, names in (
        ("accounts", ("monthly_budget_micro_usd", "pace_note")),
        ("poll_records", ("old_read_at", "posts_listed_at")),
        ("watched_posts", ("read_whole_at", "short_since", "compared_at", "shown_count")),
        ("comments", ("kind",)),
    ):
        for name in names:
            op.drop_column(table, name)
    _KIND.drop(op.get_bind(), checkfirst=True)
