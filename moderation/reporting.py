"""Comments, flags, decisions and followers in a period, for the termly report (P10, P17, P19, P23)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import followers
from moderation.chain import main_kind, unlisted
from moderation.models import CaseState, Comment, Follower, FollowerMove, FollowerState, LogCase
from moderation.sight import counted_for
from moderation.unread import ALONE
from school.db import seconds_between
from school.models import Person
from school.times import middle

_DECIDED = (FollowerState.APPROVED, FollowerState.DECLINED, FollowerState.REMOVED)


@dataclass(slots=True)
class Flags:
    """What was flagged on one account (None: seen elsewhere), as far as the viewer may know of it."""

    comments: int = 0
    flagged: int = 0
    urgent: int = 0
    unread: int = 0
    """Of the flagged ones, those in a language that the classifier can't read, and nothing else."""
    still_open: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    by_outcome: Counter[str] = field(default_factory=Counter)
    waits: list[timedelta] = field(default_factory=list)

    @property
    def median(self) -> timedelta | None:
        """From arrival in the log to the decision."""
        return middle(self.waits)

    @property
    def slowest(self) -> timedelta | None:
        """The longest of them."""
        return max(self.waits, default=None)


def flags(session: Session, *, begins: datetime, ends: datetime, viewer: Person) -> dict[UUID | None, Flags]:
    """By account, the comments of the period and what was flagged in it.

    What concerns the headteacher is not counted for the headteacher (P3): a number tells, too.
    """
    found: dict[UUID | None, Flags] = {}
    read = (
        sa.select(Comment.account_id, sa.func.count())
        .where(Comment.created_at >= begins, Comment.created_at < ends)
        .group_by(Comment.account_id)
    )
    for read_on, count in session.execute(read):
        found.setdefault(read_on, Flags()).comments = count
    of_period = LogCase.recorded_at >= begins, LogCase.recorded_at < ends, counted_for(viewer)
    alike = LogCase.account_id, LogCase.state, LogCase.urgent, LogCase.kinds, LogCase.outcomes
    # Counted by the database: a lively school has thousands of entries in a year, of a few dozen sorts.
    for account_id, state, urgent, kinds, outcomes, count in session.execute(
        sa.select(*alike, sa.func.count()).where(*of_period).group_by(*alike)
    ):
        of_account = found.setdefault(account_id, Flags())
        of_account.flagged += count
        of_account.urgent += count if urgent else 0
        of_account.unread += count if kinds == ALONE else 0
        of_account.still_open += count if state is CaseState.OPEN else 0
        # One alone, so that the parts add up to the whole.
        of_account.by_kind[main_kind(kinds)] += count
        of_account.by_outcome.update(dict.fromkeys(unlisted(outcomes), count))
    decided = LogCase.state == CaseState.DECIDED, LogCase.decided_at.is_not(None)
    for of_whom, of_account in found.items():
        # One number of each, not two times: there may be tens of thousands.
        lengths = sa.select(seconds_between(session, LogCase.recorded_at, LogCase.decided_at)).where(
            *of_period, *decided, LogCase.account_id == of_whom
        )
        of_account.waits += [timedelta(seconds=float(length)) for length in session.scalars(lengths)]
    return found


@dataclass(slots=True)
class Vetted:
    """What people decided about followers of one account."""

    approved: int = 0
    declined: int = 0
    removed: int = 0
    to_be_removed: int = 0
    """Decided, and not done on the platform yet: a person's task for days, maybe."""


def vetting(session: Session, *, begins: datetime, ends: datetime) -> dict[UUID, Vetted]:
    """By account, what people decided about followers in the period (P19)."""
    found: dict[UUID, Vetted] = {}
    # Of somebody who came back and was removed again, the last decision alone may wait.
    last = FollowerMove.at == Follower.decided_at
    waits = sa.case((sa.and_(followers.to_be_removed(), last), 1), else_=0)
    query = (
        sa.select(Follower.account_id, FollowerMove.new, sa.func.count(), sa.func.sum(waits))
        .join(FollowerMove, FollowerMove.follower_id == Follower.id)
        .where(FollowerMove.at >= begins, FollowerMove.at < ends, FollowerMove.new.in_(_DECIDED))
        .group_by(Follower.account_id, FollowerMove.new)
    )
    for account_id, state, count, waiting in session.execute(query):
        of_account = found.setdefault(account_id, Vetted())
        match state:
            case FollowerState.APPROVED:
                of_account.approved = count
            case FollowerState.DECLINED:
                of_account.declined = count
            case FollowerState.REMOVED:
                of_account.removed, of_account.to_be_removed = count - waiting, waiting
    return found
