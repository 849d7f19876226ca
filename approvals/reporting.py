"""Posts and approvals in a period, for the termly report (P10, P12, P13)."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.models import (
    ApprovalDecision,
    DecisionKind,
    DraftRevision,
    Objective,
    Publication,
    Submission,
    Takedown,
)
from approvals.models.takedowns import TakedownState
from approvals.states import PublicationState
from school.times import middle


@dataclass(slots=True)
class Posts:
    """What became of the posts of one account."""

    published: int = 0
    missed: int = 0
    failed: int = 0
    taken_down: int = 0
    by_objective: Counter[Objective] = field(default_factory=Counter)
    """Of those published."""


@dataclass(frozen=True, slots=True)
class Approvals:
    """How approvals went; times from handing in to the decision."""

    by_kind: Mapping[DecisionKind, int]
    median: timedelta | None
    slowest: timedelta | None
    waits: tuple[timedelta, ...]


def posts(session: Session, *, begins: datetime, ends: datetime) -> dict[UUID, Posts]:
    """By account, what was published, missed, failed and taken down from `begins` to before `ends`."""
    found: dict[UUID, Posts] = {}
    moment = sa.func.coalesce(Publication.published_at, Publication.planned_at)
    query = (
        sa.select(
            Publication.account_id,
            Publication.state,
            DraftRevision.objective,
            Takedown.state,
            sa.func.count(),
        )
        .join(DraftRevision, DraftRevision.id == Publication.revision_id)
        .outerjoin(Takedown, Takedown.publication_id == Publication.id)
        .where(moment >= begins, moment < ends)
        .group_by(Publication.account_id, Publication.state, DraftRevision.objective, Takedown.state)
    )
    for account_id, state, objective, takedown, count in session.execute(query):
        of_account = found.setdefault(account_id, Posts())
        if state is PublicationState.PUBLISHED:
            of_account.published += count
            if objective is not None:
                of_account.by_objective[objective] += count
            of_account.taken_down += count if takedown is TakedownState.DONE else 0
        elif state is PublicationState.MISSED:
            of_account.missed += count
        elif state is PublicationState.FAILED:
            of_account.failed += count
    return found


def posts_over_time(
    session: Session, *, begins: Sequence[datetime], ends: datetime
) -> dict[Objective, list[int]]:
    """By objective, how many posts came out from each of `begins` to the next (P13)."""
    found: dict[Objective, list[int]] = {}
    query = (
        sa.select(Publication.published_at, DraftRevision.objective)
        .join(DraftRevision, DraftRevision.id == Publication.revision_id)
        .where(
            Publication.state == PublicationState.PUBLISHED,
            Publication.published_at >= begins[0],
            Publication.published_at < ends,
        )
    )
    for published_at, objective in session.execute(query):
        if published_at is not None and objective is not None:
            found.setdefault(objective, [0] * len(begins))[bisect_right(begins, published_at) - 1] += 1
    return found


def approvals(session: Session, *, begins: datetime, ends: datetime) -> Approvals:
    """Decisions of the period, and how long people waited for them."""
    rows = session.execute(
        sa.select(ApprovalDecision.kind, ApprovalDecision.decided_at, Submission.submitted_at)
        .join(Submission, Submission.id == ApprovalDecision.submission_id)
        .where(ApprovalDecision.decided_at >= begins, ApprovalDecision.decided_at < ends)
    ).all()
    waits = [decided - submitted for _kind, decided, submitted in rows]
    return Approvals(
        by_kind=Counter(kind for kind, _decided, _submitted in rows),
        median=middle(waits),
        slowest=max(waits, default=None),
        waits=tuple(waits),
    )


def takedown_times(session: Session, *, begins: datetime, ends: datetime) -> list[timedelta]:
    """How long each post stayed after its removal was asked for, of those removed in the period (P25)."""
    query = sa.select(Takedown.requested_at, Takedown.finished_at).where(
        Takedown.finished_at >= begins, Takedown.finished_at < ends
    )
    return [finished - asked for asked, finished in session.execute(query) if finished is not None]
