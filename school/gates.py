"""What keeps a person from handing in a post, with the way to get it (P1, P6, P7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from school import accounts as registered
from school import people, terms, training
from school.models.people import Person, Role
from school.permissions import Action, may
from school.times import say_date


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that is missing: what, what to do about it, and where."""

    what: str
    way: str
    path: str
    link: str
    """The words of the link to `path`."""
    theirs: str
    """What is missing, for whoever looks at the person: goes on after their name."""
    even_to_write: bool = False
    """Whether they can't even write a post; else they can't hand it in."""

    @property
    def sentence(self) -> str:
        """Both in one line."""
        return f"{self.what} {self.way}"


def writes(session: Session, person: Person) -> bool:
    """Whether a person is somebody who writes posts, or is to: what is missing for it concerns nobody else.

    Staff with another office, such as the network manager, write where the headteacher let them (P1).
    """
    return person.roles == {Role.STAFF} or bool(people.authorised_accounts(session, person))


def obstacles(session: Session, person: Person, *, now: datetime, accounts: bool = False) -> list[Obstacle]:
    """Everything that is missing before the person may hand in a post; empty when nothing is.

    `accounts`: that they may write for none is among it, too (P1). For one account alone
    `school.people.may_post` says it.
    """
    found: list[Obstacle] = []
    head = Role.HEADTEACHER in person.roles
    if accounts and not people.authorised_accounts(session, person):
        found.append(_no_account(session, person, head))
    if terms.accepted_at(session, person) is None:
        current = terms.current(session)
        found.append(
            Obstacle(
                f"You have not accepted the terms of use yet (version {current.number})."
                if current
                else "The headteacher has not published the terms of use yet.",
                "Read and accept them." if current else "Publish them." if head else "Ask the headteacher.",
                "/terms",
                "Read the terms" if current or not head else "Terms of use",
                f"has not accepted the terms of use (version {current.number}): they do it on their own page"
                if current
                else "can’t accept the terms of use: none are published",
            )
        )
    stands = training.standing(session, person, now=now)
    if not stands.in_date:
        if stands.refresh_due:
            what = "After an incident everybody is trained again, and your new training is not recorded yet."
            theirs = "has to be trained again after an incident"
        elif stands.last is None:
            what = "Your training on social media is not recorded."
            theirs = "has no training on social media recorded"
        else:
            end = stands.last.valid_until
            what = f"Your training on social media ran out on {say_date(end)}."
            theirs = f"was trained too long ago: it counted until {say_date(end)}"
        found.append(
            Obstacle(
                what,
                *(
                    ("Enter it, once you have had it.", "/training", "Training")
                    if may(person, Action.MANAGE_TRAINING)
                    else (
                        "Ask the headteacher or the senior leadership team to train you and to enter it.",
                        "/me",
                        "My training",
                    )
                ),
                f"{theirs}: enter it under Training",
            )
        )
    return found


def _no_account(session: Session, person: Person, head: bool) -> Obstacle:
    """That they may write for no account (P1); whoever can mend that themselves is told where."""
    theirs = "may not write for any account: let them write for one below"
    if not registered.everything(session):
        what = "No account of the school is connected yet, so nobody can write."
        if may(person, Action.CONNECT_ACCOUNTS):
            return Obstacle(what, "Connect one.", "/accounts#connect-heading", "Accounts", theirs, True)
        way = "Ask the headteacher or the network manager to connect one."
        return Obstacle(what, way, "/me#may", "What I may do", theirs, True)
    what = "You may not write for any account yet."
    if head:
        path = f"/people/{person.id}"
        return Obstacle(what, "Let yourself write for one.", path, "Your page under People", theirs, True)
    return Obstacle(
        what, "Ask the headteacher to authorise you.", "/me#may", "What I may do", theirs, True
    )
