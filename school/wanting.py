"""What isn't broken and still wants somebody: for the page of troubles and `schoolgate doctor` alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from school import audit, bounce_mailbox, bounces, mail
from school.models import BounceMailbox, Person
from school.settings import settings
from school.setup import current_school

LATELY = timedelta(days=7)
"""A backup that is older wants somebody."""


@dataclass(frozen=True, slots=True)
class Want:
    """One thing that wants somebody."""

    words: str
    place: str
    """The part of the page of troubles that says more: "mail" or "backup"."""


@dataclass(frozen=True, slots=True)
class Backup:
    """When the product's own command last made a backup."""

    at: datetime | None
    old: bool
    needed: bool
    """Whether there is anything to lose: a practice school has nothing."""

    @property
    def lacking(self) -> str:
        """What is wrong with it; empty where nothing is."""
        if not self.needed or not (self.old or self.at is None):
            return ""
        return "no backup was ever made" if self.at is None else "the last backup is more than a week old"


def backup(session: Session, *, now: datetime) -> Backup:
    """How things stand with backups."""
    at = audit.last_at(session, "backup_made")
    return Backup(at, at is not None and now - at > LATELY, _real(session))


def mail_stays_here(session: Session) -> bool:
    """Whether a real school has no mail server, so nobody hears of anything; a practice one needs none."""
    return not settings().smtp_url and _real(session)


def returned(session: Session) -> BounceMailbox | None:
    """How the mailbox stands that mail comes back to; None where there is none, or it was never read."""
    url = settings().bounces_url
    return bounces.standing(session, bounce_mailbox.key_of(url)) if url else None


def somebody(session: Session, *, viewer: Person | None, now: datetime) -> list[Want]:
    """What doesn't stay wrong by itself and still wants somebody; `viewer` None: a command on the server."""
    found = []
    if mail_stays_here(session):
        found.append(Want("no e-mail leaves this server", "mail"))
    failed = len(mail.failed(session, viewer=viewer))
    if failed:
        found.append(Want(f"{failed} e-mail{' was' if failed == 1 else 's were'} not delivered", "mail"))
    came_back = returned(session)
    if came_back is not None and came_back.problem:
        found.append(Want("what comes back by e-mail can’t be read", "mail"))
    if settings().smtp_url and not settings().bounces_url:
        found.append(Want("Schoolgate can’t notice e-mails that come back", "mail"))
    copies = backup(session, now=now)
    if copies.lacking:
        found.append(Want(copies.lacking, "backup"))
    return found


def verdict(*, broken: bool, wants: bool) -> str:
    """How all of it stands, in a sentence; where something is wanted, its beginning. Empty: only broken."""
    if wants:
        return f"{'Besides, this' if broken else 'Nothing is broken, but this'} wants somebody"
    return "" if broken else "Nothing is wrong at the moment."


def _real(session: Session) -> bool:
    school = current_school(session)
    return school is not None and not school.practice
