"""Claims on entries, which expire: two people never decide the same one."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import claimed
from moderation.models import CaseState, LogCase
from moderation.review import get_case
from moderation.sight import visible_to
from school.errors import MoveNotAllowed
from school.models import Person


def claim(session: Session, entry_id: UUID, *, by: Person, lifetime: timedelta, now: datetime) -> LogCase:
    """Take an open entry, so that nobody else decides it meanwhile; again, to keep it longer.

    Raises MoveNotAllowed where somebody else has it or it is decided, NotFound.
    """
    taken = session.scalar(
        sa.update(LogCase)
        .where(
            LogCase.entry_id == entry_id,
            LogCase.state == CaseState.OPEN,
            visible_to(by),
            sa.or_(
                LogCase.claimed_by_id.is_(None),
                LogCase.claimed_by_id == by.id,
                LogCase.claimed_until.is_(None),
                LogCase.claimed_until <= now,
            ),
        )
        .values(claimed_by_id=by.id, claimed_until=now + lifetime)
        .returning(LogCase)
        .execution_options(populate_existing=True)
    )
    if taken is not None:
        return taken
    case = get_case(session, entry_id, viewer=by)
    session.refresh(case)
    if case.state is not CaseState.OPEN:
        raise MoveNotAllowed("This entry is decided already: look at it again.")
    raise claimed.held(session, case)


def take_over(
    session: Session, entry_id: UUID, *, holder_id: UUID, by: Person, lifetime: timedelta, now: datetime
) -> LogCase:
    """Take an urgent entry over from whoever is deciding it: a threat or a child waits for nobody (P23).

    `holder_id`: whom the page named. Whoever it is taken from learns of it when they press. Raises
    MoveNotAllowed where it isn't urgent, is decided, or is with somebody else by now; NotFound.
    """
    taken = session.scalar(
        sa.update(LogCase)
        .where(
            LogCase.entry_id == entry_id,
            LogCase.state == CaseState.OPEN,
            LogCase.urgent.is_(True),
            LogCase.claimed_by_id == holder_id,
            visible_to(by),
        )
        .values(claimed_by_id=by.id, claimed_until=now + lifetime)
        .returning(LogCase)
        .execution_options(populate_existing=True)
    )
    if taken is not None:
        return taken
    # Let go meanwhile, it is to be had as ever.
    return claim(session, entry_id, by=by, lifetime=lifetime, now=now)


def is_held(case: LogCase, by: Person, *, now: datetime) -> bool:
    """Whether the person's own claim on the entry is in force: once it is over, anybody may decide."""
    return case.claimed_by_id == by.id and case.claimed_until is not None and case.claimed_until > now


def release(session: Session, entry_id: UUID, *, by: Person) -> None:
    """Give a claim back. Nothing happens where the person has none."""
    session.execute(
        sa.update(LogCase)
        .where(LogCase.entry_id == entry_id, LogCase.claimed_by_id == by.id)
        .values(claimed_by_id=None, claimed_until=None)
    )
