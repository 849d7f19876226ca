"""Mails in confidence; whether the author of what goes to the police may be a pupil.

Revision: 0024
Follows: 0023.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbox_emails") as table:
        table.add_column(sa.Column("confidential", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("referrals") as table:
        table.add_column(sa.Column("author_is_pupil", sa.Boolean(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("referrals") as table:
        table.drop_column("author_is_pupil")
    with op.batch_alter_table("outbox_emails") as table:
        table.drop_column("confidential")
