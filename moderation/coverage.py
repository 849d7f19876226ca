"""What the product can say of its own reading: "every comment up to 9:40am has been seen", or where not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors.base import TAGGED, VISITOR_POSTS, Platform, is_elsewhere
from connectors.posting import NAMES
from moderation import counting, unread
from moderation.models import Comment, CommentGap, CommentState, CommentStream, PollRecord, WatchedPost
from moderation.unread import Unread
from school.models import Account, AccountState
from school.times import say

_NAMES = {
    "": "What mentions the account",
    VISITOR_POSTS: "What visitors post on the Page",
    TAGGED: "What tags the account",
}
_NAMED_ONE_BY_ONE = 3
_NOT_READ: Mapping[AccountState, str] = {
    AccountState.PAUSED: "somebody paused it",
    AccountState.NEEDS_CONNECTING: "it has to be connected again",
    AccountState.CLOSED: "it is closed",
}
_GAPS_SHOWN_FOR = timedelta(days=30)
_UNREAD_OF = timedelta(days=30)

BLIND_SPOTS: Mapping[str, tuple[str, ...]] = {
    Platform.X: (
        "X shows answers that don't name the school for seven days after a post only; later ones under "
        "it are seen where they name the school.",
    ),
    Platform.FACEBOOK: (
        "Facebook shows comments under our posts, visitors' posts on the Page and posts that tag it; what "
        "others then write under visitors' and tagging posts is not read.",
    ),
    Platform.INSTAGRAM: (
        "Instagram tells of @mentions in other people's captions and comments by a webhook only, which "
        "Schoolgate does not have: look at them in Instagram itself. Comments of people whom Instagram "
        "restricts never appear.",
    ),
}
"""What each platform doesn't show to any program like this one, said so that nobody relies on it."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far one account has been read."""

    account: Account
    seen_to: datetime | None
    """Everything written before has been seen, apart from `missing`; None where that can't be said."""
    missing: tuple[str, ...]
    """Sentences on what has not been seen and should have been."""
    remarks: tuple[str, ...]
    """Sentences on what the platform doesn't show, or counts otherwise than it shows."""
    unscored: int
    """Comments that were fetched and wait for the classifier."""
    in_other_languages: Unread
    """Of the last 30 days."""

    @property
    def asked_about(self) -> str:
        """What the classifier can't read, and whether people are asked; empty where there is nothing such."""
        said = self.in_other_languages.sentence
        return f"Of the last 30 days, {said}" if said else ""

    @property
    def statement(self) -> str:
        """The first sentence for a person."""
        if self.seen_to is None:
            return "The comments have not been read completely yet."
        with_gaps = " Apart from what is named here," if self.missing else ""
        sentence = f"every comment up to {say(self.seen_to)} has been seen."
        return f"{with_gaps} {sentence}".strip() if self.missing else sentence[0].upper() + sentence[1:]

    def told(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "platform": self.account.platform,
            "handle": self.account.handle,
            "seen_to": self.seen_to,
            "statement": self.statement,
            "missing": list(self.missing),
            "remarks": list(self.remarks),
            "unscored": self.unscored,
            "in_other_languages": {
                "comments": self.in_other_languages.comments,
                "unasked": self.in_other_languages.unasked,
            },
        }


def coverage(session: Session, account: Account, *, now: datetime) -> Coverage:
    """How far this account has been read, and what is missing."""
    record = session.get(PollRecord, account.id)
    names = record.streams if record else []
    rows = {
        row.name: row
        for row in session.scalars(sa.select(CommentStream).where(CommentStream.account_id == account.id))
    }
    missing: list[str] = []
    remarks: list[str] = []
    seen: list[datetime] = []
    never = 0
    stuck: dict[str, list[str]] = {}
    for name in names:
        row = rows.get(name)
        if row is not None and row.problem is not None:
            if is_elsewhere(name):
                remarks.append(f"{_stream_name(session, account, name)} can't be read: {row.problem}")
            else:
                stuck.setdefault(row.problem, []).append(name)
        elif row is None or row.seen_to is None:
            never += 1
        else:
            seen.append(row.seen_to)
    for problem, where in stuck.items():
        if len(where) > _NAMED_ONE_BY_ONE:
            missing.append(f"The comments under {len(where)} posts can't be read: {problem}")
        else:
            missing += [f"{_stream_name(session, account, name)} can't be read: {problem}" for name in where]
    if never:
        missing.append(f"The comments in {never} of {len(names)} places have not been read yet.")
    missing += [
        f"{_stream_name(session, account, gap.stream)}: something may be missing between "
        f"{say(gap.since) if gap.since else 'the beginning'} and {say(gap.until)}. {gap.why}"
        for gap in gaps(session, account, since=now - _GAPS_SHOWN_FOR)
    ]
    if account.state is not AccountState.ACTIVE:
        missing.append(f"The account is not read at the moment: {_NOT_READ[account.state]}.")
    strange = unread.since(session, now - _UNREAD_OF, account_id=account.id)
    remarks += [
        *_old_posts(session, account, names, record),
        *_shortfalls(session, account),
        *BLIND_SPOTS.get(account.platform, ()),
    ]
    unscored = session.scalar(
        sa.select(sa.func.count()).where(
            Comment.account_id == account.id, Comment.state == CommentState.FETCHED
        )
    )
    seen_to = min(seen) if seen else None
    return Coverage(account, seen_to, tuple(missing), tuple(remarks), unscored or 0, strange)


def gaps(session: Session, account: Account, *, since: datetime) -> list[CommentGap]:
    """The gaps of an account that ended after a moment, oldest first."""
    query = (
        sa.select(CommentGap)
        .where(CommentGap.account_id == account.id, CommentGap.until >= since)
        .order_by(CommentGap.until)
    )
    return list(session.scalars(query))


def _old_posts(session: Session, account: Account, names: list[str], record: PollRecord | None) -> list[str]:
    """How far the looking through of posts beyond the watched ones has come."""
    if account.platform == Platform.X or record is None or record.old_read_at is None:
        return []
    watched = [name for name in names if name and not is_elsewhere(name)]
    count, unread, oldest = session.execute(
        sa.select(
            sa.func.count(),
            sa.func.count().filter(WatchedPost.read_whole_at.is_(None)),
            sa.func.min(WatchedPost.read_whole_at),
        ).where(
            WatchedPost.account_id == account.id,
            WatchedPost.gone_at.is_(None),
            WatchedPost.platform_id.not_in(watched),
        )
    ).one()
    if not count:
        return []
    posts = "1 older post is" if count == 1 else f"{count} older posts are"
    so_far = (
        f"{unread} of them not yet."
        if unread
        else f"each was last read {say(oldest)} or later."
        if oldest
        else ""
    )
    return [f"{posts} looked through in turn for late comments; {so_far}"]


def _shortfalls(session: Session, account: Account) -> list[str]:
    found, count = counting.shortfalls(session, account.id)
    name = NAMES[Platform(account.platform)]
    sentences = [
        f"{name} counts {one.counted} comments under the post of {say(one.written_at)} and shows "
        f"{one.shown}, since {say(one.since)} at the latest. It counts what it hides from everybody."
        for one in found
    ]
    if count > len(found):
        sentences.append(f"The same is so under {count - len(found)} more posts.")
    return sentences


def _stream_name(session: Session, account: Account, name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    if name.startswith("!"):
        return "The followers"
    written = session.scalar(
        sa.select(WatchedPost.created_at).where(
            WatchedPost.account_id == account.id, WatchedPost.platform_id == name
        )
    )
    return f"The post of {say(written)}" if written else "A post"
