"""How flags and decisions moved over some weeks, and how old the queue is: for charts (P10, P17, P23)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.chain import main_kind
from moderation.models import CaseState, LogCase
from moderation.sight import counted_for
from school.db import seconds_between
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
    """By step of time. Each entry counts once: see `chain.main_kind`."""

    by_kind: dict[str, list[int]] = field(default_factory=dict)
    by_account: dict[UUID | None, list[int]] = field(default_factory=dict)
    """None: seen elsewhere, entered by hand."""
    spread: list[list[int]] = field(default_factory=list)
    """From arrival to decision, of what arrived in each step and is decided: how many took at most each of
    the limits, and longer than the one before."""


@dataclass(frozen=True, slots=True)
class QueueAge:
    """How many open entries have waited how long, in the order of `AGES`."""

    urgent: tuple[int, ...]
    others: tuple[int, ...]


def flags(
    session: Session,
    *,
    begins: Sequence[datetime],
    ends: datetime,
    limits: Sequence[timedelta],
    viewer: Person,
) -> FlagTrend:
    """What came into the log from each of `begins` to the next, and until `ends`.

    `limits`: of the time to the decision, shortest first, the last longer than any. What concerns the
    headteacher is not counted for the headteacher (P3): a number tells, too.
    """
    found = FlagTrend(spread=[[0] * len(limits) for _ in begins])
    step = _place(LogCase.recorded_at, [sa.literal(begin) for begin in begins[1:]], inclusive=False)
    taken = seconds_between(session, LogCase.recorded_at, LogCase.decided_at)
    decided = sa.and_(LogCase.state == CaseState.DECIDED, LogCase.decided_at.is_not(None))
    most = [sa.literal(limit.total_seconds()) for limit in limits[:-1]]
    within = sa.case((decided, _place(taken, most, inclusive=True)), else_=None)
    # Counted by the database: a lively school has tens of thousands of entries in a term, of a few sorts.
    each = (
        sa.select(step.label("step"), within.label("within"), LogCase.kinds, LogCase.account_id)
        .where(LogCase.recorded_at >= begins[0], LogCase.recorded_at < ends, counted_for(viewer))
        .subquery()
    )
    counted = sa.select(*each.c, sa.func.count().label("entries")).group_by(*each.c)
    for row in session.execute(counted):
        found.by_kind.setdefault(main_kind(row.kinds), [0] * len(begins))[row.step] += row.entries
        found.by_account.setdefault(row.account_id, [0] * len(begins))[row.step] += row.entries
        if row.within is not None:
            found.spread[row.step][row.within] += row.entries
    return found


def _place(value: Any, limits: Sequence[sa.ColumnElement[Any]], *, inclusive: bool) -> sa.ColumnElement[int]:
    """Between which of some rising limits a value lies: 0 before the first. `inclusive`: a limit is still
    before itself.
    """
    if not limits:
        return sa.literal(0)
    return sa.case(
        *(
            (value <= limit if inclusive else value < limit, sa.literal(place))
            for place, limit in enumerate(limits)
        ),
        else_=sa.literal(len(limits)),
    )


def queue_age(session: Session, *, viewer: Person, now: datetime) -> QueueAge:
    """What is open now, by how long it has waited; for the headteacher without what concerns them (P3)."""
    counts = {True: [0] * len(AGES), False: [0] * len(AGES)}
    # The other way round: the oldest is before the first of these.
    begins = [sa.literal(now - most) for most, _ in reversed(AGES[:-1])]
    each = (
        sa.select(LogCase.urgent, _place(LogCase.recorded_at, begins, inclusive=True).label("place"))
        .where(LogCase.state == CaseState.OPEN, counted_for(viewer))
        .subquery()
    )
    for row in session.execute(sa.select(*each.c, sa.func.count().label("entries")).group_by(*each.c)):
        counts[bool(row.urgent)][len(AGES) - 1 - row.place] = row.entries
    return QueueAge(tuple(counts[True]), tuple(counts[False]))


def shares(waits: Iterable[timedelta], limits: Sequence[timedelta]) -> list[int]:
    """How many of these were at most so long, and longer than the limit before."""
    counts = [0] * len(limits)
    for wait in waits:
        counts[next(place for place, most in enumerate(limits) if wait <= most)] += 1
    return counts
