"""People on the platforms as the room knows them: profiles, earlier flags, the block list (P20)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from connectors.base import RemoteAuthor
from moderation import not_yet, unread
from moderation.models import Author, BlockedAuthor, CaseState, Comment, LogCase
from moderation.sight import visible_to
from school.db import new_id, storable
from school.models import Person


@dataclass(frozen=True, slots=True)
class AuthorRecord:
    """What the school knows of a person's earlier behaviour."""

    comments: int
    flagged: int
    """Not with what stands in the log for its language alone: nobody is accused of anything there."""
    open: int
    blocked: bool
    open_unread: int = 0
    """Of the open ones, those that wait for their language alone."""
    unread: int = 0
    """Decided or not, those that are in the log for their language alone."""
    being_blocked: bool = False
    """On the block list, though an account of ours has not blocked them on its platform yet."""


def key_of(author: RemoteAuthor) -> str:
    """What tells this person from others on the platform; empty where the platform withholds it."""
    if author.platform_id:
        return storable(author.platform_id)[:300]
    return f"@{storable(author.handle).casefold()}"[:300] if author.handle else ""


def note(
    session: Session, platform: str, found: Iterable[RemoteAuthor], *, now: datetime
) -> dict[str, Author]:
    """Keep these profiles as they are now; by key, those that have one."""
    wanted = {key: author for author in found if (key := key_of(author))}
    if not wanted:
        return {}
    known = _by_key(session, platform, wanted)
    missing = [key for key in sorted(wanted) if key not in known]
    if missing:
        # Another account's poll may meet the same person at the same moment.
        make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        rows = [_row(platform, key, wanted[key], now) for key in missing]
        # Row by row, so that the statement is the same for any number of them and is made ready once.
        insert = make(Author).on_conflict_do_nothing(index_elements=["platform", "key"])
        session.execute(insert, rows)
        known |= _by_key(session, platform, missing)
    for key, author in wanted.items():
        _refresh(known[key], author, now)
    return known


def _by_key(session: Session, platform: str, keys: Iterable[str]) -> dict[str, Author]:
    wanted = list(keys)
    found: dict[str, Author] = {}
    for start in range(0, len(wanted), 500):
        query = sa.select(Author).where(
            Author.platform == platform, Author.key.in_(wanted[start : start + 500])
        )
        found |= {author.key: author for author in session.scalars(query)}
    return found


def _row(platform: str, key: str, author: RemoteAuthor, now: datetime) -> Mapping[str, object]:
    return {
        "id": new_id(),
        "platform": platform,
        "key": key,
        "platform_id": storable(author.platform_id),
        "handle": author.handle,
        "display_name": author.display_name,
        "bio": author.bio,
        "url": author.url,
        "opened_at": author.created_at,
        "followers": author.followers,
        "following": author.following,
        "first_seen_at": now,
        "profile_changed_at": now,
    }


def _refresh(row: Author, author: RemoteAuthor, now: datetime) -> None:
    """Take over what the platform says now; what it leaves out this time stays as it was."""
    name, bio = storable(author.display_name), storable(author.bio)
    if (name and name != row.display_name) or (bio and bio != row.bio):
        row.display_name, row.bio, row.profile_changed_at = name or row.display_name, bio or row.bio, now
    row.handle = storable(author.handle) or row.handle
    row.url = storable(author.url) or row.url
    row.opened_at = author.created_at or row.opened_at
    if author.followers is not None:
        row.followers = author.followers
    if author.following is not None:
        row.following = author.following


def records(
    session: Session, author_ids: Iterable[UUID], *, viewer: Person | None
) -> dict[UUID, AuthorRecord]:
    """How often each of these people commented and was flagged, and whether they are blocked.

    Counts only what `viewer` may see.
    """
    wanted = list(set(author_ids))
    if not wanted:
        return {}
    comments = {
        row.author_id: row.total
        for row in session.execute(
            sa.select(Comment.author_id, sa.func.count().label("total"))
            .where(Comment.author_id.in_(wanted))
            .group_by(Comment.author_id)
        )
    }
    cases = {
        row.author_id: (row.flagged, row.open, row.unread, row.open_unread)
        for row in session.execute(
            sa.select(
                LogCase.author_id,
                sa.func.count().filter(sa.not_(unread.only_that())).label("flagged"),
                sa.func.count().filter(LogCase.state == CaseState.OPEN).label("open"),
                sa.func.count().filter(unread.only_that()).label("unread"),
                sa.func.count()
                .filter(LogCase.state == CaseState.OPEN, unread.only_that())
                .label("open_unread"),
            )
            .where(LogCase.author_id.in_(wanted), visible_to(viewer))
            .group_by(LogCase.author_id)
        )
    }
    blocked = set(
        session.scalars(
            sa.select(BlockedAuthor.author_id).where(
                BlockedAuthor.author_id.in_(wanted), BlockedAuthor.lifted_at.is_(None)
            )
        )
    )
    being = not_yet.being_blocked(session, sorted(blocked)) if blocked else frozenset()
    found = {}
    for author_id in wanted:
        flagged, still, strange, strange_open = cases.get(author_id, (0, 0, 0, 0))
        found[author_id] = AuthorRecord(
            comments=comments.get(author_id, 0),
            flagged=flagged,
            open=still,
            blocked=author_id in blocked,
            open_unread=strange_open,
            unread=strange,
            being_blocked=author_id in being,
        )
    return found


def named(session: Session, words: str, *, most: int) -> list[Author]:
    """Whom these words may mean: part of a handle or a name, or a platform's own id; by name."""
    query = sa.select(Author).where(
        sa.or_(
            Author.handle.icontains(words.lstrip("@"), autoescape=True),
            Author.display_name.icontains(words, autoescape=True),
            Author.platform_id == words,
        )
    )
    return list(session.scalars(query.order_by(Author.display_name).limit(most)))


def block(session: Session, author_id: UUID, *, by: Person, reason: str, now: datetime) -> None:
    """Put somebody on the block list. Nothing happens where they are on it already."""
    if _in_force(session, author_id) is None:
        session.add(BlockedAuthor(author_id=author_id, blocked_at=now, blocked_by_id=by.id, reason=reason))


def unblock(session: Session, author_id: UUID, *, by: Person, reason: str, now: datetime) -> None:
    """Take somebody off the block list."""
    found = _in_force(session, author_id)
    if found is not None:
        found.lifted_at, found.lifted_by_id, found.lifted_reason = now, by.id, reason


def rest_on(
    session: Session, author_id: UUID, *, by_id: UUID, reason: str, decided_at: datetime
) -> None:
    """Let a block stand by a later decision, since the one that put it on the list was taken back."""
    found = _in_force(session, author_id)
    if found is not None:
        found.blocked_at, found.blocked_by_id, found.reason = decided_at, by_id, reason


def _in_force(session: Session, author_id: UUID) -> BlockedAuthor | None:
    return session.scalar(
        sa.select(BlockedAuthor).where(
            BlockedAuthor.author_id == author_id, BlockedAuthor.lifted_at.is_(None)
        )
    )
