"""Who may see which entries of the log (P3, P5): the one condition that queue, log, export and pages use."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.models import Comment, LogCase, LogEntry
from school.models import Person, Role

_MODERATION = frozenset({Role.SLT, Role.DSL, Role.MODERATOR})


def visible_to(viewer: Person | None) -> sa.ColumnElement[bool]:
    """The entries (rows of LogCase) that a person may see; None is a command on the server, which sees all.

    What concerns the headteacher is for the others only, whatever other roles the headteacher
    holds (P3). The chair of governors sees what was referred to the chair.
    """
    if viewer is None:
        return sa.true()
    if Role.HEADTEACHER in viewer.roles:
        return LogCase.about_headteacher.is_(False)
    if viewer.roles & _MODERATION:
        return sa.true()
    if Role.CHAIR in viewer.roles:
        return LogCase.referred_to_chair.is_(True)
    return sa.false()


def only_referred(viewer: Person) -> bool:
    """Whether the log is for this person no more than what was referred to the chair of governors."""
    return Role.CHAIR in viewer.roles and not viewer.roles & (_MODERATION | {Role.HEADTEACHER})


def counted_for(viewer: Person) -> sa.ColumnElement[bool]:
    """The entries that a report's numbers are of: all, without what concerns the headteacher for them (P3).

    The chair of governors, who reads none but what was referred to the chair, is told how many there were.
    """
    if Role.HEADTEACHER in viewer.roles:
        return LogCase.about_headteacher.is_(False)
    return sa.true()


def entry_numbered(session: Session, number: int, viewer: Person) -> UUID | None:
    """The entry of the log with this number, if nothing keeps it from this person (P3)."""
    query = sa.select(LogEntry.id).join(LogCase, LogCase.entry_id == LogEntry.id)
    return session.scalar(query.where(LogEntry.number == number, counted_for(viewer)))


def number_of(session: Session, entry_id: UUID, viewer: Person) -> int | None:
    """The number of an entry of the log, if nothing keeps it from this person (P3)."""
    return numbers_of(session, [entry_id], viewer).get(entry_id)


def numbers_of(session: Session, entry_ids: Collection[UUID], viewer: Person) -> dict[UUID, int]:
    """The numbers of those of these entries that nothing keeps from this person (P3)."""
    query = sa.select(LogEntry.id, LogEntry.number).join(LogCase, LogCase.entry_id == LogEntry.id)
    found = session.execute(query.where(LogEntry.id.in_(entry_ids), counted_for(viewer)))
    return {row.id: row.number for row in found}


def may_count_all(viewer: Person) -> bool:
    """Whether a person may see running numbers and totals: nothing is kept from them (P3).

    To the headteacher a number that is missed out would tell that something is kept from them.
    """
    return Role.HEADTEACHER not in viewer.roles


def kept_from(session: Session, viewer: Person) -> list[UUID]:
    """The entries that nothing may tell this person of: of the headteacher, what concerns them (P3)."""
    return about_headteacher(session) if Role.HEADTEACHER in viewer.roles else []


def about_headteacher(session: Session) -> list[UUID]:
    """The entries that concern the headteacher: nothing that goes to them may tell of these (P3)."""
    return list(session.scalars(sa.select(LogCase.entry_id).where(LogCase.about_headteacher)))


def is_kept_from(person: Person, *, about_headteacher: bool) -> bool:
    """Whether nothing may tell this person of an entry, given whether it concerns the headteacher (P3)."""
    return about_headteacher and Role.HEADTEACHER in person.roles


def comment_visible_to(viewer: Person | None) -> sa.ColumnElement[bool]:
    """The comments (rows of Comment) that may be shown beside an entry: none kept from the headteacher."""
    if viewer is None or Role.HEADTEACHER not in viewer.roles:
        return sa.true()
    return comment_not_about_headteacher()


def comment_not_about_headteacher() -> sa.ColumnElement[bool]:
    """The comments (rows of Comment) without those whose entry concerns the headteacher."""
    kept = (
        sa.select(LogEntry.id)
        .join(LogCase, LogCase.entry_id == LogEntry.id)
        .where(LogEntry.comment_id == Comment.id, LogCase.about_headteacher)
    )
    return ~kept.exists()
