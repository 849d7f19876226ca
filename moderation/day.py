"""What people did in the log today: each for themselves, and the team together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.models import Assignment, EventKind, LogCase, LogEntry, LogEvent
from moderation.referrals import is_call
from moderation.sight import visible_to
from school.models import Person
from school.times import midnight, today

MOST = 5000
"""Events that are looked at: more than any school's day has."""
SHOWN = 100
_KINDS = (EventKind.DECIDED, EventKind.REFERRED, EventKind.NOTE, EventKind.REOPENED, EventKind.ISSUED)


_AUTHOR = sa.func.coalesce(sa.func.nullif(LogEntry.author_name, ""), LogEntry.author_handle)


@dataclass(slots=True)
class Done:
    """What one person did today, of what the viewer may see."""

    name: str
    decided: set[UUID] = field(default_factory=set)
    """Entries that they decided and nobody opened again."""
    reopened: set[UUID] = field(default_factory=set)
    """Entries that they decided and that were opened again since."""
    referred: int = 0
    notes: int = 0
    papers: int = 0
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """Today so far."""

    mine: tuple[tuple[LogEvent, int, str], ...]
    """What the viewer did, newest first, each with the number of its entry and who had written it."""
    given: tuple[tuple[Assignment, int, str], ...]
    """What the viewer gave to colleagues, newest first, each with the entry's number and the colleague."""
    my_count: int
    """Entries that the viewer decided."""
    my_reopened: int
    """Entries that the viewer decided and that were opened again since, by whomever."""
    team: tuple[Done, ...]
    """Everybody who did something, by name."""
    decided: int
    """Entries that anybody decided."""
    shared: int
    """Of them, those on which more than one person decided: they stand with each of these."""


def so_far(session: Session, *, viewer: Person, now: datetime) -> Day:
    """Today since midnight in school time; nothing of it that the viewer may not see (P3)."""
    begins = midnight(today(now))
    rows = session.execute(
        sa.select(LogEvent, LogEntry.number, Person.id, Person.name, _AUTHOR)
        .join(LogCase, LogCase.entry_id == LogEvent.entry_id)
        .join(LogEntry, LogEntry.id == LogEvent.entry_id)
        .join(Person, Person.id == LogEvent.by_id)
        .where(
            LogEvent.at >= begins,
            LogEvent.by_id.is_not(None),
            LogEvent.kind.in_(_KINDS),
            visible_to(viewer),
        )
        .order_by(LogEvent.seq.desc())
        .limit(MOST)
    ).all()
    people: dict[UUID, Done] = {}
    mine = []
    for event, number, person_id, name, author in reversed(rows):
        done = people.setdefault(person_id, Done(name))
        done.last = event.at
        match event.kind:
            case EventKind.DECIDED:
                done.decided.add(event.entry_id)
                done.reopened.discard(event.entry_id)
            case EventKind.REFERRED:
                # What the lead took up herself was passed on to nobody.
                done.referred += not event.detail.get("taken")
            case EventKind.NOTE:
                done.notes += not is_call(event)
            case EventKind.ISSUED:
                done.papers += 1
            case EventKind.REOPENED:
                for anybody in people.values():
                    if event.entry_id in anybody.decided:
                        anybody.decided.discard(event.entry_id)
                        anybody.reopened.add(event.entry_id)
        if person_id == viewer.id:
            mine.append((event, number, author))
    own = people.get(viewer.id)
    each = Counter(entry_id for one in people.values() for entry_id in one.decided)
    return Day(
        mine=tuple(reversed(mine[-SHOWN:])),
        given=_given(session, viewer, begins),
        my_count=len(own.decided) if own else 0,
        my_reopened=len(own.reopened) if own else 0,
        team=tuple(sorted(people.values(), key=lambda one: one.name)),
        decided=len(each),
        shared=sum(count > 1 for count in each.values()),
    )


def _given(session: Session, viewer: Person, begins: datetime) -> tuple[tuple[Assignment, int, str], ...]:
    rows = session.execute(
        sa.select(Assignment, LogEntry.number, Person.name)
        .join(LogCase, LogCase.entry_id == Assignment.entry_id)
        .join(LogEntry, LogEntry.id == Assignment.entry_id)
        .join(Person, Person.id == Assignment.to_id)
        .where(Assignment.by_id == viewer.id, Assignment.given_at >= begins, visible_to(viewer))
        .order_by(Assignment.given_at.desc(), LogEntry.recorded_at, LogEntry.id)
        .limit(SHOWN)
    )
    return tuple((row[0], row[1], row[2]) for row in rows)
