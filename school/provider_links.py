"""Whose an account at the provider is here: linked by its first sign-in, unlinked by the network manager."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, mail, people, sign_ins
from school.errors import NotFound
from school.models.people import Person, Role
from school.models.providers import ProviderIdentity
from school.permissions import Action, require
from school.provider import Provider
from school.settings import settings

TOLD_AGAIN_AFTER = timedelta(days=1)
"""The same account that comes again with somebody's address is told no more often than this."""
SHOWN_FOR = timedelta(days=30)
PURPOSE = "single_sign_on"


def find(session: Session, provider: Provider, subject: str, address: str, *, now: datetime) -> Person | str:
    """Whose account it is, linked herewith if it is new; a sentence for whoever may not come in.

    Somebody who left is answered as somebody who never was here.
    """
    if not subject or len(subject) > 255:
        return f"{provider.name} did not say which account it was. Begin again on the sign-in page."
    linked = session.scalar(
        sa.select(ProviderIdentity).where(
            ProviderIdentity.issuer == provider.issuer, ProviderIdentity.subject == subject
        )
    )
    if linked is not None:
        person = people.get(session, linked.person_id)
        if not person.active:
            return _nobody(provider, address)
        linked.used_at = now
        return person
    if not address:
        return (
            f"{provider.name} does not vouch for the e-mail address of your account there, so Schoolgate "
            "can't know who you are. Sign in with your password, and show this to the network manager."
        )
    if address.rpartition("@")[2] not in provider.domains:
        return (
            f"You were signed in to {provider.name} as {address}, and only addresses of the school count. "
            "Choose your school account there: begin again on the sign-in page."
        )
    known = people.find(session, address)
    if known is None:
        return _nobody(provider, address)
    # Two first sign-ins at once come one after the other.
    person = session.get_one(Person, known.id, with_for_update=True, populate_existing=True)
    if not person.active:
        return _nobody(provider, address)
    had = of(session, person.id, provider.issuer)
    if had is not None and had.subject == subject:
        # The other one of these two was faster.
        had.used_at = now
        return person
    if had is not None:
        _contested(session, provider, had, person, subject, now=now)
        return (
            f"The address {address} belongs to another account at {provider.name} than the one that "
            "has signed in to Schoolgate with it so far. If you were given somebody else's address, or a new "
            f"account at {provider.name}, the network manager must settle it first; they have been told. "
            "Nobody was signed in."
        )
    if person.password is None:
        return (
            f"You are in Schoolgate as {address}, but have not used your sign-up link yet. Open it once, in "
            f"the headteacher's e-mail, and choose a password and a PIN; after that {provider.name} lets you "
            "in. If you can't find it, ask the headteacher for a new one."
        )
    made = ProviderIdentity(
        person_id=person.id,
        issuer=provider.issuer,
        subject=subject,
        email=address,
        linked_at=now,
        used_at=now,
    )
    session.add(made)
    _note(session, person, "provider_linked", by=person, issuer=provider.issuer, now=now)
    mail.queue_plain(
        session,
        to=person,
        subject=f"You signed in to Schoolgate with {provider.name}",
        lines=[
            f"Your account at {provider.name}, {address}, signed in to Schoolgate as you for the first time, "
            "and lets you in from now on. Your password goes on working.",
            "If that wasn't you, tell the network manager at once.",
        ],
        link=f"{settings().effective_public_url}/me/sign-in",
        purpose=PURPOSE,
        now=now,
    )
    return person


def of(session: Session, person_id: UUID, issuer: str) -> ProviderIdentity | None:
    """The person's account at this provider; None where none was used so far."""
    return session.scalar(
        sa.select(ProviderIdentity).where(
            ProviderIdentity.person_id == person_id, ProviderIdentity.issuer == issuer
        )
    )


def everybodys(session: Session) -> dict[UUID, list[ProviderIdentity]]:
    """Each person's accounts, at former providers too."""
    found: dict[UUID, list[ProviderIdentity]] = {}
    for one in session.scalars(sa.select(ProviderIdentity).order_by(ProviderIdentity.linked_at)):
        found.setdefault(one.person_id, []).append(one)
    return found


def history(session: Session, person_id: UUID) -> list[ProviderIdentity]:
    """The person's accounts, the first linked first."""
    return everybodys(session).get(person_id, [])


def unlink(session: Session, identity_id: UUID, *, by: Person, reason: str, now: datetime) -> Person:
    """Let an account in no more, and end its person's sign-ins; whose it was.

    The next account that comes with their address is linked anew. Raises NotPermitted, NotFound, and BadInput
    without a reason.
    """
    require(by, Action.END_SIGN_INS)
    found = session.get(ProviderIdentity, identity_id, with_for_update=True)
    if found is None:
        raise NotFound("There is no such link.")
    why = people.reason_text(reason)
    person = people.get(session, found.person_id)
    session.delete(found)
    sign_ins.end_all(session, person, why=sign_ins.Ended.UNLINKED, by=by, now=now)
    _note(session, person, "provider_unlinked", by=by, issuer=found.issuer, reason=why, now=now)
    told = {one.id: one for one in (person, *people.holders(session, Role.HEADTEACHER)) if one.active}
    for one in told.values():
        whose = "Your account" if one is person else f"{person.name}'s account"
        mail.queue_plain(
            session,
            to=one,
            subject="An account was unlinked from Schoolgate",
            lines=[
                f"{whose} {found.email} where the school's accounts are kept lets nobody into Schoolgate any "
                f"more, until somebody signs in with that address anew. {by.name} did this: {why}",
                "If this is a surprise, tell the headteacher or the network manager at once.",
            ],
            link=f"{settings().effective_public_url}/sign-in",
            purpose=PURPOSE,
            now=now,
        )
    return person


def _nobody(provider: Provider, address: str) -> str:
    called = f"as {address}" if address else "with an account"
    return (
        f"You were signed in to {provider.name} {called}, and nobody in Schoolgate's register has that "
        "address. Choose another account there, or ask the headteacher to add you or to correct your address."
    )


def _contested(
    session: Session,
    provider: Provider,
    had: ProviderIdentity,
    person: Person,
    subject: str,
    *,
    now: datetime,
) -> None:
    """Note that another account came with this person's address, and tell who can settle it."""
    same = had.contested_subject == subject and had.contested_at is not None
    if same and had.contested_at is not None and had.contested_at > now - TOLD_AGAIN_AFTER:
        return
    had.contested_at, had.contested_subject = now, subject
    _note(session, person, "provider_contested", by=None, issuer=provider.issuer, now=now)
    told = people.holders(session, Role.NETWORK_MANAGER) or people.holders(session, Role.HEADTEACHER)
    for one in told:
        mail.queue_plain(
            session,
            to=one,
            subject=f"Another account at {provider.name} has {person.name}'s address",
            lines=[
                f"Somebody tried to sign in to Schoolgate with an account at {provider.name} that has the "
                f"address of {person.name} ({person.email}), but is not the account that signed in with it "
                "so far. Nobody was let in.",
                f"Was the address given to somebody else? Then leave it so: have the headteacher shut "
                f"{person.name} out or correct their address under People.",
                f"Has {person.name} a new account there? Speak with them, then unlink the former one under "
                "Sign-in; their next sign-in links the new one.",
            ],
            link=f"{settings().effective_public_url}/sign-ins",
            purpose=PURPOSE,
            now=now,
        )


def _note(
    session: Session, person: Person, action: str, *, by: Person | None, now: datetime, **detail: str
) -> None:
    audit.record(
        session, by=by, action=action, object_kind="person", object_id=person.id, detail=detail, now=now
    )
