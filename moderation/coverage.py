"""What the product can say of its own reading: "every comment up to 9:40am has been seen", or where not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors.base import TAGGED, VISITOR_POSTS
from moderation.models import Comment, CommentGap, CommentState, CommentStream, PollRecord, WatchedPost
from school.models import Account, AccountState
from school.times import say

_NAMES = {
    "": "What mentions the account",
    VISITOR_POSTS: "What visitors post on the Page",
    TAGGED: "What tags the account",
}
_GAPS_SHOWN_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far one account has been read."""

    account: Account
    seen_to: datetime | None
    """Everything written before has been seen, apart from `missing`; None where that can't be said."""
    missing: tuple[str, ...]
    """Sentences on what has not been seen."""
    unscored: int
    """Comments that were fetched and wait for the classifier."""

    @property
    def statement(self) -> str:
        """The first sentence for a person."""
        if self.seen_to is None:
            return "The comments have not been read completely yet."
        with_gaps = " Apart from what is named here," if self.missing else ""
        sentence = f"every comment up to {say(self.seen_to)} has been seen."
        return f"{with_gaps} {sentence}".strip() if self.missing else sentence[0].upper() + sentence[1:]


def coverage(session: Session, account: Account, *, now: datetime) -> Coverage:
    """How far this account has been read, and what is missing."""
    record = session.get(PollRecord, account.id)
    names = record.streams if record else []
    rows = {
        row.name: row
        for row in session.scalars(sa.select(CommentStream).where(CommentStream.account_id == account.id))
    }
    missing = []
    seen: list[datetime] = []
    unread = []
    for name in names:
        row = rows.get(name)
        if row is not None and row.problem is not None:
            missing.append(f"{_stream_name(session, account, name)} can't be read: {row.problem}")
        elif row is None or row.seen_to is None:
            unread.append(name)
        else:
            seen.append(row.seen_to)
    if unread:
        missing.append(f"The comments under {len(unread)} of {len(names)} posts have not been read yet.")
    missing += [
        f"{_stream_name(session, account, gap.stream)}: something may be missing between "
        f"{say(gap.since) if gap.since else 'the beginning'} and {say(gap.until)}. {gap.why}"
        for gap in gaps(session, account, since=now - _GAPS_SHOWN_FOR)
    ]
    if account.state is not AccountState.ACTIVE:
        missing.append("The account is not read at the moment: see the accounts page.")
    unscored = session.scalar(
        sa.select(sa.func.count()).where(
            Comment.account_id == account.id, Comment.state == CommentState.FETCHED
        )
    )
    return Coverage(account, min(seen) if seen else None, tuple(missing), unscored or 0)


def gaps(session: Session, account: Account, *, since: datetime) -> list[CommentGap]:
    """The gaps of an account that ended after a moment, oldest first."""
    query = (
        sa.select(CommentGap)
        .where(CommentGap.account_id == account.id, CommentGap.until >= since)
        .order_by(CommentGap.until)
    )
    return list(session.scalars(query))


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
