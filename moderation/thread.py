"""What stands around a comment: what it answers, and who wrote before and after it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.models import Author, Comment
from moderation.sight import comment_visible_to
from school.models import Person

_AROUND = 12
"""Comments of the conversation shown beside an entry."""

Said = tuple[Comment, str]
"""A comment with its author's name; empty where the platform doesn't say."""


def answered(session: Session, comment: Comment | None, viewer: Person) -> Said | None:
    """The comment that this one answers; None where it stands directly under the post."""
    if comment is None or comment.parent_platform_id in {"", comment.post_platform_id}:
        return None
    row = session.execute(
        _said(viewer).where(
            Comment.account_id == comment.account_id, Comment.platform_id == comment.parent_platform_id
        )
    ).first()
    return (row[0], row[1] or "") if row else None


def conversation(session: Session, comment: Comment | None, viewer: Person) -> tuple[Said, ...]:
    """Comments under the same post around this one, in their order, itself among them."""
    if comment is None or not comment.post_platform_id:
        return ()
    around = _said(viewer).where(
        Comment.account_id == comment.account_id, Comment.post_platform_id == comment.post_platform_id
    )
    before = session.execute(
        around.where(Comment.created_at <= comment.created_at)
        .order_by(Comment.created_at.desc())
        .limit(_AROUND)
    ).all()
    later = session.execute(
        around.where(Comment.created_at > comment.created_at).order_by(Comment.created_at).limit(_AROUND // 2)
    ).all()
    return tuple((row[0], row[1] or "") for row in [*reversed(before), *later])


def _said(viewer: Person) -> sa.Select[Comment, str]:
    return (
        sa.select(Comment, Author.display_name)
        .outerjoin(Author, Author.id == Comment.author_id)
        .where(comment_visible_to(viewer))
    )
