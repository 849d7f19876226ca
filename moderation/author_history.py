"""What the school has had to do with an author before: flags, decisions and blocks (P20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from moderation.models import BlockedAuthor, LogCase, LogEntry
from moderation.sight import visible_to
from school.models import Person

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Earlier:
    """An entry of the log about something that the author wrote."""

    case: LogCase
    number: int
    decided_by: str


@dataclass(frozen=True, slots=True)
class Block:
    """A time on the block list. `reason` is empty where the viewer may not know it."""

    at: datetime
    by: str
    reason: str
    lifted_at: datetime | None
    lifted_by: str


@dataclass(frozen=True, slots=True)
class AuthorHistory:
    """The newest first; `more` entries are not shown."""

    entries: tuple[Earlier, ...] = ()
    more: int = 0
    blocks: tuple[Block, ...] = ()


def history(session: Session, author_id: UUID | None, *, besides: UUID, viewer: Person) -> AuthorHistory:
    """The author's other entries that the viewer may see, and their blocks."""
    if author_id is None:
        return AuthorHistory()
    theirs = (LogCase.author_id == author_id, LogCase.entry_id != besides, visible_to(viewer))
    rows = session.execute(
        sa.select(LogCase, LogEntry.number, Person.name)
        .join(LogEntry, LogEntry.id == LogCase.entry_id)
        .outerjoin(Person, Person.id == LogCase.decided_by_id)
        .where(*theirs)
        .order_by(LogCase.recorded_at.desc(), LogCase.entry_id.desc())
        .limit(SHOWN)
    ).all()
    count = len(rows)
    if count == SHOWN:
        count = session.scalar(sa.select(sa.func.count()).select_from(LogCase).where(*theirs)) or count
    return AuthorHistory(
        entries=tuple(Earlier(row[0], row[1], row[2] or "") for row in rows),
        more=count - len(rows),
        blocks=_blocks(session, author_id, viewer),
    )


def _blocks(session: Session, author_id: UUID, viewer: Person) -> tuple[Block, ...]:
    # A reason may tell of a matter that the viewer may not read: one that concerns the headteacher (P3), or
    # one that was never referred to the chair.
    withheld = session.scalar(
        sa.select(LogCase.entry_id)
        .where(LogCase.author_id == author_id, sa.not_(visible_to(viewer)))
        .limit(1)
    )
    lifter = aliased(Person)
    rows = session.execute(
        sa.select(BlockedAuthor, Person.name, lifter.name)
        .join(Person, Person.id == BlockedAuthor.blocked_by_id)
        .outerjoin(lifter, lifter.id == BlockedAuthor.lifted_by_id)
        .where(BlockedAuthor.author_id == author_id)
        .order_by(BlockedAuthor.blocked_at.desc())
        .limit(SHOWN)
    )
    return tuple(
        Block(row.blocked_at, by, "" if withheld else row.reason, row.lifted_at, lifted_by or "")
        for row, by, lifted_by in rows
    )
