"""Comments, the SLT log, acts on the platforms, followers.

Revision: 0002
Follows: 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import school.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "authors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("platform_id", sa.String(length=200), nullable=False),
        sa.Column("handle", school.db.SafeText(), nullable=False),
        sa.Column("display_name", school.db.SafeText(), nullable=False),
        sa.Column("bio", school.db.SafeText(), nullable=False),
        sa.Column("url", school.db.SafeText(), nullable=False),
        sa.Column("opened_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("followers", sa.Integer(), nullable=True),
        sa.Column("following", sa.Integer(), nullable=True),
        sa.Column("first_seen_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("profile_changed_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authors")),
        sa.UniqueConstraint("platform", "key", name=op.f("uq_authors_platform_key")),
    )
    op.create_table(
        "blocked_authors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("blocked_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("blocked_by_id", sa.Uuid(), nullable=False),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.Column("lifted_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lifted_by_id", sa.Uuid(), nullable=True),
        sa.Column("lifted_reason", school.db.SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name=op.f("fk_blocked_authors_author_id_authors")
        ),
        sa.ForeignKeyConstraint(
            ["blocked_by_id"], ["people.id"], name=op.f("fk_blocked_authors_blocked_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by_id"], ["people.id"], name=op.f("fk_blocked_authors_lifted_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocked_authors")),
    )
    op.create_index(
        "uq_blocked_authors_in_force",
        "blocked_authors",
        ["author_id"],
        unique=True,
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "flagging_rules",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("thresholds", sa.JSON(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("made_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["people.id"], name=op.f("fk_flagging_rules_made_by_id_people")
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_flagging_rules")),
    )
    op.create_table(
        "comment_gaps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("stream", sa.String(length=200), nullable=False),
        sa.Column("since", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("until", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("found_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("why", school.db.SafeText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_comment_gaps_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_gaps")),
    )
    op.create_index(
        op.f("ix_comment_gaps_account_id_until"), "comment_gaps", ["account_id", "until"], unique=False
    )
    op.create_table(
        "comment_streams",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("since", school.db.SafeText(), nullable=True),
        sa.Column("cursor", school.db.SafeText(), nullable=True),
        sa.Column("began_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("seen_to", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("problem", school.db.SafeText(), nullable=True),
        sa.Column("problem_since", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_comment_streams_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_streams")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_comment_streams_account_id_name")),
    )
    op.create_table(
        "comments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("platform_id", sa.String(length=200), nullable=False),
        sa.Column("post_platform_id", sa.String(length=200), nullable=False),
        sa.Column("parent_platform_id", sa.String(length=200), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("text", school.db.SafeText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("url", school.db.SafeText(), nullable=False),
        sa.Column("attachment_urls", sa.JSON(), nullable=False),
        sa.Column("created_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("edited_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("fetched_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("can_hide", sa.Boolean(), nullable=False),
        sa.Column("can_delete", sa.Boolean(), nullable=False),
        sa.Column("gone_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("checked_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum("fetched", "scored", "clear", "flagged", "ours", name="commentstate", length=40),
            nullable=False,
        ),
        sa.Column("scoring_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("scoring_attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_comments_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_comments_author_id_authors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("account_id", "platform_id", name=op.f("uq_comments_account_id_platform_id")),
    )
    op.create_index(
        op.f("ix_comments_account_id_checked_at"), "comments", ["account_id", "checked_at"], unique=False
    )
    op.create_index(
        op.f("ix_comments_account_id_post_platform_id_created_at"),
        "comments",
        ["account_id", "post_platform_id", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_comments_author_id_created_at"), "comments", ["author_id", "created_at"], unique=False
    )
    op.create_index(op.f("ix_comments_state_created_at"), "comments", ["state", "created_at"], unique=False)
    op.create_table(
        "followers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Enum("request", "follower", name="followerkind", length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "earlier",
                "waiting",
                "approved",
                "declined",
                "removed",
                "left",
                name="followerstate",
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("waiting_since", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("why_waiting", school.db.SafeText(), nullable=False),
        sa.Column("name_vetted", school.db.SafeText(), nullable=False),
        sa.Column("bio_vetted", school.db.SafeText(), nullable=False),
        sa.Column("scored", sa.Boolean(), nullable=False),
        sa.Column("scoring_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("model_name", sa.String(length=200), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("severity", sa.Double(), nullable=False),
        sa.Column("decided_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_followers_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_followers_author_id_authors")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["people.id"], name=op.f("fk_followers_decided_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followers")),
        sa.UniqueConstraint("account_id", "author_id", name=op.f("uq_followers_account_id_author_id")),
    )
    op.create_index(
        op.f("ix_followers_scored_scoring_until"), "followers", ["scored", "scoring_until"], unique=False
    )
    op.create_index(
        op.f("ix_followers_state_severity_waiting_since"),
        "followers",
        ["state", "severity", "waiting_since"],
        unique=False,
    )
    op.create_table(
        "poll_records",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("capabilities", sa.JSON(), nullable=False),
        sa.Column("posts_read_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("rescanned_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("followers_read_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("followers_counted_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("followers_known", sa.Boolean(), nullable=False),
        sa.Column("streams", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_poll_records_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_poll_records")),
    )
    op.create_table(
        "watched_posts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("platform_id", sa.String(length=200), nullable=False),
        sa.Column("text", school.db.SafeText(), nullable=False),
        sa.Column("url", school.db.SafeText(), nullable=False),
        sa.Column("created_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("comment_count", sa.Integer(), nullable=True),
        sa.Column("first_seen_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("gone_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_watched_posts_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watched_posts")),
        sa.UniqueConstraint(
            "account_id", "platform_id", name=op.f("uq_watched_posts_account_id_platform_id")
        ),
    )
    op.create_index(
        op.f("ix_watched_posts_account_id_created_at"),
        "watched_posts",
        ["account_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "comment_scores",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("comment_version", sa.Integer(), nullable=False),
        sa.Column("model_name", sa.String(length=200), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("severity", sa.Double(), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("scored_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_comment_scores_comment_id_comments")
        ),
        sa.ForeignKeyConstraint(
            ["rules_version"],
            ["flagging_rules.version"],
            name=op.f("fk_comment_scores_rules_version_flagging_rules"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_scores")),
    )
    op.create_index(
        op.f("ix_comment_scores_comment_id_comment_version"),
        "comment_scores",
        ["comment_id", "comment_version"],
        unique=False,
    )
    op.create_table(
        "comment_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.String(length=200), nullable=False),
        sa.Column("text", school.db.SafeText(), nullable=False),
        sa.Column("seen_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_comment_versions_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_comment_versions_comment_id_comments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_versions")),
        sa.UniqueConstraint("comment_id", "number", name=op.f("uq_comment_versions_comment_id_number")),
    )
    op.create_index(
        op.f("ix_comment_versions_account_id_platform_id"),
        "comment_versions",
        ["account_id", "platform_id"],
        unique=False,
    )
    op.create_table(
        "follower_moves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("follower_id", sa.Uuid(), nullable=False),
        sa.Column(
            "old",
            sa.Enum(
                "earlier",
                "waiting",
                "approved",
                "declined",
                "removed",
                "left",
                name="followerstate",
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "new",
            sa.Enum(
                "earlier",
                "waiting",
                "approved",
                "declined",
                "removed",
                "left",
                name="followerstate",
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_follower_moves_by_id_people")),
        sa.ForeignKeyConstraint(
            ["follower_id"], ["followers.id"], name=op.f("fk_follower_moves_follower_id_followers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follower_moves")),
    )
    op.create_index(op.f("ix_follower_moves_follower_id"), "follower_moves", ["follower_id"], unique=False)
    op.create_table(
        "log_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Enum("flagged", "manual", name="logorigin", length=40), nullable=False),
        sa.Column("recorded_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=True),
        sa.Column("comment_id", sa.Uuid(), nullable=True),
        sa.Column("comment_version", sa.Integer(), nullable=True),
        sa.Column("comment_platform_id", sa.String(length=200), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_platform_id", sa.String(length=200), nullable=False),
        sa.Column("author_handle", school.db.SafeText(), nullable=False),
        sa.Column("author_name", school.db.SafeText(), nullable=False),
        sa.Column("author_url", school.db.SafeText(), nullable=False),
        sa.Column("text", school.db.SafeText(), nullable=False),
        sa.Column("url", school.db.SafeText(), nullable=False),
        sa.Column("attachment_urls", sa.JSON(), nullable=False),
        sa.Column("post_platform_id", sa.String(length=200), nullable=False),
        sa.Column("post_text", school.db.SafeText(), nullable=False),
        sa.Column("posted_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("model_name", sa.String(length=200), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=True),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("severity", sa.Double(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=True),
        sa.Column("picture_type", sa.String(length=40), nullable=False),
        sa.Column("picture_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_log_entries_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_log_entries_author_id_authors")),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_log_entries_comment_id_comments")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["people.id"], name=op.f("fk_log_entries_recorded_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entries")),
        sa.UniqueConstraint("comment_id", name=op.f("uq_log_entries_comment_id")),
        sa.UniqueConstraint("number", name=op.f("uq_log_entries_number")),
    )
    op.create_index(op.f("ix_log_entries_recorded_at_id"), "log_entries", ["recorded_at", "id"], unique=False)
    op.create_table(
        "log_cases",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Enum("open", "decided", name="casestate", length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("severity", sa.Double(), nullable=False),
        sa.Column("recorded_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("post_platform_id", sa.String(length=200), nullable=False),
        sa.Column("kinds", sa.String(length=200), nullable=False),
        sa.Column("claimed_by_id", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("outcomes", sa.String(length=200), nullable=False),
        sa.Column("about_headteacher", sa.Boolean(), nullable=False),
        sa.Column("referred_to_chair", sa.Boolean(), nullable=False),
        sa.Column("referred", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_log_cases_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_log_cases_author_id_authors")),
        sa.ForeignKeyConstraint(
            ["claimed_by_id"], ["people.id"], name=op.f("fk_log_cases_claimed_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["people.id"], name=op.f("fk_log_cases_decided_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["log_entries.id"], name=op.f("fk_log_cases_entry_id_log_entries")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_log_cases")),
    )
    op.create_index(
        op.f("ix_log_cases_account_id_post_platform_id"),
        "log_cases",
        ["account_id", "post_platform_id"],
        unique=False,
    )
    op.create_index(op.f("ix_log_cases_author_id_state"), "log_cases", ["author_id", "state"], unique=False)
    op.create_index(
        "ix_log_cases_queue",
        "log_cases",
        ["state", "urgent", "severity", "recorded_at", "entry_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_log_cases_recorded_at_entry_id"), "log_cases", ["recorded_at", "entry_id"], unique=False
    )
    op.create_table(
        "log_events",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "recorded",
                "hidden_at_once",
                "decided",
                "note",
                "referred",
                "reopened",
                "edited",
                "gone",
                "act",
                name="eventkind",
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_log_events_by_id_people")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["log_entries.id"], name=op.f("fk_log_events_entry_id_log_entries")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_log_events")),
        sa.UniqueConstraint("hash", name=op.f("uq_log_events_hash")),
    )
    op.create_index(op.f("ix_log_events_entry_id_seq"), "log_events", ["entry_id", "seq"], unique=False)
    op.create_table(
        "meetings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.Column("asked_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by_id"], ["people.id"], name=op.f("fk_meetings_asked_by_id_people")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["log_entries.id"], name=op.f("fk_meetings_entry_id_log_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meetings")),
    )
    op.create_index(op.f("ix_meetings_entry_id"), "meetings", ["entry_id"], unique=False)
    op.create_table(
        "platform_acts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "hide",
                "unhide",
                "delete",
                "reply",
                "block",
                "unblock",
                "mute",
                "unmute",
                "accept_request",
                "decline_request",
                "remove_follower",
                name="actkind",
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("requested", "doing", "done", "failed", "by_hand", name="actstate", length=40),
            nullable=False,
        ),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("comment_id", sa.Uuid(), nullable=True),
        sa.Column("follower_id", sa.Uuid(), nullable=True),
        sa.Column("target_platform_id", sa.String(length=200), nullable=False),
        sa.Column("target_url", school.db.SafeText(), nullable=False),
        sa.Column("text", school.db.SafeText(), nullable=False),
        sa.Column("requested_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("requested_by_id", sa.Uuid(), nullable=True),
        sa.Column("next_try_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lease_until", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("answer", school.db.SafeText(), nullable=False),
        sa.Column("result_platform_id", sa.String(length=200), nullable=False),
        sa.Column("finished_at", school.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("finished_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_platform_acts_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_platform_acts_comment_id_comments")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["log_entries.id"], name=op.f("fk_platform_acts_entry_id_log_entries")
        ),
        sa.ForeignKeyConstraint(
            ["finished_by_id"], ["people.id"], name=op.f("fk_platform_acts_finished_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["follower_id"], ["followers.id"], name=op.f("fk_platform_acts_follower_id_followers")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["people.id"], name=op.f("fk_platform_acts_requested_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_acts")),
    )
    op.create_index(
        op.f("ix_platform_acts_account_id_target_platform_id"),
        "platform_acts",
        ["account_id", "target_platform_id"],
        unique=False,
    )
    op.create_index(op.f("ix_platform_acts_entry_id"), "platform_acts", ["entry_id"], unique=False)
    op.create_index(op.f("ix_platform_acts_follower_id"), "platform_acts", ["follower_id"], unique=False)
    op.create_index(
        op.f("ix_platform_acts_state_next_try_at"), "platform_acts", ["state", "next_try_at"], unique=False
    )
    op.create_table(
        "referrals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("to", sa.Enum("dsl", "chair", "police", name="referto", length=40), nullable=False),
        sa.Column("reference", school.db.SafeText(), nullable=False),
        sa.Column("about_headteacher", sa.Boolean(), nullable=False),
        sa.Column("reason", school.db.SafeText(), nullable=False),
        sa.Column("referred_at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("referred_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["log_entries.id"], name=op.f("fk_referrals_entry_id_log_entries")
        ),
        sa.ForeignKeyConstraint(
            ["referred_by_id"], ["people.id"], name=op.f("fk_referrals_referred_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referrals")),
    )
    op.create_index(op.f("ix_referrals_entry_id"), "referrals", ["entry_id"], unique=False)
    op.create_table(
        "platform_act_moves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column(
            "old",
            sa.Enum("requested", "doing", "done", "failed", "by_hand", name="actstate", length=40),
            nullable=False,
        ),
        sa.Column(
            "new",
            sa.Enum("requested", "doing", "done", "failed", "by_hand", name="actstate", length=40),
            nullable=False,
        ),
        sa.Column("at", school.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("answer", school.db.SafeText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["act_id"], ["platform_acts.id"], name=op.f("fk_platform_act_moves_act_id_platform_acts")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_platform_act_moves_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_act_moves")),
    )
    op.create_index(op.f("ix_platform_act_moves_act_id"), "platform_act_moves", ["act_id"], unique=False)

    _append_only()


APPEND_ONLY = ("log_entries", "log_events", "flagging_rules")


def _append_only() -> None:
    """The log's evidence and its chain can only be added to: the database sees to it (P17)."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION schoolgate_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION schoolgate_append_only()"
            )
        return
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def downgrade() -> None:
    op.drop_index(op.f("ix_platform_act_moves_act_id"), table_name="platform_act_moves")
    op.drop_table("platform_act_moves")
    op.drop_index(op.f("ix_referrals_entry_id"), table_name="referrals")
    op.drop_table("referrals")
    op.drop_index(op.f("ix_platform_acts_state_next_try_at"), table_name="platform_acts")
    op.drop_index(op.f("ix_platform_acts_follower_id"), table_name="platform_acts")
    op.drop_index(op.f("ix_platform_acts_entry_id"), table_name="platform_acts")
    op.drop_index(op.f("ix_platform_acts_account_id_target_platform_id"), table_name="platform_acts")
    op.drop_table("platform_acts")
    op.drop_index(op.f("ix_meetings_entry_id"), table_name="meetings")
    op.drop_table("meetings")
    op.drop_index(op.f("ix_log_events_entry_id_seq"), table_name="log_events")
    op.drop_table("log_events")
    op.drop_index(op.f("ix_log_cases_recorded_at_entry_id"), table_name="log_cases")
    op.drop_index("ix_log_cases_queue", table_name="log_cases")
    op.drop_index(op.f("ix_log_cases_author_id_state"), table_name="log_cases")
    op.drop_index(op.f("ix_log_cases_account_id_post_platform_id"), table_name="log_cases")
    op.drop_table("log_cases")
    op.drop_index(op.f("ix_log_entries_recorded_at_id"), table_name="log_entries")
    op.drop_table("log_entries")
    op.drop_index(op.f("ix_follower_moves_follower_id"), table_name="follower_moves")
    op.drop_table("follower_moves")
    op.drop_index(op.f("ix_comment_versions_account_id_platform_id"), table_name="comment_versions")
    op.drop_table("comment_versions")
    op.drop_index(op.f("ix_comment_scores_comment_id_comment_version"), table_name="comment_scores")
    op.drop_table("comment_scores")
    op.drop_index(op.f("ix_watched_posts_account_id_created_at"), table_name="watched_posts")
    op.drop_table("watched_posts")
    op.drop_table("poll_records")
    op.drop_index(op.f("ix_followers_state_severity_waiting_since"), table_name="followers")
    op.drop_index(op.f("ix_followers_scored_scoring_until"), table_name="followers")
    op.drop_table("followers")
    op.drop_index(op.f("ix_comments_state_created_at"), table_name="comments")
    op.drop_index(op.f("ix_comments_author_id_created_at"), table_name="comments")
    op.drop_index(op.f("ix_comments_account_id_post_platform_id_created_at"), table_name="comments")
    op.drop_index(op.f("ix_comments_account_id_checked_at"), table_name="comments")
    op.drop_table("comments")
    op.drop_table("comment_streams")
    op.drop_index(op.f("ix_comment_gaps_account_id_until"), table_name="comment_gaps")
    op.drop_table("comment_gaps")
    op.drop_table("flagging_rules")
    op.drop_index(
        "uq_blocked_authors_in_force",
        table_name="blocked_authors",
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.drop_table("blocked_authors")
    op.drop_table("authors")
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        op.execute("DROP FUNCTION schoolgate_append_only()")
        # PostgreSQL keeps enum types when their tables go.
        for name in (
            "actkind",
            "actstate",
            "casestate",
            "commentstate",
            "eventkind",
            "followerkind",
            "followerstate",
            "logorigin",
            "referto",
        ):
            sa.Enum(name=name).drop(bind, checkfirst=True)
