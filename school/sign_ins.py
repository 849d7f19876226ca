"""Signing in, and the end of it: a row for each browser. When the row ends, a stolen cookie is worth nothing.

A sign-in waits for the second factor, is open, or has ended; it ends once, for one reason.
"""

from __future__ import annotations

import secrets as random
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, push_browsers, secrets
from school.db import insert_if_missing, new_id
from school.errors import BadInput, NotFound
from school.models.people import Person
from school.models.sign_ins import KnownDevice, SignIn
from school.permissions import Action, require
from school.settings import settings

SECOND_STEP = timedelta(minutes=10)
"""How long the second factor may be given after the password."""
PROOF_LASTS = timedelta(minutes=10)
"""How long after a proof the person may change what they sign in with."""
SEEN_EVERY = timedelta(minutes=1)
"""Noted no more often than this: looking at a page should not have to write."""
DEVICE_KNOWN_FOR = timedelta(days=180)


class Ended(StrEnum):
    """Why a sign-in ended, as its owner reads it."""

    SIGNED_OUT = "signed out"
    ENDED_BY_OWNER = "ended from another browser"
    ENDED_BY_SCHOOL = "ended by the school"
    PASSWORD = "password changed"  # noqa: S105 - why a sign-in ended
    ROLE = "a role was withdrawn"
    ROLE_GIVEN = "a role was given"
    SHUT_OUT = "access closed or opened again"
    RESTORED = "restored from a backup"
    UNLINKED = "the account elsewhere was unlinked"


def begin(
    session: Session,
    person: Person,
    *,
    how: str,
    second_factor: bool,
    waits: bool,
    browser: str,
    device: KnownDevice | None = None,
    proved: bool = True,
    now: datetime,
) -> str:
    """A new sign-in; the token for the browser's cookie. `waits`: the second factor is still to come.

    `proved`: the person has just shown here that it is them, not merely been signed in somewhere else.
    """
    token = secrets.new_token()
    session.add(
        SignIn(
            person_id=person.id,
            token_hash=secrets.token_hash(token),
            began_at=now,
            completed_at=None if waits else now,
            proved_at=now if proved and not waits else None,
            seen_at=now,
            how=how,
            second_factor=second_factor,
            browser=browser[:80],
            known_device_id=device.id if device else None,
        )
    )
    return token


def waiting(session: Session, token: str, *, now: datetime) -> tuple[SignIn, Person] | None:
    """The sign-in that waits for its second factor, with whose it is; None when there is none any more."""
    found = session.execute(
        sa.select(SignIn, Person)
        .join(Person, Person.id == SignIn.person_id)
        .where(
            SignIn.token_hash == secrets.token_hash(token),
            SignIn.completed_at.is_(None),
            SignIn.ended_at.is_(None),
            SignIn.began_at > now - SECOND_STEP,
            Person.active,
        )
    ).first()
    return None if found is None else (found[0], found[1])


def complete(
    session: Session, sign_in: SignIn, *, how: str, device: KnownDevice, now: datetime
) -> str | None:
    """Open a sign-in whose second factor was given: its new token. None when another request was faster."""
    token = secrets.new_token()
    done = session.execute(
        sa.update(SignIn)
        .where(SignIn.id == sign_in.id, SignIn.completed_at.is_(None), SignIn.ended_at.is_(None))
        .values(
            completed_at=now,
            proved_at=now,
            seen_at=now,
            token_hash=secrets.token_hash(token),
            how=how,
            second_factor=True,
            known_device_id=device.id,
        )
        .returning(SignIn.id)
        .execution_options(synchronize_session=False)
    ).first()
    return token if done else None


def is_open(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions of a sign-in that lets its person in now."""
    return (
        SignIn.completed_at.is_not(None),
        SignIn.ended_at.is_(None),
        SignIn.seen_at > now - settings().sign_in_idle,
        SignIn.began_at > now - settings().sign_in_lifetime,
    )


def find(session: Session, token: str, uniquifier: str, *, now: datetime) -> tuple[SignIn, Person] | None:
    """The open sign-in of this cookie, and whose it is; None when it has ended or ran out."""
    found = session.execute(
        sa.select(SignIn, Person)
        .join(Person, Person.id == SignIn.person_id)
        .where(
            SignIn.token_hash == secrets.token_hash(token),
            Person.fs_uniquifier == uniquifier,
            Person.active,
            *is_open(now),
        )
    ).first()
    return None if found is None else (found[0], found[1])


def seen(session: Session, sign_in_id: UUID, *, now: datetime) -> None:
    """Note that the person was here."""
    session.execute(
        sa.update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.seen_at < now)
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )


def prove(session: Session, sign_in_id: UUID, *, second_factor: bool, now: datetime) -> str:
    """Note that the person has shown anew that it is them; with a second factor or, having none, without.

    The new token for the browser's cookie: from here on the sign-in opens more, and whoever has a copy of the
    former one must not come along (OWASP ASVS 5.0, 7.2.4).
    """
    token = secrets.new_token()
    sign_in = session.get_one(SignIn, sign_in_id)
    sign_in.proved_at, sign_in.token_hash = now, secrets.token_hash(token)
    sign_in.second_factor = sign_in.second_factor or second_factor
    return token


def proved_lately(sign_in: SignIn, *, now: datetime) -> bool:
    """Whether the person showed within the last minutes that it is them."""
    return sign_in.proved_at is not None and sign_in.proved_at > now - PROOF_LASTS


def open_of(session: Session, person_id: UUID, *, now: datetime) -> list[SignIn]:
    """Where the person is signed in, the last seen first."""
    query = (
        sa.select(SignIn)
        .where(SignIn.person_id == person_id, *is_open(now))
        .order_by(SignIn.seen_at.desc(), SignIn.id)
    )
    return list(session.scalars(query))


def history(session: Session, person_id: UUID) -> list[SignIn]:
    """Every sign-in of the person that is still kept, the first one first."""
    query = sa.select(SignIn).where(SignIn.person_id == person_id).order_by(SignIn.began_at, SignIn.id)
    return list(session.scalars(query))


def numbers(session: Session, *, now: datetime) -> dict[UUID, int]:
    """In how many browsers each person is signed in."""
    query = sa.select(SignIn.person_id, sa.func.count()).where(*is_open(now)).group_by(SignIn.person_id)
    return {row.person_id: row[1] for row in session.execute(query)}


def sign_out(session: Session, token: str, *, now: datetime) -> None:
    """End the sign-in of this cookie."""
    _end(session, SignIn.token_hash == secrets.token_hash(token), why=Ended.SIGNED_OUT, by=None, now=now)


def end_one(session: Session, sign_in_id: UUID, *, by: Person, now: datetime) -> SignIn:
    """End one of one's own sign-ins. Raises NotFound for anybody else's, and for what isn't there."""
    sign_in = session.get(SignIn, sign_in_id)
    if sign_in is None or sign_in.person_id != by.id:
        raise NotFound("There is no such sign-in of yours.")
    _end(session, SignIn.id == sign_in_id, why=Ended.ENDED_BY_OWNER, by=by, now=now)
    return sign_in


def end_others(session: Session, person: Person, *, but: UUID, now: datetime) -> int:
    """End the person's sign-ins everywhere but in one browser; how many those were."""
    where = sa.and_(SignIn.person_id == person.id, SignIn.id != but)
    return _end(session, where, why=Ended.ENDED_BY_OWNER, by=person, now=now)


def end_for(session: Session, person: Person, *, by: Person | None, reason: str, now: datetime) -> int:
    """Sign somebody out everywhere, for the school; how many browsers those were.

    Raises NotPermitted, and BadInput without a reason.
    """
    if by is not None:
        require(by, Action.END_SIGN_INS)
    why = reason.strip()
    if not why:
        raise BadInput("The reason is empty: say why in a few words.", field="reason")
    if len(why) > 2000:
        raise BadInput(f"The reason is {len(why)} characters long: at most 2,000 fit.", field="reason")
    count = len(open_of(session, person.id, now=now))
    end_all(session, person, why=Ended.ENDED_BY_SCHOOL, by=by, now=now)
    audit.record(
        session,
        by=by,
        action="signed_out_everywhere",
        object_kind="person",
        object_id=person.id,
        detail={"reason": why, "browsers": count},
        now=now,
    )
    return count


def end_all(session: Session, person: Person, *, why: Ended, by: Person | None, now: datetime) -> None:
    """End every sign-in of a person, those that wait for the second factor among them, and all notices."""
    _end(session, SignIn.person_id == person.id, why=why, by=by, now=now)
    push_browsers.drop_of(session, person.id)
    person.fs_uniquifier = random.token_hex(32)


def end_for_new_role(session: Session, person: Person, *, by: Person | None, now: datetime) -> None:
    """End every sign-in of a person who may do more from now on: they sign in anew, and no copy does."""
    _end(session, SignIn.person_id == person.id, why=Ended.ROLE_GIVEN, by=by, now=now)


def end_everybodys(session: Session, *, why: Ended, now: datetime) -> None:
    """End every sign-in there is."""
    _end(session, sa.true(), why=why, by=None, now=now)
    for person in session.scalars(sa.select(Person)):
        person.fs_uniquifier = random.token_hex(32)


def _end(
    session: Session, where: sa.ColumnElement[bool], *, why: Ended, by: Person | None, now: datetime
) -> int:
    ended: Sequence[UUID] = session.scalars(
        sa.update(SignIn)
        .where(where, SignIn.ended_at.is_(None))
        .values(ended_at=now, ended_why=why.value, ended_by_id=by.id if by else None)
        .returning(SignIn.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(ended)


def known_device(session: Session, token: str, person_id: UUID, *, now: datetime) -> KnownDevice | None:
    """The browser with this token, if the person signed in with it within the last half year."""
    return session.scalar(
        sa.select(KnownDevice).where(
            KnownDevice.token_hash == secrets.token_hash(token),
            KnownDevice.person_id == person_id,
            KnownDevice.seen_at > now - DEVICE_KNOWN_FOR,
        )
    )


def remember_device(session: Session, token: str, person: Person, *, now: datetime) -> KnownDevice:
    """Know this browser as one of the person's from now on."""
    hashed = secrets.token_hash(token)
    insert_if_missing(
        session,
        KnownDevice,
        id=new_id(),
        person_id=person.id,
        token_hash=hashed,
        first_at=now,
        seen_at=now,
        second_wrong=0,
    )
    found = session.scalars(
        sa.select(KnownDevice).where(KnownDevice.token_hash == hashed, KnownDevice.person_id == person.id)
    ).one()
    found.seen_at, found.second_wrong, found.second_wait_until = now, 0, None
    return found


def forget_devices(session: Session, person: Person) -> None:
    """Know none of the person's browsers any more."""
    session.execute(
        sa.delete(KnownDevice)
        .where(KnownDevice.person_id == person.id)
        .execution_options(synchronize_session=False)
    )
