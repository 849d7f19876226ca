"""The office's lists, and pupils' numbers.

Revision: 0011
Follows: 0010.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("filename", school.db.SafeText(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("whole_school", sa.Boolean(), nullable=False),
        sa.Column("uploaded_by_id", sa.Uuid(), nullable=False),
        sa.Column("uploaded_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("applied_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("discarded_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["people.id"], name=op.f("fk_consent_imports_uploaded_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_imports")),
    )
    op.add_column("pupils", sa.Column("reference", sa.String(length=40), nullable=True))
    op.create_index("uq_pupils_reference", "pupils", ["reference"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_pupils_reference", table_name="pupils")
    op.drop_column("pupils", "reference")
    op.drop_table("consent_imports")
