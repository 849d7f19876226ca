"""Single sign-on: whose account at the provider is whose, each answer, and what the provider says of itself.

Revision: 0052
Follows: 0051.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

MOMENT = school.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "provider_identities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(length=400), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=False),
        sa.Column("contested_at", MOMENT, nullable=True),
        sa.Column("contested_subject", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_provider_identities_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_provider_identities_issuer_subject")),
        sa.UniqueConstraint("person_id", "issuer", name=op.f("uq_provider_identities_person_id_issuer")),
    )
    op.create_table(
        "provider_sign_ins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("returned", "known", "done", "refused", name="providerstate", length=40),
            nullable=False,
        ),
        sa.Column("issuer", sa.String(length=400), nullable=False),
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("returned_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("second_factor", sa.Boolean(), nullable=False),
        sa.Column("problem", school.db.SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_provider_sign_ins_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_sign_ins")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_provider_sign_ins_state_hash")),
    )
    op.create_index(
        op.f("ix_provider_sign_ins_state_next_try_at"), "provider_sign_ins", ["state", "next_try_at"]
    )
    op.create_table(
        "provider_documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(length=400), nullable=False),
        sa.Column("document", sa.JSON(), nullable=True),
        sa.Column("keys", sa.JSON(), nullable=True),
        sa.Column("fetched_at", MOMENT, nullable=True),
        sa.Column("next_try_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("problem", school.db.SafeText(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_documents")),
        sa.UniqueConstraint("issuer", name=op.f("uq_provider_documents_issuer")),
    )


def downgrade() -> None:
    op.drop_table("provider_documents")
    op.drop_table("provider_sign_ins")
    op.drop_table("provider_identities")
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        sa.Enum(name="providerstate").drop(bind, checkfirst=True)
