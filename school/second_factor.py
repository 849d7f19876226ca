"""The second factor: codes from an authenticator app (RFC 6238), and codes on paper for when it is lost.

The sign-in library has a second factor of its own. It is on or off for everybody, seals its seeds with keys
that don't rotate, keeps recovery codes so that they can be read, and lets one code count twice when two
requests bring it at once; so only the mathematics come from a library here, and the rules are the school's.
"""

from __future__ import annotations

import re
import secrets as random
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from school import audit, authenticator_codes, mail, secrets
from school.errors import BadInput, MoveNotAllowed
from school.models.passkeys import Passkey
from school.models.people import Person
from school.models.school import School
from school.models.sign_ins import Authenticator, KnownDevice, RecoveryCode
from school.permissions import SECOND_FACTOR_ROLES
from school.settings import settings
from school.times import LONDON

TRIES = 5
LOCK = timedelta(minutes=15)
CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""What is not mistaken for something else when it was written by hand."""


class Given(StrEnum):
    """What was given as the second factor, in words."""

    APP = "a code from the app"
    PAPER = "a recovery code"


class AlreadySetUp(MoveNotAllowed):
    """The very seed that was offered is in use: the page was sent twice."""


class TooManyCodes(BadInput):
    """Too many wrong codes in a row; `wait` is how long that lasts."""

    def __init__(self, until: datetime, *, now: datetime) -> None:
        self.wait = until - now
        minutes = int(self.wait.total_seconds() // 60) + 1
        super().__init__(
            f"Too many wrong codes. Try again at {until.astimezone(LONDON):%H:%M}, in {minutes} "
            f"minute{'s' if minutes > 1 else ''}.",
            field="code",
        )


def rule(session: Session) -> str:
    """Who must have a second factor here: `roles`, `everybody` or `off`."""
    chosen = settings().second_factor
    if chosen is not None:
        return chosen
    return "off" if session.scalar(sa.select(School.practice)) else "roles"


def demanded(session: Session, person: Person) -> bool:
    """Whether the person must have a second factor."""
    if settings().second_factor is None and not person.roles & SECOND_FACTOR_ROLES:
        return False
    chosen = rule(session)
    return chosen == "everybody" or (chosen == "roles" and bool(person.roles & SECOND_FACTOR_ROLES))


def set_up_by(session: Session, person_id: UUID) -> bool:
    """Whether the person has a second factor of any kind."""
    return bool(
        session.scalar(
            sa.select(
                sa.or_(
                    sa.exists().where(Authenticator.person_id == person_id),
                    sa.exists().where(Passkey.person_id == person_id),
                )
            )
        )
    )


def with_one(session: Session) -> set[UUID]:
    """Everybody who has a second factor."""
    both = sa.union(sa.select(Authenticator.person_id), sa.select(Passkey.person_id))
    return set(session.scalars(both))


def authenticator(session: Session, person_id: UUID) -> Authenticator | None:
    """The person's authenticator app; None when there is none."""
    return session.scalar(sa.select(Authenticator).where(Authenticator.person_id == person_id))


def address(session: Session, person: Person, seed: str) -> str:
    """What the QR code says: the address that authenticator apps read."""
    school = session.scalar(sa.select(School.name)) or "Schoolgate"
    issuer = quote(f"Schoolgate {school}".replace(":", " "))
    return f"otpauth://totp/{issuer}:{quote(person.email)}?secret={seed}&issuer={issuer}"


def enrol(
    session: Session,
    person: Person,
    seed: str,
    code: str,
    *,
    codes: Sequence[str] = (),
    offered_at: datetime | None = None,
    now: datetime,
) -> list[str]:
    """Begin to use an authenticator app, or another one than so far; the recovery codes, to be shown once.

    `codes` and `offered_at` as for `new_codes`. Raises AlreadySetUp, with nothing changed, where this seed
    is in use already; BadInput where the code isn't what an app with this seed shows.
    """
    _one_at_a_time(session, person)
    had = session.scalar(
        sa.select(Authenticator)
        .options(undefer(Authenticator.seed))
        .where(Authenticator.person_id == person.id)
        .execution_options(populate_existing=True)
    )
    if had is not None and _same_seed(had, seed):
        raise AlreadySetUp("This authenticator app is set up already.")
    step = authenticator_codes.step_of(seed, authenticator_codes.digits_of(code), after=-1, now=now)
    if step is None:
        raise BadInput(
            "That is not the code that the app shows now. Wait for the next one and type that. If it is "
            "wrong too, see whether the phone's clock is right.",
            field="code",
        )
    if had is None:
        session.add(
            Authenticator(
                person_id=person.id, seed=secrets.encrypt(seed.encode()), made_at=now, last_step=step
            )
        )
    else:
        had.seed, had.made_at, had.last_step = secrets.encrypt(seed.encode()), now, step
    _note(session, person, "authenticator_replaced" if had else "authenticator_set_up", by=person, now=now)
    _tell(
        session,
        person,
        "A second factor was set up for you",
        ["From now on you are asked for a code from the authenticator app when you sign in to Schoolgate."],
        now=now,
    )
    return new_codes(session, person, codes=codes, offered_at=offered_at, now=now)


def draw_codes() -> list[str]:
    """Ten recovery codes as they are shown. They count once `new_codes` has taken them."""
    plain = ("".join(random.choice(_LETTERS) for _ in range(16)) for _ in range(CODES))
    return ["-".join(one[at : at + 4] for at in range(0, 16, 4)) for one in plain]


def new_codes(
    session: Session,
    person: Person,
    *,
    codes: Sequence[str] = (),
    offered_at: datetime | None = None,
    now: datetime,
) -> list[str]:
    """Ten new recovery codes, to be shown once; earlier ones count no more.

    `codes` are those that a page drew beforehand, at `offered_at`: the same page sent twice (a double click,
    a reload) makes them once. Raises MoveNotAllowed where others were made since that page was opened, so
    that an old page never brings used ones back.
    """
    _one_at_a_time(session, person)
    if codes and are_current(session, person.id, codes):
        return list(codes)
    latest = session.scalar(
        sa.select(sa.func.max(RecoveryCode.made_at)).where(RecoveryCode.person_id == person.id)
    )
    if offered_at is not None and latest is not None and latest > offered_at:
        raise MoveNotAllowed("New recovery codes were made since this page was opened. Load it again.")
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    made = list(codes) or draw_codes()
    session.add_all(RecoveryCode(person_id=person.id, code_hash=_code_hash(one), made_at=now) for one in made)
    _note(session, person, "recovery_codes_made", by=person, now=now)
    return made


def are_current(session: Session, person_id: UUID, codes: Collection[str]) -> bool:
    """Whether these are the person's recovery codes now, used ones among them or not."""
    known = session.scalars(sa.select(RecoveryCode.code_hash).where(RecoveryCode.person_id == person_id))
    return bool(codes) and set(known) == {_code_hash(one) for one in codes}


def codes_left(session: Session, person_id: UUID) -> int:
    """How many recovery codes the person has not used."""
    query = sa.select(sa.func.count()).where(
        RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None)
    )
    return session.scalar(query) or 0


def check(
    session: Session, person: Person, code: str, *, device: KnownDevice | None, now: datetime
) -> Given | None:
    """What the code is, used up herewith; None when it is wrong. Five wrong ones in a row: a wait.

    The caller must commit even when this returns None, so that the failure counts. Wrong codes from a
    browser that the person has signed in with are counted by themselves, so that somebody elsewhere who
    knows the password can't keep the person out. Raises TooManyCodes.
    """
    counter = device or person
    # Refreshing would forget a failure that this transaction has not written yet.
    session.flush()
    # The row lock makes guesses that arrive together count one by one.
    session.refresh(counter, ["second_wrong", "second_wait_until"], with_for_update=True)
    if counter.second_wait_until is not None and counter.second_wait_until > now:
        raise TooManyCodes(counter.second_wait_until, now=now)
    given = _use(session, person, code, now=now)
    if given is not None:
        counter.second_wrong, counter.second_wait_until = 0, None
        return given
    counter.second_wrong += 1
    if counter.second_wrong >= TRIES:
        counter.second_wrong, counter.second_wait_until = 0, now + LOCK
        _note(session, person, "second_factor_locked", by=None, now=now)
        _tell(
            session,
            person,
            "Wrong codes at your sign-in",
            [
                "Somebody passed the first step of your sign-in, with your password or your account at the "
                f"school's provider, and then gave {TRIES} wrong codes for the second step. If that was you, "
                "wait a quarter of an hour.",
                "If it wasn't, a password of yours is known to somebody else: change it today.",
            ],
            now=now,
        )
    return None


def refusal(counter: Person | KnownDevice, *, now: datetime) -> BadInput:
    """What to say after a wrong code."""
    if counter.second_wait_until is not None and counter.second_wait_until > now:
        return TooManyCodes(counter.second_wait_until, now=now)
    return BadInput(
        "That code is wrong, or was used already. Type the one that the app shows now (each counts once), "
        "or a recovery code that you have not used yet.",
        field="code",
    )


def remove(session: Session, person: Person, *, now: datetime) -> None:
    """Go without the authenticator app; without the recovery codes too, where no passkey is left.

    Raises MoveNotAllowed where the person would take away what their role must have.
    """
    query = sa.select(Passkey.id).where(Passkey.person_id == person.id).limit(1)
    has_passkey = session.scalar(query) is not None
    if demanded(session, person) and not has_passkey:
        raise MoveNotAllowed("Your role needs a second factor: set up another app instead of removing it.")
    _delete(session, Authenticator, person)
    drop_stray_codes(session, person)
    changed(
        session,
        person,
        "authenticator_removed",
        "Your authenticator app was removed",
        "Its codes let nobody into Schoolgate any more.",
        now=now,
    )


def drop_stray_codes(session: Session, person: Person) -> None:
    """Delete the recovery codes of somebody whose last second factor is gone: they stand in for nothing."""
    if not set_up_by(session, person.id):
        _delete(session, RecoveryCode, person)


def changed(session: Session, person: Person, action: str, subject: str, what: str, *, now: datetime) -> None:
    """Put a change of the person's own into the trail, and tell them."""
    _note(session, person, action, by=person, now=now)
    _tell(session, person, subject, [what], now=now)


def drop_lost(session: Session, ids: Collection[UUID]) -> None:
    """Delete authenticators whose seeds no key opens any more: their owners set up new ones."""
    session.execute(
        sa.delete(Authenticator).where(Authenticator.id.in_(ids)).execution_options(synchronize_session=False)
    )


def forget(session: Session, person: Person) -> None:
    """Delete everything that the person signs in with besides the password."""
    for table in (Authenticator, RecoveryCode, Passkey):
        _delete(session, table, person)
    person.second_wrong, person.second_wait_until = 0, None


def _delete(session: Session, table: type[Authenticator | RecoveryCode | Passkey], person: Person) -> None:
    session.execute(
        sa.delete(table).where(table.person_id == person.id).execution_options(synchronize_session="fetch")
    )


def _use(session: Session, person: Person, code: str, *, now: datetime) -> Given | None:
    digits = authenticator_codes.digits_of(code)
    if len(digits) == authenticator_codes.DIGITS:
        app = session.scalar(
            sa.select(Authenticator)
            .options(undefer(Authenticator.seed))
            .where(Authenticator.person_id == person.id)
        )
        if app is None:
            return None
        seed = secrets.decrypt(app.seed).decode()
        step = authenticator_codes.step_of(seed, digits, after=app.last_step, now=now)
        # Two requests with the same code: the second finds the step taken.
        if step is None or not _changed(
            session,
            sa.update(Authenticator)
            .where(Authenticator.id == app.id, Authenticator.last_step < step)
            .values(last_step=step)
            .returning(Authenticator.id),
        ):
            return None
        return Given.APP
    plain = _plain(code)
    if not plain or not _changed(
        session,
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person.id,
            RecoveryCode.code_hash == secrets.token_hash(plain),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id),
    ):
        return None
    left = codes_left(session, person.id)
    _note(session, person, "recovery_code_used", by=person, now=now)
    _tell(
        session,
        person,
        "A recovery code of yours was used",
        [
            f"Somebody signed in to Schoolgate as you with one of your recovery codes; {left} are left.",
            "If that wasn't you, sign in, change your password and make new codes; tell the network manager.",
        ],
        now=now,
    )
    return Given.PAPER


def _changed(session: Session, change: sa.sql.dml.ReturningUpdate[tuple[UUID]]) -> bool:
    return session.execute(change.execution_options(synchronize_session=False)).first() is not None


def _plain(code: str) -> str:
    return re.sub(r"[^a-z0-9]", "", code.lower())


def _code_hash(code: str) -> str:
    return secrets.token_hash(_plain(code))


def _one_at_a_time(session: Session, person: Person) -> None:
    """Two presses of one button, at once, come one after the other."""
    # Refreshing would forget what this transaction has not written yet.
    session.flush()
    session.refresh(person, ["second_wrong"], with_for_update=True)


def _same_seed(had: Authenticator, seed: str) -> bool:
    try:
        return secrets.decrypt(had.seed).decode() == seed
    except secrets.KeyMissing:
        # Sealed with a key that is gone: whatever it was, a new one takes its place.
        return False


def _note(session: Session, person: Person, action: str, *, by: Person | None, now: datetime) -> None:
    audit.record(session, by=by, action=action, object_kind="person", object_id=person.id, now=now)


def _tell(session: Session, person: Person, subject: str, lines: list[str], *, now: datetime) -> None:
    mail.queue_plain(
        session,
        to=person,
        subject=subject,
        lines=[*lines, "If this is a surprise, tell the headteacher or the network manager at once."],
        link=f"{settings().effective_public_url}/me/sign-in",
        purpose="second_factor",
        now=now,
    )
