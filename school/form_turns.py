"""Whose turn a filed form is: who answers it, past the headteacher where it is about them, and never alone
by whoever filed it while somebody else may (P3, P8, P30, P31).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from school import people
from school.models.forms import FormEntry, FormKind
from school.models.people import Person, Role

PAST_HEAD = (Role.CHAIR, Role.DSL)
"""Who reads and answers what is about the headteacher: the first of these that somebody else than its filer
has. Nobody who reports to the headteacher but for the safeguarding lead, in the chair's place."""


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
    if entry.about_headteacher:
        return past_head(session, filed_by=entry.filed_by_id)
    signed = {step.by_id for step in entry.steps} if entry.kind is FormKind.NEW_ACCOUNT else set()
    return _first(session, (role,), filed_by=entry.filed_by_id, but=signed, past_head=False)


def past_head(session: Session, *, filed_by: UUID) -> Turn:
    """Who reads and answers a report about the headteacher that this person filed, or would file (P3)."""
    return _first(session, PAST_HEAD, filed_by=filed_by, but=(), past_head=True)


def _first(
    session: Session, roles: Sequence[Role], *, filed_by: UUID, but: Collection[UUID], past_head: bool
) -> Turn:
    own = None
    for role in roles:
        able = [
            person
            for person in people.holders(session, role)
            if person.id not in but and not (past_head and Role.HEADTEACHER in person.roles)
        ]
        others = [person for person in able if person.id != filed_by]
        if others:
            return Turn(role, others)
        if able and own is None:
            own = Turn(role, able, own=True)
    return own or Turn(roles[0], [])
