"""Finding out whether a post went out: read, adopt it, or ask a person; never send again."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from approvals import claims, publishing
from approvals.checks import account_name
from approvals.claims import PublicationClaim
from approvals.models import DraftRevision, Publication
from approvals.moves import move_publication
from approvals.states import Actor, PublicationState
from approvals.steps import keep_step, may_have_been_sent, note_sent_before
from connectors.base import STEP_POSTING, Connector, RemotePost, StepStore
from connectors.errors import ConnectorRefused, ConnectorUnavailable
from school.db import new_id
from school.models import AccountState
from school.settings import settings

log = structlog.get_logger(__name__)

CLOCKS_APART = timedelta(minutes=2)
"""How far the platform's clock may be from ours."""
LOOKS_AT_LEAST = 3
LOOK_AGAIN_AFTER = timedelta(seconds=20)
"""At most; a shorter consistency delay than the usual one is looked through as often."""
LOOKING_AT_MOST = timedelta(minutes=60)
"""When the platform can't be read for so long, a person takes over."""
DUE_AT_ONCE = 50

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


class LookKind(StrEnum):
    """What one reading of the account's own posts came to."""

    FOUND = "found"
    ABSENT = "absent"
    NEVER_POSTED = "never_posted"
    """It isn't there, and the platform says that it was never asked to post it."""
    SEVERAL = "several"
    """More than one post could be it: a person must say which."""
    FAILED = "failed"
    """The platform couldn't be read."""


@dataclass(frozen=True, slots=True)
class Look:
    """The result of one reading."""

    kind: LookKind
    post: RemotePost | None = None
    detail: str = ""


def look_again_after() -> timedelta:
    """How long to wait before the account's posts are read once more for the same publication."""
    return min(LOOK_AGAIN_AFTER, settings().consistency_delay / LOOKS_AT_LEAST)


def _settled_after() -> timedelta:
    """How old a question must be: the platform shows what it has, and no request is still under way."""
    return max(settings().consistency_delay, timedelta(seconds=2 * settings().platform_timeout))


def due_looks(session: Session, *, now: datetime) -> list[UUID]:
    """The publications to look for now: outcome unknown, or taken by a worker that never answered."""
    unknown = sa.and_(
        Publication.state == PublicationState.UNKNOWN,
        Publication.next_try_at <= now,
        sa.or_(Publication.lease_until.is_(None), Publication.lease_until <= now),
    )
    lost = sa.and_(Publication.state == PublicationState.PUBLISHING, Publication.lease_until <= now)
    query = (
        sa.select(Publication.id)
        .where(sa.or_(unknown, lost))
        .order_by(Publication.next_try_at, Publication.id)
        .limit(DUE_AT_ONCE)
    )
    return list(session.scalars(query))


def claim_look(
    session: Session, publication_id: UUID, *, now: datetime, lease: timedelta | None = None
) -> PublicationClaim | None:
    """Take such a publication for one reading; commit before `reconcile`. None: another has it, or not due.

    A publication whose worker was lost becomes `unknown` here if it may have been posted. Where the
    one request that posts was never begun, it goes back to those that are due.
    """
    publication, _draft = claims.locked(session, publication_id)
    held_by_another = publication.lease_until is not None and publication.lease_until > now
    if held_by_another:
        return None
    if publication.state is PublicationState.PUBLISHING:
        if not may_have_been_sent(session, publication.id):
            publishing.take_back(session, publication, now=now)
            return None
        publishing.mark_unknown(session, publication, "The worker that sent it was lost.", now=now)
    if publication.state is not PublicationState.UNKNOWN or publication.next_try_at > now:
        return None
    lease_id = new_id()
    publication.lease_id, publication.lease_until = lease_id, now + (lease or claims.publication_lease())
    revision = session.get_one(DraftRevision, publication.revision_id)
    # What is read here must be in the row for the next claim to see.
    session.flush()
    return claims.made_claim(session, publication, revision, lease_id, now=now, with_pictures=False)


def reconcile(claim: PublicationClaim, connector: Connector, steps: StepStore) -> Look:
    """Read the account's own posts once and look for this one by text, pictures and time.

    Where it isn't among them, the platform is asked whether it knows by what was prepared, `steps`.
    No transaction may be open.
    """
    since = claim.started_at - CLOCKS_APART
    try:
        return _looked(claim, connector, steps, since)
    except (ConnectorUnavailable, ConnectorRefused) as error:
        return Look(LookKind.FAILED, detail=error.detail)


def _looked(claim: PublicationClaim, connector: Connector, steps: StepStore, since: datetime) -> Look:
    posts = connector.recent_posts(since=since)
    ours = connector.shown_text(claim.content)
    fitting = [
        post
        for post in posts
        if post.platform_id not in claim.known_posts
        and post.created_at >= since
        and post.picture_count in {None, claim.content.media_count}
        and same_post_text(post.text, ours)
    ]
    if not fitting:
        return Look(LookKind.NEVER_POSTED if connector.never_posted(steps=steps) else LookKind.ABSENT)
    if len(fitting) > 1:
        return Look(LookKind.SEVERAL, detail=f"{len(fitting)} posts on the account could be this one.")
    return Look(LookKind.FOUND, post=fitting[0])


def record_look(session: Session, claim: PublicationClaim, look: Look, *, now: datetime) -> Publication:
    """Keep what a reading came to: adopt the post, look again later, or hand over to a person."""
    publication, _draft = claims.locked(session, claim.publication_id)
    if publication.lease_id != claim.lease_id or publication.state is not PublicationState.UNKNOWN:
        return publication
    publication.lease_id = publication.lease_until = None
    since = publication.unknown_since or now
    detail = look.detail
    if look.kind is LookKind.FAILED and publication.account.state is not AccountState.ACTIVE:
        detail = f"{account_name(publication.account)}: {publication.account.problem or 'it is paused.'}"
    if look.kind is LookKind.FOUND and look.post is not None:
        if publishing.taken(session, publication, look.post):
            _hand_over(session, publication, "The post found belongs to another draft already.", now=now)
        else:
            publishing.publish_as(
                session, publication, look.post, reason="It was found among the account's own posts.", now=now
            )
    elif look.kind is LookKind.SEVERAL:
        _hand_over(session, publication, look.detail, now=now)
    elif look.kind in {LookKind.ABSENT, LookKind.NEVER_POSTED}:
        publication.looks += 1
        if publication.looks < LOOKS_AT_LEAST or now - since < _settled_after():
            publication.next_try_at = now + look_again_after()
        elif publication.attempts == 0:
            _go_on(session, publication, now=now)
        elif look.kind is LookKind.NEVER_POSTED:
            _try_again(session, publication, now=now)
        else:
            _hand_over(
                session,
                publication,
                f"The account's own posts were read {publication.looks} times and it isn't among them.",
                now=now,
            )
    elif now - since >= LOOKING_AT_MOST:
        _hand_over(session, publication, f"The account's posts can't be read. {detail}", now=now)
    else:
        publication.next_try_at = now + 3 * look_again_after()
        publication.problem = (
            f"It isn't known whether it was posted, and the account can't be read. {detail} "
            "It is looked for again every minute."
        )
    log.info("publication_looked_for", publication=str(publication.id), found=look.kind.value)
    return publication


def same_post_text(theirs: str, ours: str) -> bool:
    """Whether a text read back is the one sent: blanks, letter forms and shortened addresses apart."""
    return _plain(theirs) == _plain(ours) or _without_addresses(theirs) == _without_addresses(ours)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _without_addresses(text: str) -> str:
    # X shows addresses in a shortened form of its own and adds one for the pictures.
    return _plain(_ADDRESS.sub(" ", text))


def _go_on(session: Session, publication: Publication, *, now: datetime) -> None:
    """Nothing was ever sent from here, and nothing went out before a restore either."""
    publication.looked_for_at = now
    publication.unknown_since = publication.started_at = publication.problem = None
    publication.next_try_at = max(publication.due_at, now)
    move_publication(
        session,
        publication,
        PublicationState.SCHEDULED,
        actor=Actor.PRODUCT,
        by=None,
        reason="The account's own posts were read and it isn't among them: it goes out as planned.",
        now=now,
    )


def _try_again(session: Session, publication: Publication, *, now: datetime) -> None:
    """The platform never got the request that posts: the mark of it goes, and the post is due again."""
    keep_step(session, publication.id, STEP_POSTING, "")
    # Should the platform then refuse it, that may be because it has it after all.
    note_sent_before(session, publication.id)
    publication.unknown_since = publication.problem = None
    publication.next_try_at = now
    move_publication(
        session,
        publication,
        PublicationState.SCHEDULED,
        actor=Actor.PRODUCT,
        by=None,
        reason="The platform says that it was never asked to post it: it is tried again.",
        now=now,
    )


def _hand_over(session: Session, publication: Publication, found: str, *, now: datetime) -> None:
    publishing.hold(
        session,
        publication,
        f"It isn't known whether it was posted. {found} Look at the account itself: if it is there, give its "
        "address here; if not, publish it again or stop it.",
        now=now,
    )
