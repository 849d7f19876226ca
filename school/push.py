"""Notices in people's browsers, beside the e-mail, never in its place: a row first, then a worker sends.

with transaction() as session:
    claim = push.claim(session, lease=lease, now=now())
outcome = push_service.send(...)             # no transaction is open meanwhile
with transaction() as session:
    push.record(session, claim, outcome, now=now())

A notice says how many things of which kind wait, and nothing more: it is shown on locked telephones.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.orm import Session

from school import audit, notices, push_browsers, secrets
from school.db import insert_if_missing, new_id
from school.errors import BadInput, NotFound
from school.models.people import Person, Role
from school.models.push import PushKey, PushNotice, PushSilence, PushState, PushSubscription
from school.notices import Kind
from school.push_sending import ClaimedPush, Outcome, Sending

BROWSERS_MOST = 10
"""Of one person: more are forgotten ones."""
OLD_AFTER = timedelta(hours=12)
"""What could not be sent for so long is no news any more; the e-mail has it."""
LONGEST_WAIT = timedelta(hours=1)
_ADDRESS_MAX = 1000


class Told(StrEnum):
    """What a browser can be told of."""

    THREATS = "threats"
    DECISIONS = "decisions"
    REFERRALS = "referrals"
    HANDED_OVER = "handed_over"
    DRAFTS = "drafts"


@dataclass(frozen=True, slots=True)
class AboutTold:
    """A kind: its words, whom it concerns, and as which kind of mail its quiet hours count."""

    words: str
    one: str
    several: str
    roles: frozenset[Role]
    as_kind: Kind


ABOUT: Mapping[Told, AboutTold] = {
    Told.THREATS: AboutTold(
        "Threats and worries about a child, in quiet hours too", "threat", "threats",
        frozenset({Role.HEADTEACHER, Role.SLT, Role.DSL}), Kind.URGENT,
    ),
    Told.DECISIONS: AboutTold(
        "Posts that wait for your decision", "post to decide on", "posts to decide on", frozenset(Role),
        Kind.DRAFTS,
    ),
    Told.REFERRALS: AboutTold(
        "What is referred to you", "referral", "referrals",
        frozenset({Role.HEADTEACHER, Role.DSL, Role.CHAIR}), Kind.HANDED_OVER,
    ),
    Told.HANDED_OVER: AboutTold(
        "Entries that a colleague gives to you", "entry given to you", "entries given to you",
        frozenset({Role.HEADTEACHER, Role.SLT, Role.DSL, Role.MODERATOR}), Kind.HANDED_OVER,
    ),
    Told.DRAFTS: AboutTold(
        "What became of your posts", "piece of news of your posts", "pieces of news of your posts",
        frozenset(Role), Kind.DRAFTS,
    ),
}  # fmt: skip

PURPOSES: Mapping[str, Told] = {
    "urgent_comment": Told.THREATS,
    "approval_request": Told.DECISIONS,
    "approval_requests": Told.DECISIONS,
    "referral": Told.REFERRALS,
    "handed_over": Told.HANDED_OVER,
    "decision": Told.DRAFTS,
    "decided_in_place": Told.DRAFTS,
    "missed": Told.DRAFTS,
    "stopped": Told.DRAFTS,
    "draft_remark": Told.DRAFTS,
}
"""Which mails go with a notice, by `OutboxEmail.purpose`; all others are mails alone."""


def kinds_of(person: Person) -> list[Told]:
    """The kinds that a person with these roles can be told of."""
    return [kind for kind, about in ABOUT.items() if about.roles & person.roles]


def silenced(session: Session, person: Person) -> set[str]:
    """The kinds that a person wants no notices of."""
    return set(session.scalars(sa.select(PushSilence.kind).where(PushSilence.person_id == person.id)))


def choose(session: Session, person: Person, wanted: Iterable[str]) -> None:
    """Keep of which kinds a person wants notices. E-mails are chosen apart (`school.notices`)."""
    chosen = set(wanted)
    session.execute(sa.delete(PushSilence).where(PushSilence.person_id == person.id))
    for kind in kinds_of(person):
        if kind.value not in chosen:
            insert_if_missing(session, PushSilence, person_id=person.id, kind=kind.value)


def of(session: Session, person_id: UUID) -> list[PushSubscription]:
    """A person's browsers, the newest first."""
    return list(
        session.scalars(
            sa.select(PushSubscription)
            .where(PushSubscription.person_id == person_id)
            .order_by(PushSubscription.made_at.desc())
        )
    )


def public_key(session: Session) -> str:
    """What a browser is told of who will write to it; made when the first one asks."""
    key = session.scalar(sa.select(PushKey))
    if key is None:
        made = ec.generate_private_key(ec.SECP256R1())
        public = made.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        private = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        insert_if_missing(
            session, PushKey, id=new_id(), only=True, public=_base64(public),
            sealed=secrets.encrypt(private).decode(),
        )  # fmt: skip
        # Another process may have been first.
        key = session.scalars(sa.select(PushKey)).one()
    return key.public


def subscribe(
    session: Session, person: Person, said: str, *, browser: str, allowed: bool, now: datetime
) -> PushSubscription:
    """Keep where a browser of this person takes notices. Asked again from it, it is renewed.

    `said`: what the browser's own `PushSubscription.toJSON()` gave; `allowed`: whether its address is at a
    push service that we write to. One that another person used becomes this person's. Raises BadInput.
    """
    endpoint, p256dh, auth = parsed(said)
    if not allowed:
        raise BadInput(
            "Notices to this browser would go by a service that Schoolgate doesn’t know, so it doesn’t send "
            "any there. Chrome, Edge, Firefox and Safari can be used.",
            field="subscription",
        )
    sealed = secrets.encrypt(
        json.dumps({"endpoint": endpoint, "p256dh": _base64(p256dh), "auth": _base64(auth)}).encode()
    ).decode()
    digest = hashlib.sha256(endpoint.encode()).hexdigest()
    known = session.scalar(
        sa.select(PushSubscription).where(PushSubscription.endpoint_hash == digest).with_for_update()
    )
    if known is not None and known.person_id != person.id:
        push_browsers.drop(session, [known.id])
        known = None
    if known is None:
        if len(of(session, person.id)) >= BROWSERS_MOST:
            raise BadInput(
                f"You have {BROWSERS_MOST} browsers on your list: remove one that you no longer use first.",
                field="subscription",
            )
        insert_if_missing(
            session, PushSubscription, id=new_id(), person_id=person.id, endpoint_hash=digest, sealed=sealed,
            browser=browser, made_at=now, problem="",
        )  # fmt: skip
        # Sent twice at once, it is kept once.
        known = session.scalars(
            sa.select(PushSubscription).where(PushSubscription.endpoint_hash == digest)
        ).one()
        _note(session, "push_added", person, now=now)
    known.sealed, known.browser, known.problem = sealed, browser, ""
    return known


def endpoint_of(said: str) -> str:
    """The address in what a browser said. Raises BadInput as `parsed`."""
    return parsed(said)[0]


def parsed(said: str) -> tuple[str, bytes, bytes]:
    """Address, public key and secret of a browser. Raises BadInput for what no browser says."""
    try:
        values = json.loads(said[:5000])
        endpoint, keys = values["endpoint"], values["keys"]
        p256dh, auth = _unbase64(keys["p256dh"]), _unbase64(keys["auth"])
        if not isinstance(endpoint, str) or not 0 < len(endpoint) <= _ADDRESS_MAX or len(auth) != 16:
            raise ValueError
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BadInput(
            "Your browser’s answer can’t be read. Load the page again and try once more.",
            field="subscription",
        ) from None
    return endpoint, p256dh, auth


def remove(session: Session, subscription_id: UUID, *, by: Person, now: datetime) -> None:
    """Forget one browser of the person's own. Raises NotFound."""
    row = session.get(PushSubscription, subscription_id)
    if row is None or row.person_id != by.id:
        raise NotFound("There is no such browser on your list.")
    push_browsers.drop(session, [row.id])
    _note(session, "push_removed", by, now=now)


def queue(session: Session, person: Person, purpose: str, *, count: int, now: datetime) -> int:
    """Have a person's browsers told of the `count` things of a mail with this purpose; how many browsers."""
    kind = PURPOSES.get(purpose)
    if kind is None or not person.active:
        return 0
    browsers = of(session, person.id)
    if not browsers or kind.value in silenced(session, person):
        return 0
    when = notices.not_before(session, person, ABOUT[kind].as_kind, now=now)
    session.add_all(
        PushNotice(
            subscription_id=one.id, kind=kind.value, count=count, state=PushState.QUEUED, created_at=now,
            next_try_at=when,
        )
        for one in browsers
    )  # fmt: skip
    return len(browsers)


def forget(session: Session, told: Iterable[Person], kinds: Iterable[Told]) -> None:
    """Leave unsaid what these people's browsers were still to be told of these kinds; mails stay as they are.

    A notice doesn't know of which things it tells, so all of the kind go.
    """
    browsers = sa.select(PushSubscription.id).where(
        PushSubscription.person_id.in_([person.id for person in told])
    )
    session.execute(
        sa.delete(PushNotice).where(
            PushNotice.subscription_id.in_(browsers),
            PushNotice.kind.in_([kind.value for kind in kinds]),
            PushNotice.state == PushState.QUEUED,
        )
    )


def claim(session: Session, *, lease: timedelta, now: datetime) -> ClaimedPush | None:
    """All that is due for one browser, for this worker alone until its lease ends; None when nothing is."""
    due = sa.or_(
        sa.and_(PushNotice.state == PushState.QUEUED, PushNotice.next_try_at <= now),
        sa.and_(PushNotice.state == PushState.SENDING, PushNotice.lease_until <= now),
    )
    first = session.scalar(
        sa.select(PushNotice.subscription_id).where(due).order_by(PushNotice.next_try_at).limit(1)
    )
    if first is None:
        return None
    # Whoever has this row has what is due for the browser.
    row = session.get(PushSubscription, first, with_for_update=True, populate_existing=True)
    taken = session.execute(
        sa.update(PushNotice)
        .where(PushNotice.subscription_id == first, due)
        .values(state=PushState.SENDING, lease_until=now + lease, attempts=PushNotice.attempts + 1)
        .returning(PushNotice.id, PushNotice.kind, PushNotice.count)
        .execution_options(synchronize_session=False)
    ).all()
    key = session.scalar(sa.select(PushKey))
    if row is None or key is None or not taken:
        return None
    person = session.get_one(Person, row.person_id)
    if not person.active:
        push_browsers.drop(session, [row.id])
        return None
    values = json.loads(secrets.decrypt(row.sealed.encode()))
    counts: dict[Told, int] = {}
    for _, kind, count in taken:
        counts[Told(kind)] = counts.get(Told(kind), 0) + count
    kinds = [kind for kind in Told if kind in counts]
    return ClaimedPush(
        subscription_id=row.id,
        ids=tuple(one.id for one in taken),
        lease_until=now + lease,
        text=words(counts),
        topic=kinds[0].value,
        urgent=Told.THREATS in counts,
        endpoint=values["endpoint"],
        p256dh=_unbase64(values["p256dh"]),
        auth=_unbase64(values["auth"]),
        private_key=secrets.decrypt(key.sealed.encode()),
    )


def words(counts: Mapping[Told, int]) -> str:
    """What a notice says: how many of what, the most urgent first."""
    said = [
        f"{counts[kind]} {ABOUT[kind].one if counts[kind] == 1 else ABOUT[kind].several}"
        for kind in Told
        if kind in counts
    ]
    return f"Something waits for you in Schoolgate: {', '.join(said)}"


def record(session: Session, claimed: ClaimedPush, sending: Sending, *, now: datetime) -> None:
    """Note how an attempt ended. A browser that is gone is forgotten; what doesn't go is tried again."""
    row = session.get(PushSubscription, claimed.subscription_id, with_for_update=True, populate_existing=True)
    if row is None:
        return
    if sending.outcome is Outcome.GONE:
        push_browsers.drop(session, [row.id])
        return
    mine = sa.and_(
        PushNotice.id.in_(claimed.ids),
        PushNotice.state == PushState.SENDING,
        PushNotice.lease_until == claimed.lease_until,
    )
    if session.scalar(sa.select(PushNotice.id).where(mine).limit(1)) is None:
        # The lease was over: what another worker found counts.
        return
    row.problem = sending.problem
    if sending.outcome is Outcome.LATER:
        _try_later(session, mine, sending, now=now)
        return
    state = PushState.FAILED
    if sending.outcome is Outcome.SENT:
        state, row.used_at = PushState.SENT, now
    session.execute(sa.update(PushNotice).where(mine).values(state=state, lease_until=None))


def _try_later(session: Session, mine: sa.ColumnElement[bool], sending: Sending, *, now: datetime) -> None:
    old = sa.and_(mine, PushNotice.created_at < now - OLD_AFTER)
    session.execute(sa.update(PushNotice).where(old).values(state=PushState.FAILED, lease_until=None))
    attempts = session.scalar(sa.select(sa.func.max(PushNotice.attempts)).where(mine)) or 1
    wait = timedelta(seconds=min(sending.retry_after or 0, LONGEST_WAIT.total_seconds()))
    wait = max(wait, min(LONGEST_WAIT, timedelta(seconds=10 * 2 ** min(attempts, 10))))
    session.execute(
        sa.update(PushNotice)
        .where(mine)
        .values(state=PushState.QUEUED, lease_until=None, next_try_at=now + wait)
    )


def _note(session: Session, action: str, person: Person, *, now: datetime) -> None:
    audit.record(
        session, by=person, action=action, object_kind="person", object_id=person.id, detail={}, now=now
    )


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unbase64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
