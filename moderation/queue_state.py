"""How the queue stands, in a few figures: what its page asks for every few seconds."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.models import ActKind, ActState, CaseState, LogCase, PlatformAct
from moderation.sight import visible_to
from school.models import Person

NEWEST = 200
"""So many of the newest entries are looked at to say how many are new; beyond it is said "more than"."""


@dataclass(frozen=True, slots=True)
class State:
    """How the queue stands for those who see the same part of it. Holds no text and no name."""

    mark: str
    """Changes whenever the queue does."""
    newest: tuple[datetime, ...]
    """When the newest open entries came, the oldest of them first."""

    def since(self, moment: datetime) -> int:
        """How many of the newest came after that."""
        return len(self.newest) - bisect_right(self.newest, moment)


def state(session: Session, person: Person) -> State:
    """How the queue stands for this person, as the database has it now."""
    where = (LogCase.state == CaseState.OPEN, visible_to(person))
    counted = sa.select(sa.func.count(), sa.func.max(LogCase.recorded_at), sa.func.sum(LogCase.version))
    row = session.execute(counted.where(*where)).one()
    newest = session.scalars(
        sa.select(LogCase.recorded_at).where(*where).order_by(LogCase.recorded_at.desc()).limit(NEWEST)
    )
    # What was hidden by mistake can be hidden again only once it is back: that is a change, too.
    coming_back = session.scalar(
        sa.select(sa.func.count())
        .select_from(PlatformAct)
        .join(LogCase, LogCase.entry_id == PlatformAct.entry_id)
        .where(
            PlatformAct.state.in_((ActState.REQUESTED, ActState.DOING)),
            PlatformAct.kind == ActKind.UNHIDE,
            *where,
        )
    )
    mark = sha256(f"{row[0]}/{row[1]}/{row[2]}/{coming_back}".encode()).hexdigest()[:16]
    return State(mark, tuple(reversed(newest.all())))
