"""Whose an open entry is to decide at this moment: somebody may have claimed it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from moderation.models import LogCase
from school.errors import MoveNotAllowed
from school.models import Person
from school.times import say


class HeldByColleague(MoveNotAllowed):
    """Somebody else is deciding the entry."""


def held_by_another(case: LogCase, by: Person, *, now: datetime) -> bool:
    """Whether somebody else's claim on the entry is in force."""
    return (
        case.claimed_by_id is not None
        and case.claimed_by_id != by.id
        and case.claimed_until is not None
        and case.claimed_until > now
    )


def held(session: Session, case: LogCase) -> HeldByColleague:
    """To be raised where the entry is a colleague's to decide: who has it, and until when."""
    who = session.get(Person, case.claimed_by_id) if case.claimed_by_id else None
    until = f", until {say(case.claimed_until)} at the latest" if case.claimed_until else ""
    return HeldByColleague(f"{who.name if who else 'Somebody'} is deciding this entry{until}.")
