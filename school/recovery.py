"""The way back in for somebody who lost password or second factor: two people vouch, then a link works once.

One of them asks, another confirms, each in a sign-in of their own and with their PIN; the link goes to the
person's own mailbox, so that neither of the two can use it. All of it is in the trail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, mail, people, second_factor, secrets, sign_ins, sign_up
from school.errors import LinkExpired, MoveNotAllowed, NotFound, NotPermitted
from school.models.people import Person, Role
from school.models.recoveries import Recovery, RecoveryState
from school.permissions import ALLOWED, Action
from school.settings import settings

ASKED_FOR = timedelta(days=2)
LINK_LIFETIME = timedelta(hours=24)

_S = RecoveryState
MOVES: Mapping[tuple[RecoveryState, RecoveryState], str] = {
    (_S.ASKED, _S.CONFIRMED): "recovery_confirmed",
    (_S.ASKED, _S.STOPPED): "recovery_stopped",
    (_S.CONFIRMED, _S.STOPPED): "recovery_stopped",
    (_S.CONFIRMED, _S.USED): "recovery_used",
}
"""The only moves, each with what the trail calls it."""


def may_vouch(by: Person, person: Person) -> bool:
    """Whether this is one of the people who may let that person in again: never the person themself.

    The chair of governors vouches for the headteacher alone.
    """
    vouching = by.roles & ALLOWED[Action.RECOVER_PEOPLE]
    if Role.HEADTEACHER not in person.roles:
        vouching -= {Role.CHAIR}
    return by.id != person.id and bool(vouching)


def able_to_vouch(session: Session) -> int:
    """How many people can vouch for others now: two are needed, and nobody vouches for themselves."""
    holders = people.holders(session, *ALLOWED[Action.RECOVER_PEOPLE] - {Role.CHAIR})
    return sum(one.password is not None for one in holders)


def may_confirm(session: Session, person: Person, *, but: Person) -> list[Person]:
    """Who may be the second to vouch for that person, where `but` asked; by name."""
    able = people.holders(session, *ALLOWED[Action.RECOVER_PEOPLE])
    return [one for one in able if one.password is not None and one.id != but.id and may_vouch(one, person)]


def to_confirm(session: Session, by: Person, *, now: datetime) -> list[tuple[Recovery, Person, Person]]:
    """What waits for this person's word: the recovery, whom it lets in, and who asked. The oldest first."""
    found = []
    for one in open_ones(session, now=now):
        if one.state is _S.ASKED and one.asked_by_id is not None and one.asked_by_id != by.id:
            person = people.get(session, one.person_id)
            if may_vouch(by, person):
                found.append((one, person, people.get(session, one.asked_by_id)))
    return found


def ask(session: Session, person: Person, *, by: Person, reason: str, now: datetime) -> Recovery:
    """Ask that somebody be let in again. Another person must confirm it.

    Raises NotPermitted, BadInput without a reason, MoveNotAllowed where it was asked already, and for
    somebody who never signed up or is shut out.
    """
    _vouching(by, person)
    why = people.reason_text(reason)
    _can_be_recovered(session, person, now=now)
    made = Recovery(
        person_id=person.id, reason=why, asked_at=now, asked_by_id=by.id, expires_at=now + ASKED_FOR
    )
    session.add(made)
    # The trail names it by id.
    session.flush()
    _note(session, made, "recovery_asked", by=by, now=now, reason=why)
    asked = f"{by.name} asked that {person.name} be let in again, with a new password: {why}"
    seconds = may_confirm(session, person, but=by)
    for one in seconds:
        mail.queue_plain(
            session,
            to=one,
            subject=f"Please confirm: a new password for {person.name}",
            lines=[
                asked,
                "It counts once a second person confirms it under Sign-in, with their PIN. You may: see "
                f"{person.name} or hear their voice first. If it seems wrong, stop it there.",
            ],
            link=f"{settings().effective_public_url}/sign-ins",
            purpose="recovery",
            now=now,
        )
    _tell(
        session,
        person,
        asked,
        "It counts once a second person confirms it under Sign-in.",
        now=now,
        but=seconds,
    )
    return made


def confirm(session: Session, recovery_id: UUID, *, by: Person, now: datetime) -> Recovery:
    """Confirm as the second person: the link goes to the person by e-mail.

    Raises NotPermitted for whoever may not vouch or has asked themself, MoveNotAllowed where it was
    confirmed or stopped already, LinkExpired where it was asked too long ago.
    """
    found = get(session, recovery_id, lock=True)
    person = people.get(session, found.person_id)
    _vouching(by, person)
    if found.asked_by_id == by.id:
        raise NotPermitted("You asked for this yourself: somebody else must confirm it.")
    if found.state is _S.ASKED and found.expires_at <= now:
        raise LinkExpired("This was asked too long ago. Ask for it again.")
    asked_by = people.get(session, found.asked_by_id) if found.asked_by_id else None
    if asked_by is None or not may_vouch(asked_by, person):
        raise MoveNotAllowed("Whoever asked for this may not do so any more: ask for it again.")
    _move(session, found, _S.CONFIRMED, by=by, now=now)
    found.confirmed_at, found.confirmed_by_id = now, by.id
    token = _link(found, now=now)
    mail.queue_plain(
        session,
        to=person,
        subject="Your way back into Schoolgate",
        lines=[
            f"{asked_by.name} and {by.name} have vouched for you. With this link you choose a new password "
            "and PIN; it works once, for 24 hours. Your former second factor counts no more afterwards.",
            "If you did not ask for this, don't use the link, and tell the headteacher at once.",
        ],
        link=address(token),
        purpose="recovery_link",
        now=now,
    )
    _tell(
        session,
        person,
        f"{by.name} has confirmed what {asked_by.name} asked: {person.name} gets a link by e-mail and "
        "chooses a new password with it.",
        "If that is wrong, stop it under Sign-in.",
        now=now,
        but=[person],
    )
    return found


def by_server(session: Session, person: Person, *, reason: str, now: datetime) -> str:
    """The link's token, for whoever owns the server and nobody else can vouch: the last resort."""
    why = people.reason_text(reason)
    _can_be_recovered(session, person, now=now, stop_others=True)
    made = Recovery(
        person_id=person.id, state=_S.CONFIRMED, reason=why, asked_at=now, confirmed_at=now, expires_at=now
    )
    token = _link(made, now=now)
    session.add(made)
    # The trail names it by id.
    session.flush()
    _note(session, made, "recovery_by_command", by=None, now=now, reason=why)
    _tell(
        session,
        person,
        f"A command on the server made a link with which {person.name} chooses a new password: {why}",
        "If nobody knows of this, somebody else may have the server: tell the network manager at once.",
        now=now,
    )
    return token


def stop(session: Session, recovery_id: UUID, *, by: Person, now: datetime) -> Recovery:
    """Stop a recovery; its link works no more. Whoever may vouch can, and the person concerned."""
    found = get(session, recovery_id, lock=True)
    person = people.get(session, found.person_id)
    if by.id != person.id and not may_vouch(by, person):
        raise NotFound("There is no such recovery.")
    _move(session, found, _S.STOPPED, by=by, now=now)
    found.ended_at, found.ended_by_id = now, by.id
    _tell(
        session,
        person,
        f"{by.name} has stopped that {person.name} be let in again with a new password.",
        "Nothing was changed.",
        now=now,
    )
    return found


def look(session: Session, token: str, *, now: datetime) -> Person:
    """Whose link this is. Raises LinkExpired when it is unknown, used, stopped or too old."""
    return people.get(session, _by_token(session, token, now=now).person_id)


def use(session: Session, token: str, *, password: str, pin: str, now: datetime) -> Person:
    """Give the person whose link it is a new password and PIN; all that let them in before counts no more."""
    found = _by_token(session, token, now=now)
    person = people.get(session, found.person_id)
    if not person.active:
        raise LinkExpired("This link no longer works: the headteacher has closed this person's access.")
    sign_up.set_password(session, person, password, by=person, now=now)
    sign_up.set_pin(session, person, pin, by=person, now=now)
    second_factor.forget(session, person)
    sign_ins.forget_devices(session, person)
    _move(session, found, _S.USED, by=person, now=now)
    found.ended_at, found.ended_by_id = now, person.id
    return person


def open_ones(session: Session, *, now: datetime) -> list[Recovery]:
    """Those that wait for a second person or for their link to be used, the oldest first."""
    query = (
        sa.select(Recovery)
        .where(Recovery.state.in_((_S.ASKED, _S.CONFIRMED)), Recovery.expires_at > now)
        .order_by(Recovery.asked_at, Recovery.id)
    )
    return list(session.scalars(query))


def history(session: Session, person_id: UUID) -> list[Recovery]:
    """Every recovery of this person that is still kept, the first one first."""
    query = (
        sa.select(Recovery).where(Recovery.person_id == person_id).order_by(Recovery.asked_at, Recovery.id)
    )
    return list(session.scalars(query))


def get(session: Session, recovery_id: UUID, *, lock: bool = False) -> Recovery:
    """The recovery, or NotFound; with `lock`, as it is now and for nobody else to change."""
    found = session.get(Recovery, recovery_id, with_for_update=lock, populate_existing=lock)
    if found is None:
        raise NotFound("There is no such recovery.")
    return found


def address(token: str) -> str:
    """The link of a token."""
    return f"{settings().effective_public_url}/recover/{token}"


def _vouching(by: Person, person: Person) -> None:
    if by.id == person.id:
        raise NotPermitted("Nobody vouches for themself: ask two others.")
    if not may_vouch(by, person):
        raise NotPermitted(f"You may not vouch for {person.name}.")


def _can_be_recovered(session: Session, person: Person, *, now: datetime, stop_others: bool = False) -> None:
    # Two who ask at once come one after the other.
    session.refresh(person, ["password", "active"], with_for_update=True)
    if not person.active:
        raise MoveNotAllowed(f"{person.name} is shut out: let them in again under People first.")
    if person.password is None:
        raise MoveNotAllowed(f"{person.name} has not signed up yet: make a new sign-up link under People.")
    for earlier in session.scalars(
        sa.select(Recovery).where(
            Recovery.person_id == person.id, Recovery.state.in_((_S.ASKED, _S.CONFIRMED))
        )
    ):
        if earlier.expires_at > now and not stop_others:
            raise MoveNotAllowed(f"This was asked for {person.name} already: confirm that, or stop it first.")
        _move(session, earlier, _S.STOPPED, by=None, now=now)
        earlier.ended_at = now


def _move(session: Session, found: Recovery, new: RecoveryState, *, by: Person | None, now: datetime) -> None:
    action = MOVES.get((found.state, new))
    if action is None:
        raise MoveNotAllowed(f"This recovery is {found.state.value} already.")
    found.state = new
    _note(session, found, action, by=by, now=now)


def _link(found: Recovery, *, now: datetime) -> str:
    token = secrets.new_token()
    found.token_hash, found.expires_at = secrets.token_hash(token), now + LINK_LIFETIME
    return token


def _by_token(session: Session, token: str, *, now: datetime) -> Recovery:
    found = session.scalar(
        sa.select(Recovery).where(Recovery.token_hash == secrets.token_hash(token)).with_for_update()
    )
    if found is None or found.state is not _S.CONFIRMED or found.expires_at <= now:
        raise LinkExpired("This link no longer works. Ask the headteacher or the network manager.")
    return found


def _note(
    session: Session,
    found: Recovery,
    action: str,
    *,
    by: Person | None,
    now: datetime,
    **detail: str,
) -> None:
    audit.record(
        session,
        by=by,
        action=action,
        object_kind="person",
        object_id=found.person_id,
        detail={"recovery": str(found.id), **detail},
        now=now,
    )


def _tell(
    session: Session,
    person: Person,
    what: str,
    then: str,
    *,
    now: datetime,
    but: Sequence[Person] = (),
) -> None:
    """The person concerned and the headteacher, but for those who are told otherwise."""
    left_out = {one.id for one in but}
    told: Sequence[Person] = [person, *people.holders(session, Role.HEADTEACHER)]
    for one in {each.id: each for each in told if each.id not in left_out}.values():
        mail.queue_plain(
            session,
            to=one,
            subject=f"A new password for {person.name}",
            lines=[what, then],
            link=settings().effective_public_url + ("/me/sign-in" if one.id == person.id else "/sign-ins"),
            purpose="recovery",
            now=now,
        )
