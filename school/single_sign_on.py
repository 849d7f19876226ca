"""Single sign-on: an answer of the school's provider, whom it means here, and whether they may come in.

Nobody is made by it: only who is in the register comes in, matched once by the address that the provider
vouches for, and from then on by the provider's own id of the account. An address that was handed to somebody
else opens nothing. As in `school.connecting` the answer is a row; a worker asks the provider, never a page.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import provider as providers
from school import provider_links, secrets
from school.db import insert_if_missing, new_id
from school.errors import LinkExpired, MoveNotAllowed, NotFound
from school.models.people import Person
from school.models.providers import ProviderDocument, ProviderSignIn, ProviderState
from school.models.school import School
from school.provider import Provider

S = ProviderState

LIFETIME = timedelta(minutes=10)
"""How long somebody may take on the provider's page; and after the answer, how long it counts here."""
KEPT = timedelta(days=1)
FRESH = timedelta(hours=1)
"""How old what the provider says of itself may be; where an unknown key signed, its keys are fetched anew."""
AWAY_FOR = timedelta(minutes=1)
AGAIN_AFTER = timedelta(seconds=3)
MEANWHILE = "Your password lets you in meanwhile."

MOVES: Mapping[ProviderState, frozenset[ProviderState]] = {
    S.RETURNED: frozenset({S.KNOWN, S.REFUSED}),
    S.KNOWN: frozenset({S.DONE, S.REFUSED}),
    S.DONE: frozenset(),
    S.REFUSED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Work:
    """An answer that this worker alone may ask the provider about, until its lease ends."""

    id: UUID
    lease_until: datetime
    document: Mapping[str, Any]
    keys: Mapping[str, Any]
    values: Mapping[str, str] = field(repr=False)
    """The code, and the nonce and the verifier that go with it."""


def offered(session: Session) -> Provider | None:
    """The provider that this school's people can sign in with; none in a practice school."""
    school = session.scalar(sa.select(School))
    return None if school is None or school.practice else providers.chosen(school.domain)


# What the provider says of itself


def said_by(session: Session, provider: Provider) -> ProviderDocument | None:
    """What was last fetched of it; None before the first try."""
    return session.scalar(sa.select(ProviderDocument).where(ProviderDocument.issuer == provider.issuer))


def take_document(session: Session, provider: Provider, *, lease: timedelta, now: datetime) -> bool:
    """Claim the fetching of it; whether it is due, and no other worker has it."""
    insert_if_missing(session, ProviderDocument, id=new_id(), issuer=provider.issuer, next_try_at=now)
    taken = session.execute(
        sa.update(ProviderDocument)
        .where(
            ProviderDocument.issuer == provider.issuer,
            ProviderDocument.next_try_at <= now,
            sa.or_(ProviderDocument.lease_until.is_(None), ProviderDocument.lease_until <= now),
        )
        .values(lease_until=now + lease)
        .returning(ProviderDocument.id)
        .execution_options(synchronize_session=False)
    ).first()
    return taken is not None


def keep_document(
    session: Session,
    provider: Provider,
    document: Mapping[str, Any],
    keys: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    """Keep what was fetched."""
    found = said_by(session, provider)
    if found is not None:
        found.document, found.keys, found.fetched_at = dict(document), dict(keys), now
        found.problem, found.lease_until, found.next_try_at = None, None, now + FRESH


def not_fetched(session: Session, provider: Provider, problem: str, *, now: datetime) -> None:
    """Note why it could not be fetched; what was fetched before goes on being used."""
    found = said_by(session, provider)
    if found is not None:
        found.problem, found.lease_until, found.next_try_at = problem, None, now + AWAY_FOR


# The answer, and what the worker does with it


def returned(
    session: Session,
    provider: Provider,
    *,
    state: str,
    browser: str,
    values: Mapping[str, str],
    now: datetime,
) -> ProviderSignIn:
    """Keep an answer, encrypted, for a worker to ask about. Raises LinkExpired for one that came before."""
    made = new_id()
    insert_if_missing(
        session,
        ProviderSignIn,
        id=made,
        state=S.RETURNED,
        issuer=provider.issuer,
        state_hash=secrets.token_hash(state),
        browser_hash=secrets.token_hash(browser),
        sealed=secrets.encrypt(json.dumps(dict(values)).encode()),
        returned_at=now,
        expires_at=now + LIFETIME,
        next_try_at=now,
        second_factor=False,
    )
    found = session.get(ProviderSignIn, made)
    if found is None:
        raise LinkExpired("This answer was used already, and counts once. Begin again on the sign-in page.")
    return found


def get(session: Session, sign_in_id: UUID, browser: str) -> ProviderSignIn:
    """What this browser began, or NotFound."""
    found = session.get(ProviderSignIn, sign_in_id)
    same = found is not None and hmac.compare_digest(found.browser_hash, secrets.token_hash(browser))
    if found is None or not same or not browser:
        raise NotFound("There is no such sign-in in this browser.")
    return found


def due(session: Session, *, now: datetime) -> list[UUID]:
    """The answers that a worker has something to do for."""
    query = (
        sa.select(ProviderSignIn.id)
        .where(
            ProviderSignIn.state == S.RETURNED,
            ProviderSignIn.next_try_at <= now,
            sa.or_(ProviderSignIn.lease_until.is_(None), ProviderSignIn.lease_until <= now),
        )
        .order_by(ProviderSignIn.next_try_at)
        .limit(20)
    )
    return list(session.scalars(query))


def tidy(session: Session, *, now: datetime) -> None:
    """End what nobody went on with, and forget what is a day old."""
    for found in session.scalars(
        sa.select(ProviderSignIn).where(
            ProviderSignIn.state.in_((S.RETURNED, S.KNOWN)),
            ProviderSignIn.expires_at <= now,
            sa.or_(ProviderSignIn.lease_until.is_(None), ProviderSignIn.lease_until <= now),
        )
    ):
        waited = f"{found.problem} " if found.problem else ""
        _move(found, S.REFUSED, f"{waited}It took too long. Begin again on the sign-in page.")
    session.execute(
        sa.delete(ProviderSignIn)
        .where(ProviderSignIn.returned_at < now - KEPT, ProviderSignIn.state.in_((S.DONE, S.REFUSED)))
        .execution_options(synchronize_session=False)
    )


def something_to_tidy(session: Session, *, now: datetime) -> bool:
    """Whether `tidy` would do anything."""
    over = sa.and_(ProviderSignIn.state.in_((S.RETURNED, S.KNOWN)), ProviderSignIn.expires_at <= now)
    query = sa.select(ProviderSignIn.id).where(sa.or_(over, ProviderSignIn.returned_at < now - KEPT)).limit(1)
    return session.scalar(query) is not None


def claim(
    session: Session, provider: Provider | None, sign_in_id: UUID, *, lease: timedelta, now: datetime
) -> Work | None:
    """Take an answer; commit before asking. None: nothing to do, or another worker has it."""
    until = now + lease
    taken = session.execute(
        sa.update(ProviderSignIn)
        .where(
            ProviderSignIn.id == sign_in_id,
            ProviderSignIn.state == S.RETURNED,
            ProviderSignIn.next_try_at <= now,
            ProviderSignIn.expires_at > now,
            sa.or_(ProviderSignIn.lease_until.is_(None), ProviderSignIn.lease_until <= now),
        )
        .values(lease_until=until)
        .returning(ProviderSignIn.sealed)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        return None
    found = session.get_one(ProviderSignIn, sign_in_id, populate_existing=True)
    said = said_by(session, provider) if provider is not None else None
    if provider is None or provider.issuer != found.issuer or said is None or said.fetched_at is None:
        _move(found, S.REFUSED, "The settings were changed meanwhile. Begin again on the sign-in page.")
        return None
    try:
        values = json.loads(secrets.decrypt(taken[0] or b""))
    except secrets.KeyMissing:
        _move(found, S.REFUSED, "The secret key was changed meanwhile. Begin again on the sign-in page.")
        return None
    return Work(sign_in_id, until, said.document or {}, said.keys or {}, values)


def later(session: Session, work: Work, problem: str, *, now: datetime) -> None:
    """The provider could not be reached: it is asked again while there is time."""
    found = _held(session, work)
    if found is not None:
        found.problem, found.next_try_at, found.lease_until = problem, now + AGAIN_AFTER, None


def refuse(session: Session, work: Work, problem: str) -> None:
    """Nobody comes in by this answer."""
    found = _held(session, work)
    if found is not None:
        _move(found, S.REFUSED, problem)


def recognise(
    session: Session,
    work: Work,
    provider: Provider,
    *,
    subject: str,
    address: str,
    second_factor: bool,
    now: datetime,
) -> Person | None:
    """Find whom the provider means, and let them come in or say why not; None where they may not.

    `subject`: the provider's id of the account. `address`: in lower case, empty where the provider vouches
    for none. `second_factor`: the provider asked for one, and the school takes its word.
    """
    found = _held(session, work)
    if found is None:
        return None
    whose = provider_links.find(session, provider, subject, address, now=now)
    if isinstance(whose, str):
        _move(found, S.REFUSED, whose)
        return None
    found.person_id, found.second_factor = whose.id, second_factor
    _move(found, S.KNOWN, None)
    return whose


def go_on(session: Session, sign_in_id: UUID, browser: str, *, now: datetime) -> Person:
    """Whoever may come in by this, once. Raises NotFound, and MoveNotAllowed where that was done already."""
    found = get(session, sign_in_id, browser)
    taken = session.execute(
        sa.update(ProviderSignIn)
        .where(
            ProviderSignIn.id == found.id, ProviderSignIn.state == S.KNOWN, ProviderSignIn.expires_at > now
        )
        .values(state=S.DONE)
        .returning(ProviderSignIn.person_id)
        .execution_options(synchronize_session=False)
    ).first()
    person = session.get(Person, taken[0]) if taken is not None else None
    # Meanwhile they may have left, or the account may have been unlinked.
    if person is None or not person.active or provider_links.of(session, person.id, found.issuer) is None:
        raise MoveNotAllowed(
            "This was used already, is too old, or was ended by the school. Begin again on the sign-in page."
        )
    return person


def _held(session: Session, work: Work) -> ProviderSignIn | None:
    found = session.get_one(ProviderSignIn, work.id, with_for_update=True, populate_existing=True)
    return found if found.lease_until == work.lease_until and found.state is S.RETURNED else None


def _move(found: ProviderSignIn, to: ProviderState, problem: str | None) -> None:
    if to not in MOVES[found.state]:
        raise MoveNotAllowed(f"This sign-in is {found.state} and can't become {to}.")
    found.state, found.problem, found.lease_until, found.sealed = to, problem, None, None
