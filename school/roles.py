"""Giving and taking a role, with the word to those whom it concerns (P1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from school import mail, people, permissions
from school.models.people import Person, Role, RoleGrant
from school.settings import settings


def in_force(person: Person) -> set[Role]:
    """The roles that were given and not taken back, also while the person is shut out."""
    return {grant.role for grant in person.grants if grant.withdrawn_at is None}


def weighty(person: Person) -> set[Role]:
    """Those of the person's roles that are given and taken only with a PIN."""
    return in_force(person) & permissions.SIGNED_ROLES


def give(
    session: Session, person: Person, role: Role, *, called: str, by: Person, reason: str, now: datetime
) -> RoleGrant | None:
    """Give a role and tell those whom it concerns; None where the person has it already.

    `called`: the role as people say it. Raises BadInput for a reason that can't be taken.
    """
    made = people.grant_role(session, person, role, by=by, reason=reason, now=now)
    if made is not None:
        _tell(session, person, role, f"was given the role “{called}” by", by=by, reason=reason, now=now)
    return made


def take(
    session: Session, person: Person, role: Role, *, called: str, by: Person, reason: str, now: datetime
) -> None:
    """Take a role away and tell those whom it concerns.

    Raises BadInput for the only headteacher's role, and for a reason that can't be taken.
    """
    had = role in in_force(person)
    people.withdraw_role(session, person, role, by=by, reason=reason, now=now)
    if had:
        _tell(session, person, role, f"lost the role “{called}” by", by=by, reason=reason, now=now)


def tell_of_newcomer(
    session: Session, person: Person, role: Role, *, called: str, by: Person, reason: str, now: datetime
) -> None:
    """Tell of somebody who was added with a role."""
    _tell(session, person, role, f"was added with the role “{called}” by", by=by, reason=reason, now=now)


def tell_of_access(
    session: Session, person: Person, role: Role, *, called: str, by: Person, reason: str, now: datetime
) -> None:
    """Tell of somebody with a role who was let in again or shut out."""
    done = "let in again" if person.active else "shut out"
    _tell(session, person, role, f"(role “{called}”) was {done} by", by=by, reason=reason, now=now)


def _concerned(session: Session, person: Person, role: Role, by: Person) -> Sequence[Person]:
    """Who hears of it, each once: the person, for a weighty role the headteachers, for theirs the chair.

    The giver is among them: whoever sits at a colleague's open session can't keep it from them. Of a chair
    the other chairs and the DPO hear: concerns about the headteacher go there (P3), the headteacher says who
    it is, and whoever was shut out is sent nothing any more.
    """
    told = [person] if person.active and person.confirmed_at else []
    if role in permissions.SIGNED_ROLES:
        # A headteacher whose role was taken just now isn't among its holders any more.
        told += [*people.holders(session, Role.HEADTEACHER), by]
        if role is Role.HEADTEACHER:
            told += people.holders(session, Role.CHAIR)
        elif role is Role.CHAIR:
            told += people.holders(session, Role.CHAIR, Role.DPO)
    return list({one.id: one for one in told if one is person or one.confirmed_at or one is by}.values())


def _tell(
    session: Session, person: Person, role: Role, what: str, *, by: Person, reason: str, now: datetime
) -> None:
    # `holders` reads grants from the database.
    session.flush()
    heads = [one.name for one in people.holders(session, Role.HEADTEACHER)]
    who = [f"Headteacher at Schoolgate now: {' and '.join(heads)}."] if role is Role.HEADTEACHER else []
    for one in _concerned(session, person, role, by):
        mail.queue_plain(
            session,
            to=one,
            subject=f"{person.name}: a role at Schoolgate was changed",
            lines=[
                f"{person.name} {what} {by.name}.",
                f"The reason: {reason.strip()}",
                *who,
                "If this isn't right, tell the headteacher, the chair of governors or the network manager at "
                "once.",
            ],
            link=settings().effective_public_url,
            purpose="role_changed",
            now=now,
        )
