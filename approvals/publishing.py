"""Putting approved posts out: claim, send, record. Never twice, never unapproved, never late (P12, P26)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from approvals import approval_mail, checks, drafts, pictures
from approvals.checks import account_name
from approvals.content import post_content, revision_hash, use_for
from approvals.models import (
    ApprovalDecision,
    DecisionKind,
    Draft,
    DraftRevision,
    Publication,
    PublicPicture,
)
from approvals.moves import move_publication, note_publication
from approvals.states import Actor, DraftState, PublicationState
from connectors.base import Connector, Picture, Platform, PostContent, RemotePost, StepStore
from connectors.errors import (
    ConnectorRefused,
    ConnectorUnavailable,
    CredentialsDead,
    DuplicatePost,
    OutcomeUnknown,
)
from school import accounts, people, secrets
from school.db import new_id
from school.errors import NotFound, SchoolgateError
from school.models import Account, AccountState, Person, Role, School
from school.settings import settings
from school.times import say, today

log = structlog.get_logger(__name__)

DUE_AT_ONCE = 50
"""Publications that one look at the database hands out."""
RETRY_FIRST = timedelta(seconds=30)
RETRY_MOST = timedelta(minutes=10)


class OutcomeKind(StrEnum):
    """How an attempt to post ended."""

    PUBLISHED = "published"
    LATER = "later"
    """Nothing was done; it may be tried again."""
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to; `detail` is free of tokens and text."""

    kind: OutcomeKind
    post: RemotePost | None = None
    detail: str = ""
    retry_after: float | None = None
    """Seconds, where the platform gave them."""
    credentials_dead: bool = False


@dataclass(frozen=True, slots=True)
class PublicationClaim:
    """One publication that this worker alone may act on until its lease ends."""

    publication_id: UUID
    lease_id: UUID
    account_id: UUID
    platform: Platform
    content: PostContent = field(repr=False)
    reference: str = field(repr=False)
    started_at: datetime
    """When the first attempt began that may have reached the platform."""
    known_posts: frozenset[str] = frozenset()
    """Ids of the account's posts that belong to other publications."""


def due(session: Session, *, now: datetime) -> list[UUID]:
    """The publications to claim now, earliest first. While publishing is stopped, only those too late."""
    query = (
        sa.select(Publication.id)
        .where(Publication.state == PublicationState.SCHEDULED, Publication.next_try_at <= now)
        .order_by(Publication.next_try_at, Publication.id)
        .limit(DUE_AT_ONCE)
    )
    if _stopped(session):
        query = query.where(Publication.due_at < now - settings().publish_late_limit)
    return list(session.scalars(query))


def claim(
    session: Session, publication_id: UUID, *, now: datetime, lease: timedelta | None = None
) -> PublicationClaim | None:
    """Take a due publication for sending; commit before `send`. None: not due, taken, or held instead.

    The hash of the revision is made anew from what is stored, and must be the one approved, for
    this account, with the author's authorisation (P1), every pupil's consent (P26) and the
    account still in force. Whatever is not so, or is more than an hour late, is held and people
    are told.
    """
    publication, draft = locked(session, publication_id)
    if publication.state is not PublicationState.SCHEDULED or publication.next_try_at > now:
        return None
    revision = session.get_one(DraftRevision, publication.revision_id)
    reason = _why_not(session, publication, draft, revision, now=now)
    if reason:
        hold(session, publication, reason, now=now)
        return None
    if _stopped(session):
        return None
    lease_id = new_id()
    taken = session.execute(
        sa.update(Publication)
        .where(
            Publication.id == publication.id,
            Publication.state == PublicationState.SCHEDULED,
            Publication.next_try_at <= now,
        )
        .values(
            state=PublicationState.PUBLISHING,
            lease_id=lease_id,
            lease_until=now + (lease or settings().lease),
            attempts=Publication.attempts + 1,
            started_at=now,
            problem=None,
        )
        .returning(Publication.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        return None
    session.refresh(publication)
    note_publication(
        session, publication, PublicationState.SCHEDULED, by=None, reason="A worker took it up.", now=now
    )
    return made_claim(session, publication, revision, lease_id, now=now, with_pictures=True)


def send(claim: PublicationClaim, connector: Connector, steps: StepStore) -> Outcome:
    """Post it: one attempt. No transaction may be open. An error that isn't the platform's passes
    through; the lease then ends, and `approvals.reconciling` finds out what happened.
    """
    try:
        post = connector.publish(claim.content, steps=steps)
    except (OutcomeUnknown, DuplicatePost) as error:
        # A platform that calls it a duplicate has probably taken it from us before.
        return Outcome(OutcomeKind.UNKNOWN, detail=error.detail)
    except ConnectorUnavailable as error:
        return Outcome(OutcomeKind.LATER, detail=error.detail, retry_after=error.retry_after)
    except CredentialsDead as error:
        return Outcome(OutcomeKind.REFUSED, detail=error.detail, credentials_dead=True)
    except ConnectorRefused as error:
        return Outcome(OutcomeKind.REFUSED, detail=error.detail)
    return Outcome(OutcomeKind.PUBLISHED, post=post)


def record(session: Session, claim: PublicationClaim, outcome: Outcome, *, now: datetime) -> Publication:
    """Keep how an attempt ended; an answer that comes after its lease was taken over is left out."""
    publication, _draft = locked(session, claim.publication_id)
    if publication.lease_id != claim.lease_id or publication.state is not PublicationState.PUBLISHING:
        log.warning(
            "late_outcome_left_to_reconciling", publication=str(publication.id), outcome=outcome.kind.value
        )
        return publication
    publication.lease_id = publication.lease_until = None
    if outcome.post is not None:
        publish_as(session, publication, outcome.post, reason="The platform took it.", now=now)
        return publication
    match outcome.kind:
        case OutcomeKind.LATER:
            _try_later(session, publication, outcome, now=now)
        case OutcomeKind.UNKNOWN | OutcomeKind.PUBLISHED:
            mark_unknown(session, publication, outcome.detail, now=now)
        case OutcomeKind.REFUSED:
            _fail(session, publication, outcome, now=now)
    log.info("publication_recorded", publication=str(publication.id), state=publication.state.value)
    return publication


def public_picture(session: Session, token: str) -> tuple[str, bytes]:
    """MIME type and bytes of a picture that a platform fetches, while its post is being published.

    Raises NotFound at any other time.
    """
    row = session.get(PublicPicture, secrets.token_hash(token))
    publication = session.get(Publication, row.publication_id) if row is not None else None
    if row is None or publication is None or not _being_published(publication):
        raise NotFound("There is no such picture.")
    copy = pictures.by_id(session, row.rendition_id)
    return copy.mime_type, copy.data


def _being_published(publication: Publication) -> bool:
    # Between two attempts Instagram may still be fetching for the container that the first one made.
    return publication.state is PublicationState.PUBLISHING or (
        publication.state is PublicationState.SCHEDULED and publication.attempts > 0
    )


def made_claim(
    session: Session,
    publication: Publication,
    revision: DraftRevision,
    lease_id: UUID,
    *,
    now: datetime,
    with_pictures: bool,
) -> PublicationClaim:
    """The claim of a publication whose lease was just taken."""
    platform = Platform(publication.account.platform)
    images: list[Picture] = []
    for shown in revision.pictures:
        if not with_pictures:
            # Whoever only looks for the post needs to know how many there are.
            images.append(Picture(data=b"", mime_type="image/jpeg", alt_text=shown.alt_text))
            continue
        copy = pictures.rendition(session, shown.media_id, use_for(platform))
        url = None
        if platform is Platform.INSTAGRAM:
            # The same at every attempt: the platform may be fetching for an earlier one. Unguessable,
            # since the reference is.
            token = secrets.token_hash(f"{publication.reference} {copy.id}")
            if session.get(PublicPicture, secrets.token_hash(token)) is None:
                session.add(
                    PublicPicture(
                        token_hash=secrets.token_hash(token),
                        publication_id=publication.id,
                        rendition_id=copy.id,
                        made_at=now,
                    )
                )
            url = f"{settings().effective_public_url}/media/{token}.jpg"
        images.append(
            Picture(data=copy.data, mime_type=copy.mime_type, alt_text=shown.alt_text, public_url=url)
        )
    return PublicationClaim(
        publication_id=publication.id,
        lease_id=lease_id,
        account_id=publication.account_id,
        platform=platform,
        content=post_content(revision, publication.account_id, images),
        reference=publication.reference,
        started_at=publication.started_at or publication.due_at,
        known_posts=frozenset(
            platform_id
            for platform_id in session.scalars(
                sa.select(Publication.post_platform_id).where(
                    Publication.account_id == publication.account_id,
                    Publication.id != publication.id,
                    Publication.post_platform_id.is_not(None),
                )
            )
            if platform_id
        ),
    )


def publish_as(
    session: Session, publication: Publication, post: RemotePost, *, reason: str, now: datetime
) -> None:
    """Note that the publication is this post on the platform."""
    publication.post_platform_id, publication.post_url = post.platform_id or None, post.url or None
    publication.published_at = post.created_at
    publication.problem = publication.unknown_since = publication.lease_id = publication.lease_until = None
    move_publication(
        session, publication, PublicationState.PUBLISHED, actor=Actor.PRODUCT, by=None, reason=reason, now=now
    )


def mark_unknown(session: Session, publication: Publication, detail: str, *, now: datetime) -> None:
    """Nobody knows whether it was posted: the account's own posts will be read."""
    publication.unknown_since, publication.looks, publication.next_try_at = now, 0, now
    publication.problem = (
        f"It isn't known whether it was posted. {detail} The account's posts are being read."
    )
    move_publication(
        session,
        publication,
        PublicationState.UNKNOWN,
        actor=Actor.PRODUCT,
        by=None,
        reason=detail or "The platform gave no clear answer.",
        now=now,
    )


def hold(session: Session, publication: Publication, reason: str, *, now: datetime) -> None:
    """Stop it for a person, and tell the author, the approver and the headteacher by mail."""
    publication.problem = reason
    publication.lease_id = publication.lease_until = None
    move_publication(
        session, publication, PublicationState.HELD, actor=Actor.PRODUCT, by=None, reason=reason, now=now
    )
    _tell(
        session, publication, "is held", [reason, "Decide on the draft's page what becomes of it."], now=now
    )


def problem_readers(session: Session, publication: Publication) -> list[Person]:
    """Who hears of trouble with a publication: author, approver, headteacher."""
    draft = session.get_one(Draft, publication.draft_id)
    told = [session.get_one(Person, draft.author_id)]
    if publication.decision_id is not None:
        told.append(session.get_one(ApprovalDecision, publication.decision_id).approver)
    return told + people.holders(session, Role.HEADTEACHER)


def _try_later(session: Session, publication: Publication, outcome: Outcome, *, now: datetime) -> None:
    wait = min(RETRY_FIRST * 2 ** min(publication.attempts - 1, 10), RETRY_MOST)
    if outcome.retry_after is not None:
        wait = max(timedelta(seconds=min(outcome.retry_after, 86_400)), timedelta(seconds=1))
    publication.next_try_at = now + wait
    publication.problem = f"{outcome.detail} It is tried again at {say(publication.next_try_at)}."
    if publication.next_try_at > publication.due_at + settings().publish_late_limit:
        hold(
            session,
            publication,
            f"{outcome.detail} It would be more than {_minutes(settings().publish_late_limit)} minutes late.",
            now=now,
        )
        return
    move_publication(
        session,
        publication,
        PublicationState.SCHEDULED,
        actor=Actor.PRODUCT,
        by=None,
        reason=f"{outcome.detail} Nothing was posted; it is tried again.",
        now=now,
    )


def _fail(session: Session, publication: Publication, outcome: Outcome, *, now: datetime) -> None:
    publication.problem = outcome.detail
    if outcome.credentials_dead:
        publication.problem += " Connect the account anew, then publish the post from this page."
        accounts.mark_dead(session, session.get_one(Account, publication.account_id), outcome.detail, now=now)
    move_publication(
        session,
        publication,
        PublicationState.FAILED,
        actor=Actor.PRODUCT,
        by=None,
        reason=outcome.detail,
        now=now,
    )
    _tell(session, publication, "was refused", [publication.problem, "Nothing was posted."], now=now)


def _tell(
    session: Session, publication: Publication, what: str, sentences: list[str], *, now: datetime
) -> None:
    approval_mail.tell(
        session,
        problem_readers(session, publication),
        draft_id=publication.draft_id,
        subject=f"A post for {account_name(publication.account)} {what}",
        sentences=sentences,
        purpose="publication_problem",
        now=now,
    )


def _why_not(
    session: Session, publication: Publication, draft: Draft, revision: DraftRevision, *, now: datetime
) -> str:
    """Why this publication may not be sent now, for a person; empty when it may."""
    if not approval_holds(session, publication, draft, revision):
        return "What is stored is not exactly what was approved for this account. It needs a new approval."
    limit = settings().publish_late_limit
    if now - publication.due_at > limit:
        return (
            f"It was due on {say(publication.due_at)} and is more than {_minutes(limit)} minutes late. "
            "Decide whether it should still go out."
        )
    account = publication.account
    if account.state is not AccountState.ACTIVE:
        return f"{account_name(account)} can't be used at the moment. {account.problem or 'It is paused.'}"
    author = session.get_one(Person, draft.author_id)
    if not people.may_post(session, author, account.id):
        return f"{author.name} is no longer authorised for {account_name(account)} (P1)."
    lacking = checks.consent_problems(session, revision, on=today(now))
    if lacking:
        return " ".join(problem.sentence for problem in lacking)
    try:
        for picture in revision.pictures:
            pictures.check_rendition(session, picture.media_id, use_for(Platform(account.platform)))
    except SchoolgateError as error:
        return str(error)
    return ""


def approval_holds(session: Session, publication: Publication, draft: Draft, revision: DraftRevision) -> bool:
    """Whether an approval in force names exactly what is stored now, for this account (P12)."""
    if publication.decision_id is None or draft.state is not DraftState.APPROVED:
        return False
    decision = session.get_one(ApprovalDecision, publication.decision_id)
    return (
        decision.kind is DecisionKind.APPROVE
        and decision.voided_at is None
        and decision.revision_id == revision.id
        and revision.number == draft.revision_number
        and str(publication.account_id) in decision.account_ids
        and any(entry.account_id == publication.account_id for entry in revision.accounts)
        and decision.approver_id != draft.author_id
        and decision.revision_hash == revision_hash(session, revision)
    )


def locked(session: Session, publication_id: UUID) -> tuple[Publication, Draft]:
    """The publication and its draft as they are now, locked until the transaction ends; or NotFound.

    The draft's row is locked first, as an edit does, so that the two can't wait for each other.
    """
    found = session.get(Publication, publication_id)
    if found is None:
        raise NotFound("There is no such publication.")
    draft = drafts.locked(session, found.draft_id)
    session.refresh(found)
    return found, draft


def _stopped(session: Session) -> bool:
    return session.scalar(sa.select(School.publishing_stopped_at)) is not None


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
