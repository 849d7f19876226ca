"""Keeping what was read from a platform: posts, comments, edits, deletions, cursors, gaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from connectors.base import CommentKind, CommentPage, RemoteComment
from moderation import authors, chain
from moderation.models import (
    Author,
    Comment,
    CommentGap,
    CommentState,
    CommentStream,
    CommentVersion,
    EventKind,
    LogEntry,
)
from moderation.moves import COMMENT_MOVES, check
from school.db import new_id, storable

log = structlog.get_logger(__name__)

CHECKED_EVERY = timedelta(minutes=10)
"""How exact `Comment.checked_at` is: overlapping reads must not rewrite every row each time."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a page brought: counts of comments."""

    new: int = 0
    edited: int = 0

    def __add__(self, other: Stored) -> Stored:
        return Stored(self.new + other.new, self.edited + other.edited)


def move(comment: Comment, to: CommentState) -> None:
    """Change a comment's state. Its versions and scores are the rows that tell of the change."""
    check(COMMENT_MOVES, comment.state, to, "comment")
    comment.state = to


def note_page(
    session: Session,
    account_id: UUID,
    platform: str,
    own_platform_id: str,
    stream: str,
    page: CommentPage,
    *,
    began_at: datetime,
    now: datetime,
) -> Stored:
    """Keep one page of comments and where to go on, in the caller's one transaction.

    `began_at`: when the paging began; what was written before it has been read when it ends.
    """
    stored = note_comments(session, account_id, platform, own_platform_id, page.comments, now=now)
    row = stream_row(session, account_id, stream)
    if page.cursor is not None:
        row.cursor, row.began_at = page.cursor, began_at
    else:
        if not page.complete:
            session.add(
                CommentGap(
                    account_id=account_id,
                    stream=stream,
                    since=row.seen_to,
                    until=began_at,
                    found_at=now,
                    why="The platform could not show everything that was written in this time.",
                )
            )
        row.since = page.watermark if page.watermark is not None else row.since
        row.cursor, row.began_at, row.seen_to = None, None, began_at
        row.problem, row.problem_since = None, None
    return stored


def stream_row(session: Session, account_id: UUID, name: str) -> CommentStream:
    """Where the reading of a stream stands; a fresh row where it was never read."""
    found = session.scalar(
        sa.select(CommentStream).where(CommentStream.account_id == account_id, CommentStream.name == name)
    )
    if found is None:
        found = CommentStream(account_id=account_id, name=name)
        session.add(found)
    return found


def note_problem(
    session: Session,
    account_id: UUID,
    stream: str,
    problem: str,
    *,
    keep_place: bool = False,
    now: datetime,
) -> None:
    """A stream could not be read: say why, and begin its paging again next time or go on with it."""
    row = stream_row(session, account_id, stream)
    if row.problem is None:
        row.problem_since = now
    row.problem = problem
    if not keep_place:
        row.cursor = row.began_at = None


def note_comments(
    session: Session,
    account_id: UUID,
    platform: str,
    own_platform_id: str,
    comments: Sequence[RemoteComment],
    *,
    now: datetime,
) -> Stored:
    """Keep comments as the platform shows them; of a changed text the earlier one is kept too."""
    wanted = {comment.platform_id: comment for comment in comments if comment.platform_id}
    if not wanted:
        return Stored()
    writers = authors.note(session, platform, (comment.author for comment in wanted.values()), now=now)
    known = _known(session, account_id, wanted.values())
    stored, made = Stored(), []
    for comment in wanted.values():
        row = known.get(comment.platform_id) or next(
            (known[old] for old in comment.earlier_platform_ids if old in known), None
        )
        if row is None:
            row = _new(account_id, own_platform_id, comment, writers.get(authors.key_of(comment.author)), now)
            session.add(row)
            made.append(str(row.id))
            # A page may show the text from before the edit as well.
            known |= dict.fromkeys((comment.platform_id, *comment.earlier_platform_ids), row)
            stored += Stored(new=1)
        elif row.platform_id in (comment.platform_id, *comment.earlier_platform_ids):
            writer = writers.get(authors.key_of(comment.author))
            stored += _update(session, row, comment, writer, now)
        # Otherwise it is a version from before the one we have, shown late.
    if made:
        log.info("comments_fetched", account_id=str(account_id), comments=made)
    return stored


def _known(session: Session, account_id: UUID, comments: Iterable[RemoteComment]) -> dict[str, Comment]:
    """The comments that we have, by every id that they have or had."""
    ids = list({platform_id for c in comments for platform_id in (c.platform_id, *c.earlier_platform_ids)})
    found: dict[str, Comment] = {}
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        for row, old_id in session.execute(
            sa.select(Comment, CommentVersion.platform_id)
            .join(CommentVersion, CommentVersion.comment_id == Comment.id)
            .where(CommentVersion.account_id == account_id, CommentVersion.platform_id.in_(part))
        ):
            found[old_id] = row
        query = sa.select(Comment).where(Comment.account_id == account_id, Comment.platform_id.in_(part))
        found |= {row.platform_id: row for row in session.scalars(query)}
    return found


def _new(
    account_id: UUID, own_platform_id: str, comment: RemoteComment, author: Author | None, now: datetime
) -> Comment:
    ours = bool(comment.author.platform_id) and comment.author.platform_id == own_platform_id
    return Comment(
        id=new_id(),
        account_id=account_id,
        platform_id=comment.platform_id,
        post_platform_id=comment.post_platform_id,
        parent_platform_id=comment.parent_platform_id,
        kind=comment.kind,
        author_id=author.id if author else None,
        text=storable(comment.text),
        version=1,
        url=comment.url,
        attachment_urls=list(comment.attachment_urls),
        created_at=comment.created_at,
        edited_at=comment.edited_at,
        fetched_at=now,
        hidden=comment.hidden,
        can_hide=comment.can_hide,
        can_delete=comment.can_delete,
        checked_at=now,
        state=CommentState.OURS if ours else CommentState.FETCHED,
        scoring_attempts=0,
    )


def _update(
    session: Session, row: Comment, comment: RemoteComment, author: Author | None, now: datetime
) -> Stored:
    text = storable(comment.text)
    if row.erased_at is not None:
        if comment.platform_id == row.platform_id and (comment.edited_at or row.created_at) <= row.erased_at:
            # As it was when it was erased (P34): it is not taken down anew.
            row.gone_at = None
            return Stored()
        row.erased_at, row.author_id = None, author.id if author else None
    edited = text != row.text or comment.platform_id != row.platform_id
    if edited:
        session.add(
            CommentVersion(
                comment_id=row.id,
                account_id=row.account_id,
                number=row.version,
                platform_id=row.platform_id,
                text=row.text,
                seen_at=row.fetched_at,
                replaced_at=now,
            )
        )
        row.version, row.text, row.platform_id = row.version + 1, text, comment.platform_id
        row.fetched_at, row.edited_at = now, comment.edited_at or now
        row.scoring_until, row.scoring_attempts = None, 0
        if row.state not in {CommentState.FETCHED, CommentState.OURS}:
            move(row, CommentState.FETCHED)
    if comment.hidden_known:
        row.hidden = comment.hidden
    row.can_hide, row.can_delete, row.gone_at = comment.can_hide, comment.can_delete, None
    row.url = comment.url or row.url
    if now - row.checked_at > CHECKED_EVERY:
        row.checked_at = now
    return Stored(edited=1) if edited else Stored()


def unseen_in(
    session: Session, account_id: UUID, post_platform_id: str, seen: Iterable[str], *, before: datetime
) -> list[str]:
    """The ids of comments under a post that a complete re-scan, begun at `before`, did not show."""
    shown = set(seen)
    query = sa.select(Comment.platform_id).where(
        Comment.account_id == account_id,
        Comment.post_platform_id == post_platform_id,
        Comment.gone_at.is_(None),
        Comment.fetched_at < before,
    )
    return [platform_id for platform_id in session.scalars(query) if platform_id not in shown]


def unseen_tags(session: Session, account_id: UUID, seen: Iterable[str], *, before: datetime) -> list[str]:
    """The ids of posts that tagged us and that a complete reading, begun at `before`, did not show."""
    shown = set(seen)
    query = sa.select(Comment.platform_id).where(
        Comment.account_id == account_id,
        Comment.kind == CommentKind.TAG,
        Comment.gone_at.is_(None),
        Comment.fetched_at < before,
    )
    return [platform_id for platform_id in session.scalars(query) if platform_id not in shown]


def longest_unchecked(
    session: Session,
    account_id: UUID,
    *,
    kinds: Sequence[CommentKind],
    written_after: datetime,
    checked_before: datetime,
    limit: int,
) -> list[str]:
    """The ids of comments whose existence was not confirmed for the longest time."""
    query = (
        sa.select(Comment.platform_id)
        .where(
            Comment.account_id == account_id,
            Comment.kind.in_(kinds),
            Comment.checked_at < checked_before,
            Comment.gone_at.is_(None),
            Comment.created_at >= written_after,
        )
        .order_by(Comment.checked_at)
        .limit(limit)
    )
    return list(session.scalars(query))


def note_checked(session: Session, account_id: UUID, platform_ids: Sequence[str], *, now: datetime) -> None:
    """These comments are still there."""
    for start in range(0, len(platform_ids), 500):
        session.execute(
            sa.update(Comment)
            .where(
                Comment.account_id == account_id,
                Comment.platform_id.in_(list(platform_ids[start : start + 500])),
            )
            .values(checked_at=now)
        )


def note_gone(
    session: Session,
    account_id: UUID,
    platform_ids: Iterable[str],
    *,
    with_post: bool = False,
    now: datetime,
) -> int:
    """These comments are no longer on the platform, which the log says too; how many we had not known of.

    `with_post`: since our post above them is gone.
    """
    wanted = list(platform_ids)
    if not wanted:
        return 0
    chain.lock(session)
    gone = 0
    for start in range(0, len(wanted), 500):
        rows = session.execute(
            sa.select(Comment, LogEntry.id)
            .outerjoin(LogEntry, LogEntry.comment_id == Comment.id)
            .where(
                Comment.account_id == account_id,
                Comment.platform_id.in_(wanted[start : start + 500]),
                Comment.gone_at.is_(None),
            )
        ).all()
        for comment, entry_id in rows:
            comment.gone_at = now
            gone += 1
            if entry_id is not None:
                detail = {"what": "post_and_comment"} if with_post else {}
                chain.append(session, entry_id, EventKind.GONE, by=None, detail=detail, now=now)
    return gone
