"""Legal hold: what must not be erased, by retention or on request, while a matter is open (P34)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit
from school.errors import MoveNotAllowed, NotFound
from school.models import HoldOn, LegalHold, Person
from school.people import reason_text
from school.permissions import Action, require


def place(
    session: Session, on: HoldOn, object_id: UUID, *, reason: str, by: Person, now: datetime
) -> LegalHold:
    """Hold one record and all that belongs to it back from erasure.

    The caller has seen that there is such a record. Raises MoveNotAllowed where it is on hold already.
    """
    require(by, Action.PROTECT_DATA)
    why = reason_text(reason)
    if of(session, on, object_id) is not None:
        raise MoveNotAllowed("This is on hold already.")
    hold = LegalHold(on=on, object_id=object_id, reason=why, placed_at=now, placed_by_id=by.id)
    session.add(hold)
    # The trail names the hold by id. Its reason stays in the hold, which can be erased one day.
    session.flush()
    _note(session, "hold_placed", hold, by=by, now=now)
    return hold


def lift(session: Session, hold_id: UUID, *, reason: str, by: Person, now: datetime) -> LegalHold:
    """End a hold; from the next round on what it held is erased when its time is over."""
    require(by, Action.PROTECT_DATA)
    why = reason_text(reason)
    hold = session.get(LegalHold, hold_id, with_for_update=True)
    if hold is None:
        raise NotFound("There is no such hold.")
    if hold.lifted_at is not None:
        raise MoveNotAllowed("This hold was lifted already.")
    hold.lifted_at, hold.lifted_by_id, hold.lifted_reason = now, by.id, why
    _note(session, "hold_lifted", hold, by=by, now=now)
    return hold


def of(session: Session, on: HoldOn, object_id: UUID) -> LegalHold | None:
    """The hold in force on exactly this record."""
    return session.scalar(
        sa.select(LegalHold).where(
            LegalHold.on == on, LegalHold.object_id == object_id, LegalHold.lifted_at.is_(None)
        )
    )


def every(session: Session) -> list[LegalHold]:
    """All holds, those in force first, newest first."""
    return list(
        session.scalars(
            sa.select(LegalHold).order_by(LegalHold.lifted_at.is_not(None), LegalHold.placed_at.desc())
        )
    )


def held(on: HoldOn, column: Any) -> sa.ColumnElement[bool]:
    """Whether the record that a column of the query points at is on hold."""
    return (
        sa.select(LegalHold.id)
        .where(LegalHold.on == on, LegalHold.object_id == column, LegalHold.lifted_at.is_(None))
        .exists()
    )


def ids(on: HoldOn) -> sa.Select[Any]:
    """The ids of all records of a kind that are on hold, as a subquery."""
    return sa.select(LegalHold.object_id).where(LegalHold.on == on, LegalHold.lifted_at.is_(None))


def _note(session: Session, action: str, hold: LegalHold, *, by: Person, now: datetime) -> None:
    audit.record(
        session,
        by=by,
        action=action,
        object_kind="hold",
        object_id=hold.id,
        # Not what it is on: that would tell the trail's readers of an entry they may not see (P3).
        detail={"on": hold.on.value},
        now=now,
    )
