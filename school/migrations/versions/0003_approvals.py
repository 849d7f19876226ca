"""Drafts, approvals and publications.

Revision: 0003
Follows: 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "approved",
                "changes_requested",
                "rejected",
                name="draftstate",
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("created_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_drafts_author_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_author_id"), "drafts", ["author_id"], unique=False)
    op.create_index(op.f("ix_drafts_state"), "drafts", ["state"], unique=False)
    op.create_table(
        "media_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("uploaded_by_id", sa.Uuid(), nullable=False),
        sa.Column("uploaded_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("filename", school.db.SafeText(), nullable=False),
        sa.Column("original", sa.LargeBinary(), nullable=False),
        sa.Column("original_type", sa.String(length=40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("alt_text", school.db.SafeText(), nullable=False),
        sa.Column("source", school.db.SafeText(), nullable=False),
        sa.Column("licence", school.db.SafeText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["people.id"], name=op.f("fk_media_files_uploaded_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_files")),
    )
    op.create_index(op.f("ix_media_files_uploaded_by_id"), "media_files", ["uploaded_by_id"], unique=False)
    op.create_table(
        "draft_moves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column(
            "old",
            sa.Enum(
                "draft",
                "submitted",
                "approved",
                "changes_requested",
                "rejected",
                name="draftstate",
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "new",
            sa.Enum(
                "draft",
                "submitted",
                "approved",
                "changes_requested",
                "rejected",
                name="draftstate",
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.Column("at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_draft_moves_actor_id_people")),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name=op.f("fk_draft_moves_draft_id_drafts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_moves")),
    )
    op.create_index(op.f("ix_draft_moves_draft_id"), "draft_moves", ["draft_id"], unique=False)
    op.create_table(
        "draft_revisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("text", school.db.SafeText(), nullable=False),
        sa.Column("link", school.db.SafeText(), nullable=False),
        sa.Column("planned_local", sa.String(length=16), nullable=True),
        sa.Column("planned_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "objective",
            sa.Enum("reminder", "school_news", "people_news", "parents", name="objective", length=40),
            nullable=True,
        ),
        sa.Column("none_shown", sa.Boolean(), nullable=False),
        sa.Column("checklist", sa.JSON(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("device", school.db.SafeText(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name=op.f("fk_draft_revisions_draft_id_drafts")),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["people.id"], name=op.f("fk_draft_revisions_made_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_revisions")),
        sa.UniqueConstraint("draft_id", "number", name=op.f("uq_draft_revisions_draft_id_number")),
    )
    op.create_table(
        "media_renditions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("media_id", sa.Uuid(), nullable=False),
        sa.Column(
            "use",
            sa.Enum("x", "facebook", "instagram", "preview", name="renditionuse", length=40),
            nullable=False,
        ),
        sa.Column("mime_type", sa.String(length=40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media_files.id"], name=op.f("fk_media_renditions_media_id_media_files")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_renditions")),
        sa.UniqueConstraint("media_id", "use", name=op.f("uq_media_renditions_media_id_use")),
    )
    op.create_table(
        "revision_accounts",
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("own_text", school.db.SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_revision_accounts_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["draft_revisions.id"],
            name=op.f("fk_revision_accounts_revision_id_draft_revisions"),
        ),
        sa.PrimaryKeyConstraint("revision_id", "account_id", name=op.f("pk_revision_accounts")),
    )
    op.create_table(
        "revision_pictures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("media_id", sa.Uuid(), nullable=False),
        sa.Column("alt_text", school.db.SafeText(), nullable=False),
        sa.Column("source", school.db.SafeText(), nullable=False),
        sa.Column("licence", school.db.SafeText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media_files.id"], name=op.f("fk_revision_pictures_media_id_media_files")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["draft_revisions.id"],
            name=op.f("fk_revision_pictures_revision_id_draft_revisions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision_pictures")),
        sa.UniqueConstraint(
            "revision_id", "position", name=op.f("uq_revision_pictures_revision_id_position")
        ),
    )
    op.create_table(
        "revision_pupils",
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("pupil_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["pupil_id"], ["pupils.id"], name=op.f("fk_revision_pupils_pupil_id_pupils")),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["draft_revisions.id"],
            name=op.f("fk_revision_pupils_revision_id_draft_revisions"),
        ),
        sa.PrimaryKeyConstraint("revision_id", "pupil_id", name=op.f("pk_revision_pupils")),
    )
    op.create_index(op.f("ix_revision_pupils_pupil_id"), "revision_pupils", ["pupil_id"], unique=False)
    op.create_table(
        "submissions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("submitted_by_id", sa.Uuid(), nullable=False),
        sa.Column("submitted_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("ended_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("end_reason", school.db.SafeText(), nullable=True),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name=op.f("fk_submissions_draft_id_drafts")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["draft_revisions.id"], name=op.f("fk_submissions_revision_id_draft_revisions")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["people.id"], name=op.f("fk_submissions_submitted_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
    )
    op.create_index(op.f("ix_submissions_draft_id"), "submissions", ["draft_id"], unique=False)
    op.create_table(
        "approval_decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("revision_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "kind", sa.Enum("approve", "changes", "reject", name="decisionkind", length=40), nullable=False
        ),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=False),
        sa.Column("decided_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("account_ids", sa.JSON(), nullable=False),
        sa.Column("voided_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("void_reason", school.db.SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["people.id"], name=op.f("fk_approval_decisions_approver_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["drafts.id"], name=op.f("fk_approval_decisions_draft_id_drafts")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["draft_revisions.id"],
            name=op.f("fk_approval_decisions_revision_id_draft_revisions"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name=op.f("fk_approval_decisions_submission_id_submissions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_decisions")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_approval_decisions_submission_id")),
    )
    op.create_index(op.f("ix_approval_decisions_draft_id"), "approval_decisions", ["draft_id"], unique=False)
    op.create_table(
        "approval_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("revision_hash", sa.String(length=64), nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("voided_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("void_reason", school.db.SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["people.id"], name=op.f("fk_approval_requests_approver_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["drafts.id"], name=op.f("fk_approval_requests_draft_id_drafts")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["draft_revisions.id"],
            name=op.f("fk_approval_requests_revision_id_draft_revisions"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_approval_requests_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_requests")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_approval_requests_token_hash")),
    )
    op.create_index(op.f("ix_approval_requests_draft_id"), "approval_requests", ["draft_id"], unique=False)
    op.create_index(
        op.f("ix_approval_requests_submission_id"), "approval_requests", ["submission_id"], unique=False
    )
    op.create_table(
        "publications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "scheduled",
                "publishing",
                "published",
                "failed",
                "unknown",
                "missed",
                "cancelled",
                "held",
                name="publicationstate",
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("planned_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_id", sa.Uuid(), nullable=True),
        sa.Column("lease_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("started_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("unknown_since", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("published_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("post_platform_id", sa.String(length=200), nullable=True),
        sa.Column("post_url", school.db.SafeText(), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("problem", school.db.SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_publications_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["approval_decisions.id"],
            name=op.f("fk_publications_decision_id_approval_decisions"),
        ),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name=op.f("fk_publications_draft_id_drafts")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["draft_revisions.id"], name=op.f("fk_publications_revision_id_draft_revisions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publications")),
        sa.UniqueConstraint(
            "account_id", "post_platform_id", name=op.f("uq_publications_account_id_post_platform_id")
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_publications_reference")),
    )
    op.create_index(op.f("ix_publications_revision_id"), "publications", ["revision_id"], unique=False)
    op.create_index(
        op.f("ix_publications_state_next_try_at"), "publications", ["state", "next_try_at"], unique=False
    )
    op.create_index(
        "uq_publications_live",
        "publications",
        ["draft_id", "account_id"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('cancelled', 'missed')"),
        postgresql_where=sa.text("state NOT IN ('cancelled', 'missed')"),
    )
    op.create_table(
        "public_pictures",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("rendition_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publications.id"],
            name=op.f("fk_public_pictures_publication_id_publications"),
        ),
        sa.ForeignKeyConstraint(
            ["rendition_id"],
            ["media_renditions.id"],
            name=op.f("fk_public_pictures_rendition_id_media_renditions"),
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_public_pictures")),
    )
    op.create_index(
        op.f("ix_public_pictures_publication_id"), "public_pictures", ["publication_id"], unique=False
    )
    op.create_table(
        "publication_moves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column(
            "old",
            sa.Enum(
                "scheduled",
                "publishing",
                "published",
                "failed",
                "unknown",
                "missed",
                "cancelled",
                "held",
                name="publicationstate",
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "new",
            sa.Enum(
                "scheduled",
                "publishing",
                "published",
                "failed",
                "unknown",
                "missed",
                "cancelled",
                "held",
                name="publicationstate",
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.Column("at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_publication_moves_actor_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publications.id"],
            name=op.f("fk_publication_moves_publication_id_publications"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication_moves")),
    )
    op.create_index(
        op.f("ix_publication_moves_publication_id"), "publication_moves", ["publication_id"], unique=False
    )
    op.create_table(
        "publication_steps",
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("value", school.db.SafeText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publications.id"],
            name=op.f("fk_publication_steps_publication_id_publications"),
        ),
        sa.PrimaryKeyConstraint("publication_id", "key", name=op.f("pk_publication_steps")),
    )


def downgrade() -> None:
    op.drop_table("publication_steps")
    op.drop_index(op.f("ix_publication_moves_publication_id"), table_name="publication_moves")
    op.drop_table("publication_moves")
    op.drop_index(op.f("ix_public_pictures_publication_id"), table_name="public_pictures")
    op.drop_table("public_pictures")
    op.drop_index(
        "uq_publications_live",
        table_name="publications",
        sqlite_where=sa.text("state NOT IN ('cancelled', 'missed')"),
        postgresql_where=sa.text("state NOT IN ('cancelled', 'missed')"),
    )
    op.drop_index(op.f("ix_publications_state_next_try_at"), table_name="publications")
    op.drop_index(op.f("ix_publications_revision_id"), table_name="publications")
    op.drop_table("publications")
    op.drop_index(op.f("ix_approval_requests_submission_id"), table_name="approval_requests")
    op.drop_index(op.f("ix_approval_requests_draft_id"), table_name="approval_requests")
    op.drop_table("approval_requests")
    op.drop_index(op.f("ix_approval_decisions_draft_id"), table_name="approval_decisions")
    op.drop_table("approval_decisions")
    op.drop_index(op.f("ix_submissions_draft_id"), table_name="submissions")
    op.drop_table("submissions")
    op.drop_index(op.f("ix_revision_pupils_pupil_id"), table_name="revision_pupils")
    op.drop_table("revision_pupils")
    op.drop_table("revision_pictures")
    op.drop_table("revision_accounts")
    op.drop_table("media_renditions")
    op.drop_table("draft_revisions")
    op.drop_index(op.f("ix_draft_moves_draft_id"), table_name="draft_moves")
    op.drop_table("draft_moves")
    op.drop_index(op.f("ix_media_files_uploaded_by_id"), table_name="media_files")
    op.drop_table("media_files")
    op.drop_index(op.f("ix_drafts_state"), table_name="drafts")
    op.drop_index(op.f("ix_drafts_author_id"), table_name="drafts")
    op.drop_table("drafts")
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        sa.Enum(name="decisionkind").drop(bind, checkfirst=True)
        sa.Enum(name="draftstate").drop(bind, checkfirst=True)
        sa.Enum(name="objective").drop(bind, checkfirst=True)
        sa.Enum(name="publicationstate").drop(bind, checkfirst=True)
        sa.Enum(name="renditionuse").drop(bind, checkfirst=True)
