"""What an entry of the SLT log says (P17): copied from the platform's side as first seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.models import Author, Comment, LogEntry, LogOrigin, WatchedPost
from moderation.thresholds import Rules
from school.db import new_id
from school.models import Account


def copy(
    session: Session,
    comment: Comment,
    scores: Mapping[str, float],
    reasons: list[dict[str, Any]],
    weight: float,
    model_name: str,
    rules: Rules,
) -> LogEntry:
    """The evidence, copied, so that nothing that happens on the platform later can take it away."""
    about = around(session, [comment])[comment.id]
    return entry(comment, about, scores, reasons, weight, model_name, rules)


@dataclass(frozen=True, slots=True)
class Around:
    """What an entry says besides the comment itself."""

    platform: str
    author: Author | None
    post: WatchedPost | None


def around(session: Session, comments: Sequence[Comment]) -> dict[UUID, Around]:
    """Platform, author and post of these comments, in three queries for all of them."""
    if not comments:
        return {}
    writers = {c.author_id for c in comments}
    authors = {row.id: row for row in session.scalars(sa.select(Author).where(Author.id.in_(writers)))}
    accounts = {
        row.id: row.platform
        for row in session.execute(
            sa.select(Account.id, Account.platform).where(Account.id.in_({c.account_id for c in comments}))
        )
    }
    posts = {
        (row.account_id, row.platform_id): row
        for row in session.scalars(
            sa.select(WatchedPost).where(
                WatchedPost.account_id.in_(accounts),
                WatchedPost.platform_id.in_({c.post_platform_id for c in comments}),
            )
        )
    }
    return {
        c.id: Around(
            accounts[c.account_id],
            authors.get(c.author_id) if c.author_id else None,
            posts.get((c.account_id, c.post_platform_id)),
        )
        for c in comments
    }


def entry(
    comment: Comment,
    about: Around,
    scores: Mapping[str, float],
    reasons: list[dict[str, Any]],
    weight: float,
    model_name: str,
    rules: Rules,
) -> LogEntry:
    """A comment as an entry that is not in the log yet; `weight`: its severity."""
    author, post = about.author, about.post
    return LogEntry(
        id=new_id(),
        origin=LogOrigin.FLAGGED,
        comment_id=comment.id,
        comment_version=comment.version,
        comment_platform_id=comment.platform_id,
        account_id=comment.account_id,
        platform=about.platform,
        author_id=comment.author_id,
        author_platform_id=author.platform_id if author else "",
        author_handle=author.handle if author else "",
        author_name=author.display_name if author else "",
        author_url=author.url if author else "",
        text=comment.text,
        # Instagram gives comments no address of their own.
        url=comment.url or (post.url if post else ""),
        attachment_urls=list(comment.attachment_urls),
        post_platform_id=comment.post_platform_id,
        post_text=post.text if post else "",
        posted_at=comment.created_at,
        model_name=model_name,
        rules_version=rules.version,
        scores=dict(scores),
        reasons=reasons,
        severity=weight,
        picture_type="",
    )
