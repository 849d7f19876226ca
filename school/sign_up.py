"""What a person signs in with, and the link by which they choose it the first time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, passwords, permissions, secrets, sign_ins
from school.errors import BadInput, LinkExpired, MoveNotAllowed
from school.models.people import Invitation, Person
from school.models.school import School

LIFETIME = timedelta(days=7)
PASSWORD_LENGTH_MIN = 10
PASSWORD_LENGTH_MAX = 256


def set_password(
    session: Session, person: Person, password: str, *, by: Person | None, now: datetime
) -> None:
    """Give a person a new password; their other sessions end. Raises BadInput for a weak one."""
    if len(password) < PASSWORD_LENGTH_MIN:
        raise BadInput(
            f"The password has {len(password)} characters: use at least {PASSWORD_LENGTH_MIN}, "
            "three random words for example.",
            field="password",
        )
    if len(password) > PASSWORD_LENGTH_MAX:
        raise BadInput(
            f"The password is too long: use at most {PASSWORD_LENGTH_MAX} characters.", field="password"
        )
    school = session.scalar(sa.select(School.name)) or ""
    if passwords.easily_guessed(password, (person.name, person.email, school, "Schoolgate")):
        raise BadInput(
            "The password is too easy to guess: it is much like a common one, or made of your name or the "
            "school's. Three random words are better.",
            field="password",
        )
    person.password = secrets.hash_secret(password)
    sign_ins.end_all(session, person, why=sign_ins.Ended.PASSWORD, by=by, now=now)
    audit.record(session, by=by, action="password_set", object_kind="person", object_id=person.id, now=now)


def set_pin(session: Session, person: Person, pin: str, *, by: Person | None, now: datetime) -> None:
    """Give a person a new PIN of 4 to 8 digits. Raises BadInput for one that is easily guessed."""
    if not re.fullmatch(r"[0-9]{4,8}", pin):
        raise BadInput("The PIN must be 4 to 8 digits.", field="pin")
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        raise BadInput(
            "That PIN is too easy to guess: choose digits that are not the same or in a row.", field="pin"
        )
    person.pin_hash, person.pin_failures, person.pin_locked_until = secrets.hash_secret(pin), 0, None
    audit.record(session, by=by, action="pin_set", object_kind="person", object_id=person.id, now=now)


def invite(session: Session, person: Person, *, by: Person | None, now: datetime) -> str:
    """The token of a new sign-up link for the person; earlier links stop working.

    Raises MoveNotAllowed for somebody who has signed up: one person alone must not be able to take over
    another's sign-in (`school.recovery`).
    """
    permissions.headteacher_only(by)
    if person.password is not None:
        raise MoveNotAllowed(
            f"{person.name} has signed up already. Who lost password or second factor is let in again under "
            "Sign-in, by two people."
        )
    for earlier in session.scalars(
        sa.select(Invitation).where(Invitation.person_id == person.id, Invitation.used_at.is_(None))
    ):
        earlier.expires_at = min(earlier.expires_at, now)
    token = secrets.new_token()
    session.add(
        Invitation(
            person_id=person.id,
            token_hash=secrets.token_hash(token),
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    audit.record(session, by=by, action="person_invited", object_kind="person", object_id=person.id, now=now)
    return token


def invited(session: Session, token: str, *, now: datetime) -> Person:
    """Whose sign-up link this is. Raises LinkExpired when it is unknown, used or too old."""
    return session.get_one(Person, _invitation(session, token, now=now).person_id)


def accept(session: Session, token: str, *, password: str, pin: str, now: datetime) -> Person:
    """Set the password and PIN of the person whose link it is; the link is used up."""
    found = _invitation(session, token, now=now)
    person = session.get_one(Person, found.person_id)
    if not person.active:
        raise LinkExpired(
            "This sign-up link no longer works: the headteacher has closed this person's access."
        )
    set_password(session, person, password, by=person, now=now)
    set_pin(session, person, pin, by=person, now=now)
    found.used_at = now
    person.confirmed_at = person.confirmed_at or now
    return person


def _invitation(session: Session, token: str, *, now: datetime) -> Invitation:
    found = session.scalar(
        sa.select(Invitation).where(Invitation.token_hash == secrets.token_hash(token)).with_for_update()
    )
    if found is None or found.used_at is not None or found.expires_at <= now:
        raise LinkExpired("This sign-up link no longer works. Ask the headteacher for a new one.")
    return found
