"""How quickly people decide on what was flagged (P23), over the last weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.models import CaseState, LogCase, LogEntry
from moderation.sight import visible_to
from school.db import seconds_between
from school.models import Person

OVER = timedelta(days=30)
MOST = 1_000
"""Decisions whose times are looked through, 33 a day: of more, the latest tell how quick people are now."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Times from an entry's arrival in the log to its decision; None where there is none to tell."""

    urgent: bool
    """Only threats and safeguarding; otherwise everything."""
    decided: int
    measured: int
    """The latest of these, which the times are of: all, unless they are very many."""
    median: timedelta | None
    slowest: timedelta | None
    open: int
    waiting: timedelta | None
    """How long the oldest open entry has waited."""
    oldest_id: UUID | None
    oldest_number: int | None


def figures(
    session: Session, *, viewer: Person, most: int = MOST, waiting: int | None = None, now: datetime
) -> tuple[Speed, Speed]:
    """The urgent ones, and all; of what the viewer may see.

    `most`: decisions whose times are looked at. `waiting`: the open entries, where they were counted.
    """
    decided = LogCase.decided_at >= now - OVER, LogCase.state == CaseState.DECIDED, visible_to(viewer)
    taken = _taken(session, most, *decided)
    urgent = [seconds for is_urgent, seconds in taken if is_urgent]
    counts = len(urgent), len(taken)
    if len(taken) == most:
        both = sa.select(sa.func.count(sa.case((LogCase.urgent, 1))), sa.func.count()).where(*decided)
        of_urgent, of_all = session.execute(both.select_from(LogCase)).one()
        counts = of_urgent, of_all
        if counts[0] > len(urgent):
            urgent = [seconds for _, seconds in _taken(session, most, *decided, LogCase.urgent.is_(True))]
    return (
        _speed(session, True, counts[0], urgent, viewer, None, now),
        _speed(session, False, counts[1], [seconds for _, seconds in taken], viewer, waiting, now),
    )


def _taken(session: Session, most: int, *which: sa.ColumnElement[bool]) -> Sequence[sa.Row[bool, float]]:
    """Whether each was urgent and the seconds that it took, the latest decision first."""
    # One number of each, not two times: there may be thousands.
    length = seconds_between(session, LogCase.recorded_at, LogCase.decided_at)
    query = sa.select(LogCase.urgent, length).where(*which)
    return session.execute(query.order_by(LogCase.decided_at.desc()).limit(most)).all()


def _speed(
    session: Session,
    urgent: bool,
    decided: int,
    taken: Sequence[float],
    viewer: Person,
    waiting: int | None,
    now: datetime,
) -> Speed:
    """`taken`: seconds, of the latest."""
    waits = [LogCase.state == CaseState.OPEN, visible_to(viewer)]
    if urgent:
        waits.append(LogCase.urgent.is_(True))
    oldest = session.execute(
        sa.select(LogEntry.id, LogEntry.number, LogCase.recorded_at)
        .join(LogEntry, LogEntry.id == LogCase.entry_id)
        .where(*waits)
        .order_by(LogCase.recorded_at)
        .limit(1)
    ).first()
    if waiting is None:
        waiting = session.scalar(sa.select(sa.func.count()).select_from(LogCase).where(*waits)) or 0
    return Speed(
        urgent=urgent,
        decided=decided,
        measured=len(taken),
        median=timedelta(seconds=median(taken)) if taken else None,
        slowest=timedelta(seconds=max(taken)) if taken else None,
        open=waiting,
        waiting=now - oldest.recorded_at if oldest else None,
        oldest_id=oldest.id if oldest else None,
        oldest_number=oldest.number if oldest else None,
    )


def said(length: timedelta | None) -> str:
    """A length of time as people say it: "4 minutes", "3 hours", "2 days"."""
    if length is None:
        return "–"
    seconds = max(0, round(length.total_seconds()))
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (seconds >= size and name == "minute"):
            count = seconds // size
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


__all__ = ["OVER", "Speed", "figures", "said"]
