"""Another e-mail address for somebody: where mail to them goes, and what they sign in with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from school import audit, mail, people
from school.errors import BadInput
from school.models import Person
from school.permissions import Action, require
from school.settings import settings


def change(
    session: Session, person: Person, email: str, *, by: Person | None, reason: str, now: datetime
) -> None:
    """Give somebody another e-mail address, with which they sign in from now on; both addresses are told.

    Raises BadInput for one that isn't an address, or that somebody has already.
    """
    if by is not None:
        require(by, Action.MANAGE_PEOPLE)
    why, address = people.reason_text(reason, field="address_reason"), people.email_address(email)
    if address == person.email:
        raise BadInput(f"“{address}” is the address already: write the other one.", field="email")
    if people.find(session, address) is not None:
        raise BadInput(f"“{address}” belongs to somebody already.", field="email")
    lines = [
        f"E-mail from Schoolgate to {person.name} went to {person.email} so far and goes to {address} from "
        "now on. The new address is also the one to sign in with.",
        f"{by.name if by else 'A command on the server'} changed it: {why}",
        "If this isn't right, tell the headteacher or the network manager at once.",
    ]
    _tell(session, person, lines, now=now)
    person.email = address
    _tell(session, person, lines, now=now)
    audit.record(
        session,
        by=by,
        action="address_changed",
        object_kind="person",
        object_id=person.id,
        detail={"reason": why},
        now=now,
    )


def _tell(session: Session, person: Person, lines: Sequence[str], *, now: datetime) -> None:
    """At the address that the person has at this moment."""
    mail.queue_plain(
        session,
        to=person,
        subject="Your e-mail address at Schoolgate was changed",
        lines=lines,
        link=settings().effective_public_url,
        purpose="address_changed",
        now=now,
    )
