"""Whose turn a filed form is: who answers it, past the headteacher where it is about them, and never alone
by whoever filed it while somebody else may (P3, P8, P30, P31).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from school import people
from school.models.forms import FormEntry, FormKind
from school.models.people import Person, Role

PAST_HEAD = (Role.CHAIR, Role.DSL, Role.NETWORK_MANAGER)
"""Who answers what is about the headteacher: the first of these whom somebody else than its filer holds."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Who may take the next step of a form."""

    role: Role
    people: Sequence[Person]
    """By name; none where nobody at the school can."""
    own: bool = False
    """Whether whoever filed it may answer it, since nobody else can."""


def of(session: Session, entry: FormEntry, role: Role) -> Turn:
    """Who takes a step that the table of moves gives to `role`."""
    signed = {step.by_id for step in entry.steps} if entry.kind is FormKind.NEW_ACCOUNT else set()
    own = None
    for one in PAST_HEAD if entry.about_headteacher else (role,):
        able = [
            person
            for person in people.holders(session, one)
            if person.id not in signed and not (entry.about_headteacher and Role.HEADTEACHER in person.roles)
        ]
        others = [person for person in able if person.id != entry.filed_by_id]
        if others:
            return Turn(one, others)
        if able and own is None:
            own = Turn(one, able, own=True)
    return own or Turn(PAST_HEAD[0] if entry.about_headteacher else role, [])
