"""When the school's own posts were answered more than usual, for whoever plans the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.models import Comment, WatchedPost
from school.times import LONDON

LOOKED_BACK = timedelta(days=365)
SETTLED = timedelta(days=2)
"""A younger post is still being answered."""
POSTS_MOST = 300
"""The newest of that time; so many say enough and are counted at once."""
POSTS_LEAST = 20
"""Fewer posts say nothing."""
POSTS_LEAST_IN_HOUR = 3
BETTER = 1.1
"""Times the usual: anything less is chance."""
TIMES_MOST = 3


@dataclass(frozen=True, slots=True)
class GoodTime:
    """An hour of a weekday in which posts were answered more than usual."""

    weekday: int
    """0 is Monday."""
    hour: int
    """School time."""
    posts: int
    times_usual: float
    """Comments a post, against the average of the same accounts."""


@dataclass(frozen=True, slots=True)
class GoodTimes:
    """What the history says, and on how many posts it rests."""

    posts: int
    times: tuple[GoodTime, ...]
    needed: int = POSTS_LEAST
    """So many posts it takes to say anything."""

    @property
    def enough(self) -> bool:
        """Whether there are enough posts to say anything."""
        return self.posts >= self.needed


def of_school(session: Session, *, now: datetime) -> GoodTimes:
    """What the posts of the last year say, those of all accounts together."""
    answers = (
        sa.select(sa.func.count())
        .select_from(Comment)
        .where(
            Comment.account_id == WatchedPost.account_id,
            Comment.post_platform_id == WatchedPost.platform_id,
        )
        .scalar_subquery()
    )
    query = (
        sa.select(WatchedPost.account_id, WatchedPost.created_at, answers)
        .where(
            WatchedPost.created_at >= now - LOOKED_BACK,
            WatchedPost.created_at < now - SETTLED,
            WatchedPost.gone_at.is_(None),
        )
        .order_by(WatchedPost.created_at.desc())
        .limit(POSTS_MOST)
    )
    return judged([(account_id, at, count) for account_id, at, count in session.execute(query)])


def judged(posts: Sequence[tuple[UUID, datetime, int]]) -> GoodTimes:
    """Good times by posts given as account, time and number of comments, the best first.

    Each post is measured against the average of its own account, so that a lively one doesn't
    decide for all.
    """
    if len(posts) < POSTS_LEAST:
        return GoodTimes(len(posts), ())
    of_account: dict[UUID, list[int]] = {}
    for account_id, _at, count in posts:
        of_account.setdefault(account_id, []).append(count)
    usual = {account_id: sum(counts) / len(counts) for account_id, counts in of_account.items()}
    by_hour: dict[tuple[int, int], list[float]] = {}
    for account_id, at, count in posts:
        if usual[account_id]:
            local = at.astimezone(LONDON)
            by_hour.setdefault((local.weekday(), local.hour), []).append(count / usual[account_id])
    found = [
        GoodTime(weekday, hour, len(shares), sum(shares) / len(shares))
        for (weekday, hour), shares in by_hour.items()
        if len(shares) >= POSTS_LEAST_IN_HOUR and sum(shares) / len(shares) > BETTER
    ]
    best = sorted(found, key=lambda one: (-one.times_usual, one.weekday, one.hour))[:TIMES_MOST]
    return GoodTimes(len(posts), tuple(best))
