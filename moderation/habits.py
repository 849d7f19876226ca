"""How a person works in the queue: single keys or not, and a pause after much abuse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.models import CaseState, Habit, LogCase
from school.db import insert_if_missing
from school.errors import BadInput
from school.models import Person

WITHIN = timedelta(minutes=30)
"""What is read within this time counts together."""
PAUSE_AFTER = 20
"""Texts after which a pause is offered to whoever has not chosen otherwise."""
CHOICES = (0, 10, 20, 40)
"""What can be chosen; 0: no pause."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody works in the queue, and how they are."""

    single_keys: bool = True
    pause_after: int = PAUSE_AFTER
    seen: int = 0
    """Abusive texts that they read in the last half hour or so."""

    @property
    def tired(self) -> bool:
        """Whether a pause is to be offered."""
        return 0 < self.pause_after <= self.seen


def of(session: Session, person: Person, *, now: datetime) -> Habits:
    """What a person chose, or what everybody begins with.

    Where scripts are off nothing tells that a text was uncovered; then what they decided counts.
    """
    row = session.get(Habit, person.id)
    since = max(now - WITHIN, row.shown_since) if row and row.shown_since else now - WITHIN
    decided = session.scalar(
        sa.select(sa.func.count()).where(
            LogCase.decided_at >= since,
            LogCase.decided_by_id == person.id,
            LogCase.state == CaseState.DECIDED,
        )
    )
    shown = row.shown if row and row.shown_since and row.shown_since > now - WITHIN else 0
    seen = max(shown, decided or 0)
    return Habits(row.single_keys, row.pause_after, seen) if row else Habits(seen=seen)


def choose(session: Session, person: Person, *, single_keys: bool, pause_after: int) -> None:
    """Set how a person works. Raises BadInput for a pause that is not offered."""
    if pause_after not in CHOICES:
        raise BadInput("Choose from the list after how many texts a break is offered.", field="pause_after")
    _ensure(session, person)
    session.execute(
        sa.update(Habit)
        .where(Habit.person_id == person.id)
        .values(single_keys=single_keys, pause_after=pause_after)
    )


def shown(session: Session, person: Person, *, now: datetime) -> Habits:
    """Count a text that somebody uncovered; how they are now. After half an hour it begins anew."""
    _ensure(session, person)
    over = sa.or_(Habit.shown_since.is_(None), Habit.shown_since <= now - WITHIN)
    session.execute(
        sa.update(Habit)
        .where(Habit.person_id == person.id)
        .values(
            shown=sa.case((over, 1), else_=Habit.shown + 1),
            shown_since=sa.case((over, now), else_=Habit.shown_since),
        )
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    return of(session, person, now=now)


def rested(session: Session, person: Person, *, now: datetime) -> None:
    """Somebody goes on after the offer of a pause: the counting begins anew."""
    _ensure(session, person)
    session.execute(sa.update(Habit).where(Habit.person_id == person.id).values(shown=0, shown_since=now))


def _ensure(session: Session, person: Person) -> None:
    insert_if_missing(session, Habit, person_id=person.id, single_keys=True, pause_after=PAUSE_AFTER, shown=0)
