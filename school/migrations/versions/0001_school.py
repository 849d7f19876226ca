"""The school itself.

Revision: 0001
Follows: nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("detail", school.db.SafeText(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", school.db.SafeText(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("created_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("pin_hash", school.db.SafeText(), nullable=True),
        sa.Column("pin_failures", sa.Integer(), nullable=False),
        sa.Column("pin_locked_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("password", school.db.SafeText(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.Column("confirmed_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_login_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("current_login_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("login_count", sa.Integer(), nullable=False),
        sa.Column("tf_primary_method", school.db.SafeText(), nullable=True),
        sa.Column("tf_totp_secret", school.db.SafeText(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email", name=op.f("uq_people_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_people_fs_uniquifier")),
    )
    op.create_table(
        "pupils",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", school.db.SafeText(), nullable=False),
        sa.Column("class_name", school.db.SafeText(), nullable=False),
        sa.Column("created_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pupils")),
        sa.UniqueConstraint("name", "class_name", name=op.f("uq_pupils_name_class_name")),
    )
    op.create_table(
        "school",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("singleton", sa.Integer(), nullable=False),
        sa.Column("name", school.db.SafeText(), nullable=False),
        sa.Column("domain", school.db.SafeText(), nullable=False),
        sa.Column("practice", sa.Boolean(), nullable=False),
        sa.Column("created_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("publishing_stopped_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("publishing_stopped_by", sa.Uuid(), nullable=True),
        sa.Column("publishing_stopped_why", school.db.SafeText(), nullable=True),
        sa.CheckConstraint("singleton = 1", name=op.f("ck_school_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school")),
        sa.UniqueConstraint("singleton", name=op.f("uq_school_singleton")),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("handle", school.db.SafeText(), nullable=False),
        sa.Column("display_name", school.db.SafeText(), nullable=False),
        sa.Column("platform_id", sa.String(length=200), nullable=False),
        sa.Column("url", school.db.SafeText(), nullable=False),
        sa.Column("school_email", school.db.SafeText(), nullable=False),
        sa.Column("practice", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("active", "paused", "needs_connecting", "closed", name="accountstate", length=40),
            nullable=False,
        ),
        sa.Column("credentials", sa.LargeBinary(), nullable=False),
        sa.Column("adopted_by_id", sa.Uuid(), nullable=True),
        sa.Column("adopted_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("problem", school.db.SafeText(), nullable=True),
        sa.Column("problem_since", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_polled_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("next_poll_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("poll_lease_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("poll_failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["adopted_by_id"], ["people.id"], name=op.f("fk_accounts_adopted_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("platform", "platform_id", name=op.f("uq_accounts_platform_platform_id")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("object_kind", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_audit_entries_actor_id_people")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entries")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_entries_hash")),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Enum("image", "video", "work", name="consentkind", length=40), nullable=False),
        sa.Column("given_by", school.db.SafeText(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("recorded_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_reason", school.db.SafeText(), nullable=True),
        sa.ForeignKeyConstraint(["pupil_id"], ["pupils.id"], name=op.f("fk_consents_pupil_id_pupils")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["people.id"], name=op.f("fk_consents_recorded_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["people.id"], name=op.f("fk_consents_withdrawn_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consents_pupil_id"), ["pupil_id"], unique=False)

    op.create_table(
        "deputies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("named_by_id", sa.Uuid(), nullable=False),
        sa.Column("named_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["named_by_id"], ["people.id"], name=op.f("fk_deputies_named_by_id_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_deputies_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputies")),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_invitations_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_table(
        "outbox_emails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=True),
        sa.Column("to_address", school.db.SafeText(), nullable=False),
        sa.Column("subject", school.db.SafeText(), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("queued", "sending", "sent", "failed", name="mailstate", length=40),
            nullable=False,
        ),
        sa.Column("created_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lease_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("problem", school.db.SafeText(), nullable=True),
        sa.ForeignKeyConstraint(["to_id"], ["people.id"], name=op.f("fk_outbox_emails_to_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_emails")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_emails_message_id")),
    )
    with op.batch_alter_table("outbox_emails", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outbox_emails_state_next_try_at"), ["state", "next_try_at"], unique=False
        )

    op.create_table(
        "role_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "headteacher",
                "slt",
                "moderator",
                "dsl",
                "dpo",
                "network_manager",
                "marketing_officer",
                "chair",
                "staff",
                name="role",
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("granted_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("granted_by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.Column("withdrawn_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_reason", school.db.SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["granted_by_id"], ["people.id"], name=op.f("fk_role_grants_granted_by_id_people")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_role_grants_person_id_people")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["people.id"], name=op.f("fk_role_grants_withdrawn_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grants")),
    )
    with op.batch_alter_table("role_grants", schema=None) as batch_op:
        batch_op.create_index(
            "uq_role_grants_in_force",
            ["person_id", "role"],
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )

    op.create_table(
        "authorisations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("granted_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("granted_by_id", sa.Uuid(), nullable=False),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.Column("withdrawn_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_reason", school.db.SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_authorisations_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["granted_by_id"], ["people.id"], name=op.f("fk_authorisations_granted_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_authorisations_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["people.id"], name=op.f("fk_authorisations_withdrawn_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorisations")),
    )
    with op.batch_alter_table("authorisations", schema=None) as batch_op:
        batch_op.create_index(
            "uq_authorisations_in_force",
            ["person_id", "account_id"],
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )

    op.create_table(
        "call_ledger",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("hour", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("operation", sa.String(length=60), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("cost_micro_usd", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_call_ledger_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_ledger")),
        sa.UniqueConstraint(
            "account_id", "hour", "operation", name=op.f("uq_call_ledger_account_id_hour_operation")
        ),
    )


def downgrade() -> None:
    op.drop_table("call_ledger")
    with op.batch_alter_table("authorisations", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_authorisations_in_force",
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )

    op.drop_table("authorisations")
    with op.batch_alter_table("role_grants", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_role_grants_in_force",
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )

    op.drop_table("role_grants")
    with op.batch_alter_table("outbox_emails", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_emails_state_next_try_at"))

    op.drop_table("outbox_emails")
    op.drop_table("invitations")
    op.drop_table("deputies")
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consents_pupil_id"))

    op.drop_table("consents")
    op.drop_table("audit_entries")
    op.drop_table("accounts")
    op.drop_table("school")
    op.drop_table("pupils")
    op.drop_table("people")
    op.drop_table("heartbeats")
    # PostgreSQL keeps enum types when their tables go.
    for name in (
        "accountstate",
        "consentkind",
        "mailstate",
        "role",
    ):
        sa.Enum(name=name).drop(op.get_bind(), checkfirst=True)
