"""Giving an entry to a colleague: they are told, and find it among their own; nobody is kept from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import alerts, chain, claimed, decisions
from moderation.models import Assignment, CaseState, LogCase, LogEntry
from moderation.sight import is_kept_from, visible_to
from school import audit, people
from school.errors import BadInput, MoveNotAllowed
from school.models import Person, Role
from school.permissions import Action, require

_MODERATING = (Role.HEADTEACHER, Role.SLT, Role.DSL, Role.MODERATOR)


@dataclass(frozen=True, slots=True)
class HandedOver:
    """How many entries were given to a colleague, and how many stay because they may not see them."""

    to: Person
    given: int
    stay: int


def colleagues(session: Session, case: LogCase | None, *, besides: Person) -> list[Person]:
    """To whom an entry can be given: those who moderate and may see it (P3). None: any entry."""
    return [
        person
        for person in people.holders(session, *_MODERATING)
        if person.id != besides.id
        and not is_kept_from(person, about_headteacher=case is not None and case.about_headteacher)
    ]


def in_force(session: Session, entry_ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, str]]:
    """To whom these entries are given: id and name, by entry."""
    if not entry_ids:
        return {}
    rows = session.execute(
        sa.select(Assignment.entry_id, Person.id, Person.name)
        .join(Person, Person.id == Assignment.to_id)
        .where(Assignment.entry_id.in_(entry_ids), Assignment.ended_at.is_(None))
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def given_to(person: Person) -> sa.ColumnElement[bool]:
    """The entries (rows of LogCase) that somebody gave to this person and that nobody decided since."""
    return (
        sa.select(Assignment.id)
        .where(
            Assignment.entry_id == LogCase.entry_id,
            Assignment.to_id == person.id,
            Assignment.ended_at.is_(None),
        )
        .exists()
    )


def taken_by(person: Person, *, now: datetime) -> sa.ColumnElement[bool]:
    """The entries (rows of LogCase) that this person has claimed, as long as the claim lasts."""
    return sa.and_(LogCase.claimed_by_id == person.id, LogCase.claimed_until > now)


def own(session: Session, person: Person, *, now: datetime) -> tuple[int, int]:
    """How many open entries the person has taken and was given: what they would hand over to go home."""
    theirs = (LogCase.state == CaseState.OPEN, visible_to(person))
    taken, given = (
        session.scalar(sa.select(sa.func.count()).select_from(LogCase).where(*theirs, which)) or 0
        for which in (taken_by(person, now=now), given_to(person))
    )
    return taken, given


def assign(
    session: Session,
    entry_id: UUID,
    *,
    to_id: UUID,
    by: Person,
    url: str,
    now: datetime,
) -> Person:
    """Give an open entry to a colleague, who gets a mail; whom it is given to.

    Whoever comes first may decide it all the same: an entry never waits for somebody who is away. The giver's
    claim on it ends. Raises BadInput where they may not see it, MoveNotAllowed, NotFound.
    """
    require(by, Action.MODERATE)
    case = decisions.get_locked(session, entry_id, by=by)
    if case.state is not CaseState.OPEN:
        raise MoveNotAllowed("This entry is decided already: look at it again.")
    if claimed.held_by_another(case, by, now=now):
        raise MoveNotAllowed("Somebody else is deciding this entry: ask them, or wait until they let it go.")
    to = next((one for one in colleagues(session, case, besides=by) if one.id == to_id), None)
    if to is None:
        raise BadInput("Choose a colleague from the list.", field="to")
    _give(session, [case], to, by=by, url=url, now=now)
    return to


def hand_over(session: Session, *, to_id: UUID, by: Person, url: str, now: datetime) -> HandedOver:
    """Give everything to a colleague that somebody has claimed or was given. Raises BadInput, NotPermitted.

    What the colleague may not see stays, without their being told of it (P3).
    """
    require(by, Action.MODERATE)
    chain.lock(session)
    to = next((one for one in colleagues(session, None, besides=by) if one.id == to_id), None)
    if to is None:
        raise BadInput("Choose a colleague from the list.", field="to")
    mine = session.scalars(
        sa.select(LogCase)
        .where(
            LogCase.state == CaseState.OPEN,
            visible_to(by),
            sa.or_(taken_by(by, now=now), given_to(by)),
        )
        .order_by(LogCase.entry_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    free = [case for case in mine if not claimed.held_by_another(case, by, now=now)]
    theirs = [case for case in free if not is_kept_from(to, about_headteacher=case.about_headteacher)]
    if theirs:
        _give(session, theirs, to, by=by, url=url, now=now)
    return HandedOver(to, len(theirs), len(mine) - len(theirs))


def _give(
    session: Session,
    cases: Sequence[LogCase],
    to: Person,
    *,
    by: Person,
    url: str,
    now: datetime,
) -> None:
    ids = [case.entry_id for case in cases]
    session.execute(
        sa.update(Assignment)
        .where(Assignment.entry_id.in_(ids), Assignment.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )
    for case in cases:
        session.add(Assignment(entry_id=case.entry_id, to_id=to.id, by_id=by.id, given_at=now))
        case.claimed_by_id, case.claimed_until = None, None
    first_first = sa.select(LogEntry).where(LogEntry.id.in_(ids)).order_by(LogEntry.recorded_at, LogEntry.id)
    entries = session.scalars(first_first).all()
    for entry in entries:
        audit.record(
            session,
            by=by,
            action="entry_given",
            object_kind="log_entry",
            object_id=entry.id,
            detail={"to": to.id},
            now=now,
        )
    alerts.handed_over(
        session,
        entries,
        to=to,
        by=by,
        confidential=any(case.about_headteacher for case in cases),
        url=url,
        now=now,
    )
