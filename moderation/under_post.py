"""What people wrote under a post of the school's, for its own page: how many, what waits, the latest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.models import Author, CaseState, Comment, CommentState, LogCase, LogEntry
from moderation.sight import comment_visible_to, visible_to
from school.models import Person
from school.permissions import Action, may

LATEST = 5
"""Comments shown under one post."""

_OPEN = frozenset({CommentState.CLEAR, CommentState.OURS})
"""What was looked at and found clear, and the school's own words, stand open."""
Post = tuple[UUID, str]
"""Account and the platform's id of a post."""


@dataclass(frozen=True, slots=True)
class Written:
    """One comment as the post's page shows it."""

    comment: Comment
    author: str
    """Empty where the platform doesn't say."""
    entry_id: UUID | None
    """Its entry of the log, where the viewer may see that."""
    covered: bool
    """Whether its words stay covered until somebody asks: it is in the log, or nothing looked at it yet."""


@dataclass(frozen=True, slots=True)
class UnderPost:
    """The comments under one post, as far as somebody may see them; the school's own are not counted."""

    count: int
    waiting: int
    """Entries that are open in the queue."""
    unread: int
    """Comments that the classifier has not looked at yet."""
    hidden: int
    latest: tuple[Written, ...]
    """The newest first."""


def of_posts(session: Session, posts: Sequence[Post], *, viewer: Person) -> dict[Post, UnderPost]:
    """What stands under each of these posts; nothing for whom the queue is closed (P2, P3).

    Exactly what queue and conversation show: what concerns the headteacher is neither shown nor counted
    for them.
    """
    if not posts or not may(viewer, Action.MODERATE):
        return {}
    return {post: _of(session, post, viewer) for post in posts}


def _of(session: Session, post: Post, viewer: Person) -> UnderPost:
    account_id, platform_id = post
    here = (
        Comment.account_id == account_id,
        Comment.post_platform_id == platform_id,
        comment_visible_to(viewer),
    )
    theirs = Comment.state != CommentState.OURS
    unread = Comment.state.in_((CommentState.FETCHED, CommentState.SCORED))
    count, hidden, not_read = session.execute(
        sa.select(
            sa.func.count(),
            sa.func.count().filter(Comment.hidden),
            sa.func.count().filter(unread, Comment.gone_at.is_(None)),
        )
        .select_from(Comment)
        .where(*here, theirs)
    ).one()
    waiting = session.scalar(
        sa.select(sa.func.count())
        .select_from(LogCase)
        .where(
            LogCase.account_id == account_id,
            LogCase.post_platform_id == platform_id,
            LogCase.state == CaseState.OPEN,
            visible_to(viewer),
        )
    )
    latest = session.execute(
        sa.select(Comment, Author.display_name)
        .outerjoin(Author, Author.id == Comment.author_id)
        .where(*here)
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(LATEST)
    ).all()
    entries: dict[UUID, UUID] = {
        row.comment_id: row.id
        for row in session.execute(
            sa.select(LogEntry.comment_id, LogEntry.id)
            .join(LogCase, LogCase.entry_id == LogEntry.id)
            .where(LogEntry.comment_id.in_([row[0].id for row in latest]), visible_to(viewer))
        )
    }
    written = tuple(
        Written(
            comment, name or "", entries.get(comment.id), comment.state not in _OPEN or comment.id in entries
        )
        for comment, name in latest
    )
    return UnderPost(count, waiting or 0, not_read, hidden, written)
