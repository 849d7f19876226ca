"""The platforms' own counts of comments held against what they show: a difference is written down.

A platform counts what it doesn't show (comments of people whom it restricts, hidden or withheld
ones), so a difference is a remark and not an error. It is said only once it has lasted: between a
count and a reading somebody may write or delete.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors.base import RemotePost
from moderation.models import ActKind, ActState, Comment, PlatformAct, WatchedPost


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A post under which the platform counts more than it shows."""

    post_platform_id: str
    written_at: datetime
    counted: int
    shown: int
    since: datetime


def note_counts(
    session: Session,
    account_id: UUID,
    post_platform_id: str,
    *,
    shown: int,
    counted: int | None,
    now: datetime,
) -> None:
    """Keep both numbers of a post that was just read whole.

    `counted` None: as the list of posts said.
    """
    row = session.scalar(
        sa.select(WatchedPost).where(
            WatchedPost.account_id == account_id, WatchedPost.platform_id == post_platform_id
        )
    )
    if row is not None:
        _compare(row, shown, row.comment_count if counted is None else counted, now)


def compare_with_kept(
    session: Session, account_id: UUID, posts: Iterable[RemotePost], *, now: datetime
) -> None:
    """The same for X, whose conversations are never read whole: against the comments that were kept.

    Answers that the product itself sent are counted by X as well and not kept as comments.
    """
    told = {post.platform_id: post.comment_count for post in posts if post.comment_count is not None}
    if not told:
        return
    rows = session.scalars(
        sa.select(WatchedPost).where(
            WatchedPost.account_id == account_id, WatchedPost.platform_id.in_(list(told))
        )
    ).all()
    under = (Comment.account_id == account_id, Comment.post_platform_id.in_(list(told)))
    kept = _by_post(session, sa.select(Comment.post_platform_id).where(*under, Comment.gone_at.is_(None)))
    answers = _by_post(
        session,
        sa.select(Comment.post_platform_id)
        .join(PlatformAct, PlatformAct.comment_id == Comment.id)
        .where(*under, PlatformAct.kind == ActKind.REPLY, PlatformAct.state == ActState.DONE),
    )
    for row in rows:
        shown = kept.get(row.platform_id, 0) + answers.get(row.platform_id, 0)
        _compare(row, shown, told[row.platform_id], now)


def _by_post(session: Session, posts: sa.Select[str]) -> dict[str, int]:
    found = posts.subquery()
    name = found.c.post_platform_id
    return {row[0]: row[1] for row in session.execute(sa.select(name, sa.func.count()).group_by(name))}


def _compare(row: WatchedPost, shown: int, counted: int | None, now: datetime) -> None:
    row.shown_count, row.compared_at = shown, now
    if counted is None:
        row.short_since = None
        return
    row.comment_count = counted
    row.short_since = (row.short_since or now) if counted > shown else None


def shortfalls(session: Session, account_id: UUID, *, limit: int = 5) -> tuple[list[Shortfall], int]:
    """The newest posts with a lasting difference, and how many there are in all."""
    lasting = (
        WatchedPost.account_id == account_id,
        WatchedPost.gone_at.is_(None),
        WatchedPost.short_since < WatchedPost.compared_at,
    )
    rows = session.scalars(
        sa.select(WatchedPost).where(*lasting).order_by(WatchedPost.created_at.desc()).limit(limit)
    )
    found = [
        Shortfall(
            row.platform_id, row.created_at, row.comment_count or 0, row.shown_count or 0, row.short_since
        )
        for row in rows
        if row.short_since is not None
    ]
    count = session.scalar(sa.select(sa.func.count()).select_from(WatchedPost).where(*lasting))
    return found, count or 0
