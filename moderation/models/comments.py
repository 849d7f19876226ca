"""Comments as fetched, every version of their text, and what the classifier said of each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from connectors.base import CommentKind
from school.db import Base, new_id


class CommentState(StrEnum):
    """How far a comment has come: fetched → scored → clear or flagged."""

    FETCHED = "fetched"
    SCORED = "scored"
    CLEAR = "clear"
    FLAGGED = "flagged"
    OURS = "ours"
    """Written by the school's own account: kept for the thread, never flagged."""


class Comment(Base):
    """Something that somebody wrote under one of the school's posts, or at the school."""

    __tablename__ = "comments"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "platform_id"),
        sa.Index(None, "state", "scoring_attempts", "created_at"),
        sa.Index(None, "created_at", "id"),
        sa.Index(None, "account_id", "post_platform_id", "created_at"),
        sa.Index(None, "account_id", "checked_at"),
        sa.Index(None, "author_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    platform_id: Mapped[str] = mapped_column(sa.String(200))
    """The platform's id of the newest version."""
    post_platform_id: Mapped[str] = mapped_column(sa.String(200))
    """The school's post it stands under; empty for what stands elsewhere."""
    kind: Mapped[CommentKind] = mapped_column(default=CommentKind.COMMENT)
    parent_platform_id: Mapped[str] = mapped_column(sa.String(200))
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("authors.id"))
    """None where the platform does not say who wrote it."""
    text: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    """1 for the text first seen, one more for every edit."""
    url: Mapped[str]
    attachment_urls: Mapped[list[str]]
    created_at: Mapped[datetime]
    """The platform's own time."""
    edited_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime]
    """When the version in `text` was first seen."""
    hidden: Mapped[bool] = mapped_column(default=False)
    can_hide: Mapped[bool] = mapped_column(default=True)
    can_delete: Mapped[bool] = mapped_column(default=False)
    gone_at: Mapped[datetime | None]
    """When it was noticed that the platform no longer has it."""
    checked_at: Mapped[datetime]
    """When the platform last showed that it is there."""
    state: Mapped[CommentState] = mapped_column(default=CommentState.FETCHED)
    scoring_until: Mapped[datetime | None]
    """While one worker scores it, no other does."""
    scoring_attempts: Mapped[int] = mapped_column(default=0)
    erased_at: Mapped[datetime | None]
    """When text and author were erased (P34); the platform's id stays, so that it is not fetched as new."""


class CommentVersion(Base):
    """A text that a comment had before it was edited."""

    __tablename__ = "comment_versions"
    __table_args__ = (
        sa.UniqueConstraint("comment_id", "number"),
        sa.Index(None, "account_id", "platform_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    comment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("comments.id"))
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    number: Mapped[int]
    platform_id: Mapped[str] = mapped_column(sa.String(200))
    """The id it had then (X gives an edited post a new one)."""
    text: Mapped[str]
    seen_at: Mapped[datetime]
    replaced_at: Mapped[datetime]


class CommentScore(Base):
    """What the classifier and the flagging rules said of one version of a comment."""

    __tablename__ = "comment_scores"
    __table_args__ = (
        sa.Index(None, "comment_id", "comment_version"),
        sa.Index(
            "ix_comment_scores_unread",
            "scored_at",
            sqlite_where=sa.text("language <> ''"),
            postgresql_where=sa.text("language <> ''"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    comment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("comments.id"))
    comment_version: Mapped[int]
    model_name: Mapped[str] = mapped_column(sa.String(200))
    rules_version: Mapped[int] = mapped_column(sa.ForeignKey("flagging_rules.version"))
    scores: Mapped[dict[str, Any]]
    """Label to a number from 0 to 1."""
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    severity: Mapped[float]
    flagged: Mapped[bool]
    language: Mapped[str] = mapped_column(sa.String(10), default="", server_default="")
    """Of a text that this model can't read; empty where it could. The scores then say nothing."""
    scored_at: Mapped[datetime]
