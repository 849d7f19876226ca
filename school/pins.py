"""Checking an approver's PIN, and locking it under guesses."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from school import audit, secrets
from school.errors import BadInput
from school.models import Person
from school.times import LONDON

TRIES = 5
LOCK = timedelta(minutes=15)


class PinLocked(BadInput):
    """Too many wrong PINs in a row; `wait` is how long it lasts."""

    def __init__(self, until: datetime, *, now: datetime) -> None:
        self.wait = until - now
        minutes = int(self.wait.total_seconds() // 60) + 1
        super().__init__(
            f"Too many wrong PINs: the PIN is locked. Try again at {until.astimezone(LONDON):%H:%M}, in "
            f"{minutes} minute{'s' if minutes > 1 else ''}.",
            field="pin",
        )


def check(session: Session, person: Person, pin: str, *, now: datetime) -> bool:
    """Whether the PIN is right. Five wrong ones in a row lock it for 15 minutes.

    The caller must commit even when this returns False, so that the failure counts. Raises
    PinLocked while it is locked, BadInput when the person has no PIN.
    """
    # The row lock makes guesses that arrive together count one by one.
    session.refresh(person, ["pin_hash", "pin_failures", "pin_locked_until"], with_for_update=True)
    if person.pin_hash is None:
        raise BadInput("You have no PIN yet: sign in and set one on your own page.", field="pin")
    if person.pin_locked_until is not None and person.pin_locked_until > now:
        raise PinLocked(person.pin_locked_until, now=now)
    if secrets.check_secret(pin, person.pin_hash):
        person.pin_failures, person.pin_locked_until = 0, None
        return True
    person.pin_failures += 1
    if person.pin_failures >= TRIES:
        person.pin_failures, person.pin_locked_until = 0, now + LOCK
        audit.record(
            session, by=None, action="pin_locked", object_kind="person", object_id=person.id, now=now
        )
    return False


def refusal(person: Person, *, now: datetime) -> BadInput:
    """What to say after a wrong PIN: how many tries are left, or that it is locked now."""
    if person.pin_locked_until is not None and person.pin_locked_until > now:
        return PinLocked(person.pin_locked_until, now=now)
    left = TRIES - person.pin_failures
    return BadInput(
        f"The PIN is wrong. Type it again: {left} {'try is' if left == 1 else 'tries are'} left before it is "
        "locked for 15 minutes.",
        field="pin",
    )
