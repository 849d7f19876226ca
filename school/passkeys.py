"""Passkeys (WebAuthn): added by their owner, good for signing in by themselves.

A passkey is asked to make sure that it is its owner who uses it (fingerprint, face or PIN of the device), so
it is two factors in one: what one has, and what one is or knows.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from school import second_factor, secrets
from school.errors import BadInput, MoveNotAllowed, NotFound
from school.models.passkeys import Passkey, PasskeyChallenge
from school.models.people import Person
from school.models.school import School
from school.settings import is_loopback, settings

log = structlog.get_logger(__name__)

CHALLENGE_LASTS = timedelta(minutes=5)
MOST = 20
NAME_LENGTH_MAX = 60
REFUSED = "This passkey was not accepted. Try again, or sign in with your password."


def site() -> tuple[str, list[str]]:
    """The host that passkeys are bound to, and the origins that may use them.

    Browsers bind none to a bare address: on this machine itself they are `localhost`'s.
    """
    parts = urlsplit(settings().effective_public_url)
    host = parts.hostname or "localhost"
    port = f":{parts.port}" if parts.port else ""
    if is_loopback(host):
        host = "localhost"
    return host, [f"{parts.scheme}://{host}{port}"]


def usable_at(host: str) -> bool:
    """Whether passkeys work on pages opened by this host name, a port perhaps behind it."""
    mine, _origins = site()
    return host.rsplit(":", 1)[0] == mine and not _is_address(mine)


def why_not(host: str) -> str:
    """Why no passkey can be added on pages opened by this host name, and what to do; empty where one can."""
    if usable_at(host):
        return ""
    mine, [origin] = site()
    if _is_address(mine):
        return (
            f"Passkeys need an address with a name in it, and this school’s is a number ({mine}). Whoever "
            "runs the server can give it a name; until then use an authenticator app."
        )
    return f"Passkeys work only at {origin}: open Schoolgate there, sign in, and come back to this page."


def of(session: Session, person_id: UUID) -> list[Passkey]:
    """The person's passkeys, the oldest first."""
    query = sa.select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.made_at, Passkey.id)
    return list(session.scalars(query))


def offer(session: Session, person: Person, *, now: datetime) -> str:
    """What the browser is asked in order to make a passkey for this person, as JSON."""
    host, _origins = site()
    school = session.scalar(sa.select(School.name)) or "Schoolgate"
    options = generate_registration_options(
        rp_id=host,
        rp_name=f"Schoolgate {school}",
        user_id=person.id.bytes,
        user_name=person.email,
        user_display_name=person.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=one.credential_id) for one in of(session, person.id)
        ],
    )
    _keep(session, options.challenge, person.id, now=now)
    return options_to_json(options)


def add(session: Session, person: Person, answer: str, name: str, *, now: datetime) -> list[str]:
    """Keep a passkey that the browser has just made; recovery codes, where the person has none yet.

    Raises BadInput for an answer that isn't one to our question, and for a name that can't be taken.
    """
    called = _name(session, person, name)
    if len(of(session, person.id)) >= MOST:
        raise BadInput(f"You have {MOST} passkeys: remove one that you don't use any more.", field="name")
    host, origins = site()
    try:
        credential = parse_registration_credential_json(answer)
        challenge = parse_client_data_json(credential.response.client_data_json).challenge
        if _take(session, challenge, now=now) != person.id:
            raise BadInput("This took too long. Try again.")
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origins,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, RecursionError) as error:
        log.warning("passkey_refused", error=type(error).__name__)
        raise BadInput("The passkey could not be added. Try again, or choose another device.") from None
    if session.scalar(sa.select(Passkey.id).where(Passkey.credential_id == made.credential_id)):
        raise BadInput("This passkey was added already.")
    session.add(
        Passkey(
            person_id=person.id,
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            name=called,
            made_at=now,
        )
    )
    second_factor.changed(
        session,
        person,
        "passkey_added",
        f"A passkey was added: {called}",
        "From now on it lets you into Schoolgate by itself.",
        now=now,
    )
    if second_factor.codes_left(session, person.id):
        return []
    return second_factor.new_codes(session, person, now=now)


def ask(session: Session, *, now: datetime) -> str:
    """What the browser is asked in order to sign somebody in, as JSON. It says nothing of who is here."""
    host, _origins = site()
    options = generate_authentication_options(
        rp_id=host, user_verification=UserVerificationRequirement.REQUIRED
    )
    _keep(session, options.challenge, None, now=now)
    return options_to_json(options)


def check(session: Session, answer: str, *, now: datetime) -> Person:
    """Whose passkey gave this answer. Raises BadInput unless it is right, the first, and in time."""
    host, origins = site()
    try:
        credential = parse_authentication_credential_json(answer)
        challenge = parse_client_data_json(credential.response.client_data_json).challenge
        if _take(session, challenge, now=now) is not None:
            raise BadInput(REFUSED)
        key = session.scalar(
            sa.select(Passkey).where(Passkey.credential_id == credential.raw_id).with_for_update()
        )
        person = session.get(Person, key.person_id) if key else None
        if key is None or person is None or not person.active:
            raise BadInput(REFUSED)
        right = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origins,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, RecursionError) as error:
        log.warning("passkey_refused", error=type(error).__name__)
        raise BadInput(REFUSED) from None
    key.sign_count, key.used_at = right.new_sign_count, now
    return person


def rename(session: Session, person: Person, passkey_id: UUID, name: str) -> Passkey:
    """Give a passkey another name. Raises NotFound, BadInput."""
    key = _own(session, person, passkey_id)
    key.name = _name(session, person, name, but=key)
    return key


def remove(session: Session, person: Person, passkey_id: UUID, *, now: datetime) -> Passkey:
    """Take a passkey away; the recovery codes too, where no second factor is left.

    Raises NotFound, MoveNotAllowed for the last factor of one who needs one.
    """
    key = _own(session, person, passkey_id)
    last = len(of(session, person.id)) == 1 and second_factor.authenticator(session, person.id) is None
    if last and second_factor.demanded(session, person):
        raise MoveNotAllowed("Your role needs a second factor: set up another one before you remove this.")
    session.delete(key)
    second_factor.drop_stray_codes(session, person)
    second_factor.changed(
        session,
        person,
        "passkey_removed",
        f"A passkey was removed: {key.name}",
        "It lets nobody in any more.",
        now=now,
    )
    return key


def _own(session: Session, person: Person, passkey_id: UUID) -> Passkey:
    key = session.get(Passkey, passkey_id, with_for_update=True)
    if key is None or key.person_id != person.id:
        raise NotFound("There is no such passkey of yours.")
    return key


def _name(session: Session, person: Person, name: str, *, but: Passkey | None = None) -> str:
    called = " ".join(name.split())
    if not called:
        raise BadInput("The name is empty: say which device it is, such as “my phone”.", field="name")
    if len(called) > NAME_LENGTH_MAX:
        raise BadInput(
            f"The name is {len(called)} characters long: at most {NAME_LENGTH_MAX} fit.", field="name"
        )
    if any(one.name == called and one is not but for one in of(session, person.id)):
        raise BadInput(f"You have a passkey called “{called}” already.", field="name")
    return called


def _keep(session: Session, challenge: bytes, person_id: UUID | None, *, now: datetime) -> None:
    session.execute(
        sa.delete(PasskeyChallenge)
        .where(PasskeyChallenge.expires_at < now)
        .execution_options(synchronize_session=False)
    )
    session.add(
        PasskeyChallenge(
            challenge_hash=_hash(challenge), person_id=person_id, expires_at=now + CHALLENGE_LASTS
        )
    )


def _take(session: Session, challenge: bytes, *, now: datetime) -> UUID | None:
    """Use a challenge up: who it was made for. Raises BadInput for one that isn't ours, old, or used."""
    taken = session.execute(
        sa.delete(PasskeyChallenge)
        .where(PasskeyChallenge.challenge_hash == _hash(challenge), PasskeyChallenge.expires_at > now)
        .returning(PasskeyChallenge.person_id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        raise BadInput("This took too long. Try again.")
    return taken[0]


def _hash(challenge: bytes) -> str:
    return secrets.token_hash(challenge.hex())


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
