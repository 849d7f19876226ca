"""Whether an erased picture had been looked at for faces: without, “none found” stood for “nobody looked”.

Revision: 0049
Follows: 0048.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "blur_choices", sa.Column("faces_known", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    choices = sa.table("blur_choices", sa.column("faces_known"), sa.column("faces_found", sa.Integer()))
    op.execute(choices.update().where(choices.c.faces_found > 0).values(faces_known=sa.true()))


def downgrade() -> None:
    with op.batch_alter_table("blur_choices") as batch:
        batch.drop_column("faces_known")
