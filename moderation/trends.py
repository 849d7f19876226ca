"""How flags and decisions moved over some weeks, and how old the queue is: for charts (P10, P17, P23)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.chain import unlisted
from moderation.models import CaseState, LogCase
from moderation.sight import counted_for
from school.models import Person

AGES = (
    (timedelta(hours=1), "under an hour"),
    (timedelta(hours=4), "1 to 4 hours"),
    (timedelta(days=1), "4 to 24 hours"),
    (timedelta(days=3), "1 to 3 days"),
    (timedelta.max, "longer"),
)
"""How long what is open has waited, in the steps that the chart has."""


@dataclass(slots=True)
class FlagTrend:
    """By step of time. Each entry counts once, by the worst of its kinds."""

    by_kind: dict[str, list[int]] = field(default_factory=dict)
    by_account: dict[UUID | None, list[int]] = field(default_factory=dict)
    """None: seen elsewhere, entered by hand."""
    waits: list[list[timedelta]] = field(default_factory=list)
    """From arrival to decision, of what arrived in each step and is decided."""


@dataclass(frozen=True, slots=True)
class QueueAge:
    """How many open entries have waited how long, in the order of `AGES`."""

    urgent: tuple[int, ...]
    others: tuple[int, ...]


def flags(session: Session, *, begins: Sequence[datetime], ends: datetime, viewer: Person) -> FlagTrend:
    """What came into the log from each of `begins` to the next, and until `ends`.

    What concerns the headteacher is not counted for the headteacher (P3): a number tells, too.
    """
    found = FlagTrend(waits=[[] for _ in begins])
    query = sa.select(
        LogCase.recorded_at, LogCase.decided_at, LogCase.state, LogCase.kinds, LogCase.account_id
    ).where(LogCase.recorded_at >= begins[0], LogCase.recorded_at < ends, counted_for(viewer))
    for recorded_at, decided_at, state, kinds, account_id in session.execute(query).yield_per(2000):
        step = bisect_right(begins, recorded_at) - 1
        kind = next(iter(unlisted(kinds)), "reported")
        found.by_kind.setdefault(kind, [0] * len(begins))[step] += 1
        found.by_account.setdefault(account_id, [0] * len(begins))[step] += 1
        if state is CaseState.DECIDED and decided_at is not None:
            found.waits[step].append(decided_at - recorded_at)
    return found


def queue_age(session: Session, *, viewer: Person, now: datetime) -> QueueAge:
    """What is open now, by how long it has waited; for the headteacher without what concerns them (P3)."""
    counts = {True: [0] * len(AGES), False: [0] * len(AGES)}
    before: datetime | None = None
    for place, (most, _) in enumerate(AGES):
        where = [LogCase.state == CaseState.OPEN, counted_for(viewer)]
        since = now - most if most is not timedelta.max else None
        if since is not None:
            where.append(LogCase.recorded_at > since)
        if before is not None:
            where.append(LogCase.recorded_at <= before)
        rows = session.execute(
            sa.select(LogCase.urgent, sa.func.count()).where(*where).group_by(LogCase.urgent)
        )
        for urgent, count in rows:
            counts[bool(urgent)][place] = count
        before = since
    return QueueAge(tuple(counts[True]), tuple(counts[False]))


def shares(waits: Iterable[timedelta], limits: Sequence[timedelta]) -> list[int]:
    """How many of these were at most so long, and longer than the limit before."""
    counts = [0] * len(limits)
    for wait in waits:
        counts[next(place for place, most in enumerate(limits) if wait <= most)] += 1
    return counts
