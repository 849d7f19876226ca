"""The school's own posts whose comments are read: which to read now, and which are no longer there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors.base import RemotePost
from moderation import chain, ingest
from moderation.models import Comment, EventKind, LogEntry, WatchedPost
from school.db import storable

_OLD_POSTS_AT_ONCE = 3000
_SHARE_OF_AGE = 20


def note(session: Session, account_id: UUID, posts: Iterable[RemotePost], *, now: datetime) -> list[str]:
    """Keep the school's own posts, whose comments will be read; the ids of those not known before."""
    wanted = {post.platform_id: post for post in posts if post.platform_id}
    known: dict[str, WatchedPost] = {}
    for part in _parts(list(wanted)):
        query = sa.select(WatchedPost).where(
            WatchedPost.account_id == account_id, WatchedPost.platform_id.in_(part)
        )
        known |= {row.platform_id: row for row in session.scalars(query)}
    new = []
    for platform_id, post in wanted.items():
        row = known.get(platform_id)
        if row is None:
            new.append(platform_id)
            row = WatchedPost(
                account_id=account_id, platform_id=platform_id, created_at=post.created_at, first_seen_at=now
            )
            session.add(row)
        row.text, row.url = storable(post.text), storable(post.url)
        if post.comment_count is not None:
            row.comment_count = post.comment_count
        row.last_seen_at, row.gone_at = now, None
    return new


def _parts(ids: list[str]) -> Iterable[list[str]]:
    return (ids[start : start + 500] for start in range(0, len(ids), 500))


def watched(session: Session, account_id: UUID, *, since: datetime) -> dict[str, datetime]:
    """The posts written since then that are still there, newest first, and when each was written."""
    query = (
        sa.select(WatchedPost.platform_id, WatchedPost.created_at)
        .where(
            WatchedPost.account_id == account_id,
            WatchedPost.created_at >= since,
            WatchedPost.gone_at.is_(None),
        )
        .order_by(WatchedPost.created_at.desc())
    )
    return {row.platform_id: row.created_at for row in session.execute(query)}


def at(session: Session, where: str) -> UUID | None:
    """The school's own post with this address or platform's id."""
    query = sa.select(WatchedPost.id).where(
        sa.or_(WatchedPost.url == where, WatchedPost.platform_id == where)
    )
    return session.scalar(query.limit(1))


def made_elsewhere(
    session: Session,
    *,
    words: Sequence[str],
    begins: datetime | None,
    ends: datetime | None,
    made_here: sa.Select[UUID, str | None],
    limit: int,
    skip: int = 0,
) -> tuple[list[WatchedPost], int]:
    """The school's posts that were found on a platform and not made by Schoolgate, newest first; how many.

    `words`: all in the text. `begins`, `ends`: when it was written, the end not included. `made_here`:
    account and platform's id of those that were made here.
    """
    conditions = [
        sa.tuple_(WatchedPost.account_id, WatchedPost.platform_id).not_in(made_here),
        *(WatchedPost.text.icontains(word, autoescape=True) for word in words),
    ]
    if begins is not None:
        conditions.append(WatchedPost.created_at >= begins)
    if ends is not None:
        conditions.append(WatchedPost.created_at < ends)
    count = session.scalar(sa.select(sa.func.count()).select_from(WatchedPost).where(*conditions)) or 0
    query = sa.select(WatchedPost).where(*conditions).order_by(WatchedPost.created_at.desc(), WatchedPost.id)
    return list(session.scalars(query.limit(limit).offset(skip))), count


def latest(session: Session, account_id: UUID) -> datetime | None:
    """When the newest post that is still there was written."""
    return session.scalar(
        sa.select(sa.func.max(WatchedPost.created_at)).where(
            WatchedPost.account_id == account_id, WatchedPost.gone_at.is_(None)
        )
    )


def missing_from(
    session: Session, account_id: UUID, shown: Collection[str], *, since: datetime, before: datetime
) -> list[str]:
    """The posts written since then, known before a listing of all posts began, that it did not show."""
    query = sa.select(WatchedPost.platform_id).where(
        WatchedPost.account_id == account_id,
        WatchedPost.gone_at.is_(None),
        # Some platforms round the time that they are asked for.
        WatchedPost.created_at >= since + timedelta(minutes=1),
        WatchedPost.first_seen_at < before,
    )
    return [platform_id for platform_id in session.scalars(query) if platform_id not in shown]


def longest_unread(
    session: Session, account_id: UUID, posts: Mapping[str, datetime], *, before: datetime, limit: int
) -> list[str]:
    """Those of these posts that were not read whole since a moment, the longest unread first."""
    rows: dict[str, datetime | None] = {}
    for part in _parts(list(posts)):
        query = sa.select(WatchedPost.platform_id, WatchedPost.read_whole_at).where(
            WatchedPost.account_id == account_id, WatchedPost.platform_id.in_(part)
        )
        rows |= {row.platform_id: row.read_whole_at for row in session.execute(query)}
    due = [(at.timestamp() if at else 0.0, name) for name, at in rows.items() if at is None or at <= before]
    return [name for _, name in sorted(due)][:limit]


def old_posts_due(
    session: Session,
    account_id: UUID,
    *,
    written_before: datetime,
    written_after: datetime,
    rested: timedelta,
    now: datetime,
    limit: int,
) -> list[str]:
    """Posts beyond the watched ones to look through now, the newest first.

    Each is left alone for `rested` at least, and for a twentieth of its age.
    """
    query = (
        sa.select(WatchedPost.platform_id, WatchedPost.created_at, WatchedPost.read_whole_at)
        .where(
            WatchedPost.account_id == account_id,
            WatchedPost.gone_at.is_(None),
            WatchedPost.created_at < written_before,
            WatchedPost.created_at >= written_after,
            sa.or_(WatchedPost.read_whole_at.is_(None), WatchedPost.read_whole_at <= now - rested),
        )
        .order_by(WatchedPost.created_at.desc())
        .limit(_OLD_POSTS_AT_ONCE)
    )
    due = [
        row.platform_id
        for row in session.execute(query)
        if row.read_whole_at is None or now - row.read_whole_at >= (now - row.created_at) / _SHARE_OF_AGE
    ]
    return due[:limit]


def note_read_whole(session: Session, account_id: UUID, platform_id: str, *, at: datetime) -> None:
    """All comments under a post have been read."""
    session.execute(
        sa.update(WatchedPost)
        .where(WatchedPost.account_id == account_id, WatchedPost.platform_id == platform_id)
        .values(read_whole_at=at)
    )


def note_gone(
    session: Session, account_id: UUID, platform_id: str, *, with_comments: bool, now: datetime
) -> int:
    """A post of ours is no longer on the platform, which the log says of each entry under it.

    `with_comments`: its comments went with it, as on Facebook and Instagram; on X they stay. How
    many comments are gone now.
    """
    session.execute(
        sa.update(WatchedPost)
        .where(WatchedPost.account_id == account_id, WatchedPost.platform_id == platform_id)
        .values(gone_at=now)
    )
    under = (
        Comment.account_id == account_id,
        Comment.post_platform_id == platform_id,
        Comment.gone_at.is_(None),
    )
    if with_comments:
        gone = list(session.scalars(sa.select(Comment.platform_id).where(*under)))
        return ingest.note_gone(session, account_id, gone, with_post=True, now=now)
    entries = session.scalars(
        sa.select(LogEntry.id).join(Comment, Comment.id == LogEntry.comment_id).where(*under)
    ).all()
    if entries:
        chain.lock(session)
    for entry_id in entries:
        chain.append(session, entry_id, EventKind.GONE, by=None, detail={"what": "post"}, now=now)
    return 0
