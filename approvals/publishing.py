"""Putting approved posts out: claim, send, record. Never twice, never unapproved, never late (P12, P26)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from approvals import claims, lost_consent, permits, trouble_mail
from approvals.checks import account_name
from approvals.claims import PublicationClaim, locked, publication_lease
from approvals.models import Draft, DraftRevision, Publication
from approvals.moves import move_publication, note_publication
from approvals.states import Actor, PublicationState
from approvals.steps import ClaimLost, may_have_been_sent, sent_before
from connectors.base import Connector, RemotePost, StepStore
from connectors.errors import (
    ConnectorRefused,
    ConnectorUnavailable,
    CredentialsDead,
    DuplicatePost,
    OutcomeUnknown,
)
from connectors.posting import platform_name
from school import accounts
from school.db import new_id
from school.models import Account, AccountState
from school.settings import settings
from school.times import say

log = structlog.get_logger(__name__)

DUE_AT_ONCE = 50
"""Publications that one look at the database hands out."""
RETRY_FIRST = timedelta(seconds=30)
RETRY_MOST = timedelta(minutes=10)
ACCOUNT_AWAY_WAIT = timedelta(seconds=30)
"""How often a post that waits for its account is looked at: so soon it goes out once that works again."""


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


def due(session: Session, *, now: datetime, account_id: UUID | None = None) -> list[UUID]:
    """The publications to claim now, earliest first. While publishing is stopped, only those too late.

    `account_id`: only those for this account.
    """
    query = (
        sa.select(Publication.id)
        .where(*_are_due(session, now))
        .order_by(Publication.next_try_at, Publication.id)
        .limit(DUE_AT_ONCE)
    )
    if account_id is not None:
        query = query.where(Publication.account_id == account_id)
    return list(session.scalars(query))


def accounts_due(session: Session, *, now: datetime) -> list[UUID]:
    """The accounts that `due` has something for."""
    return list(session.scalars(sa.select(Publication.account_id).where(*_are_due(session, now)).distinct()))


def _are_due(session: Session, now: datetime) -> list[sa.ColumnElement[bool]]:
    found = [Publication.state == PublicationState.SCHEDULED, Publication.next_try_at <= now]
    if claims.stopped(session):
        found.append(Publication.due_at < now - settings().publish_late_limit)
    return found


def claim(
    session: Session, publication_id: UUID, *, now: datetime, lease: timedelta | None = None
) -> PublicationClaim | None:
    """Take a due publication for sending; commit before `send`. None: not due, taken, or held instead.

    The hash of the revision is made anew from what is stored, and must be the one approved, for
    this account, with the author's authorisation (P1), every pupil's consent (P26) and the
    account still in force. Whatever is not so, or is more than an hour late, is held and people
    are told. While the account can't be used the post waits for it, until it would be too late.
    """
    publication, draft = locked(session, publication_id)
    if publication.state is not PublicationState.SCHEDULED or publication.next_try_at > now:
        return None
    revision = session.get_one(DraftRevision, publication.revision_id)
    reason = permits.why_not(session, publication, draft, revision, now=now)
    if reason:
        others = permits.refused_too(session, publication, draft, revision, now=now)
        _hold_everywhere(session, draft, [(publication, reason), *others], now=now)
        return None
    if claims.stopped(session):
        return None
    if publication.account.state is not AccountState.ACTIVE:
        _wait_for_account(session, publication, now=now)
        return None
    if restored := claims.unseen_since(session, publication, draft):
        look_first(
            session, publication, since=restored, why="The draft is older than the last restore.", now=now
        )
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
            lease_until=now + (lease or publication_lease()),
            attempts=Publication.attempts + 1,
            # The first attempt's: whatever any of them may have posted is looked for from there.
            started_at=sa.func.coalesce(Publication.started_at, now),
            problem=None,
        )
        .returning(Publication.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        return None
    session.refresh(publication)
    note_publication(
        session,
        publication,
        PublicationState.SCHEDULED,
        by=None,
        reason="Its time came, so Schoolgate began to publish it.",
        now=now,
    )
    return claims.made_claim(session, publication, revision, lease_id, now=now, with_pictures=True)


def send(claim: PublicationClaim, connector: Connector, steps: StepStore) -> Outcome:
    """Post it: one attempt. No transaction may be open. An error that isn't the platform's passes
    through; the lease then ends, and `approvals.reconciling` finds out what happened.
    """
    try:
        post = connector.publish(claim.content, steps=steps)
    except (OutcomeUnknown, DuplicatePost) as error:
        # A platform that calls it a duplicate has probably taken it from us before.
        return Outcome(OutcomeKind.UNKNOWN, detail=error.detail)
    except ClaimLost as error:
        # `record` leaves it out: the claim isn't this worker's any more.
        return Outcome(OutcomeKind.LATER, detail=str(error))
    except ConnectorUnavailable as error:
        return Outcome(OutcomeKind.LATER, detail=error.detail, retry_after=error.retry_after)
    except CredentialsDead as error:
        return Outcome(OutcomeKind.REFUSED, detail=error.detail, credentials_dead=True)
    except ConnectorRefused as error:
        return Outcome(OutcomeKind.REFUSED, detail=error.detail)
    return Outcome(OutcomeKind.PUBLISHED, post=post)


def record(session: Session, claim: PublicationClaim, outcome: Outcome, *, now: datetime) -> Publication:
    """Keep how an attempt ended. After its claim was taken over only a post that is there still counts."""
    publication, _draft = locked(session, claim.publication_id)
    if publication.lease_id != claim.lease_id or publication.state is not PublicationState.PUBLISHING:
        _record_late(session, publication, outcome, now=now)
        return publication
    publication.lease_id = publication.lease_until = None
    if outcome.post is not None:
        there = platform_name(publication.account.platform)
        publish_as(
            session, publication, outcome.post, reason=f"{there} answered that it is published.", now=now
        )
        return publication
    kind = outcome.kind
    if kind in {OutcomeKind.LATER, OutcomeKind.REFUSED} and may_have_been_sent(session, publication.id):
        # An earlier attempt's one request was never answered: no later refusal says what became of it.
        kind = OutcomeKind.UNKNOWN
    if kind is OutcomeKind.REFUSED and not outcome.credentials_dead and sent_before(session, publication.id):
        # Its pictures were used up, its text was there already: the platform has it, or may have.
        kind = OutcomeKind.UNKNOWN
    match kind:
        case OutcomeKind.LATER:
            _try_later(session, publication, outcome, now=now)
        case OutcomeKind.UNKNOWN | OutcomeKind.PUBLISHED:
            mark_unknown(session, publication, outcome.detail, now=now)
        case OutcomeKind.REFUSED:
            _fail(session, publication, outcome, now=now)
    log.info("publication_recorded", publication=str(publication.id), state=publication.state.value)
    return publication


def _record_late(session: Session, publication: Publication, outcome: Outcome, *, now: datetime) -> None:
    """The answer of a worker that was given up for lost: a post that it made is that publication's post."""
    log.warning("late_outcome", publication=str(publication.id), outcome=outcome.kind.value)
    unsettled = publication.state is PublicationState.UNKNOWN or (
        publication.state is PublicationState.HELD and publication.unknown_since is not None
    )
    if unsettled and outcome.post is not None and not taken(session, publication, outcome.post):
        publish_as(
            session,
            publication,
            outcome.post,
            reason="The platform’s answer that it is published came late.",
            now=now,
        )


def taken(session: Session, publication: Publication, post: RemotePost) -> bool:
    """Whether a post on the platform is known to be another publication's."""
    query = sa.select(Publication.id).where(
        Publication.account_id == publication.account_id,
        Publication.post_platform_id == post.platform_id,
        Publication.id != publication.id,
    )
    return session.scalar(query) is not None


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


def take_back(session: Session, publication: Publication, *, now: datetime) -> None:
    """A worker was lost before it sent anything: another may take it up at once."""
    publication.next_try_at = now
    publication.lease_id = publication.lease_until = None
    publication.problem = "The worker that had it was lost before it sent anything. It is tried again."
    move_publication(
        session,
        publication,
        PublicationState.SCHEDULED,
        actor=Actor.PRODUCT,
        by=None,
        reason="Schoolgate stopped before it sent anything. Nothing was posted; it is tried again.",
        now=now,
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


def look_first(
    session: Session, publication: Publication, *, since: datetime, why: str, now: datetime
) -> None:
    """It may have gone out after `since` without this database knowing: the account's posts are read first.

    Where it isn't among them, `approvals.reconciling` schedules it again.
    """
    publication.started_at, publication.attempts = since, 0
    mark_unknown(session, publication, why, now=now)


def hold(
    session: Session, publication: Publication, reason: str, *, tell: bool = True, now: datetime
) -> None:
    """Stop it for a person, and tell the author, the approver and the headteacher by mail.

    `tell` False: whoever calls tells them of several at once.
    """
    publication.problem = reason
    publication.lease_id = publication.lease_until = None
    move_publication(
        session, publication, PublicationState.HELD, actor=Actor.PRODUCT, by=None, reason=reason, now=now
    )
    if tell:
        trouble_mail.tell_held(session, [(publication, reason)], now=now)


def _hold_everywhere(
    session: Session, draft: Draft, held: list[tuple[Publication, str]], *, now: datetime
) -> None:
    """Hold a post on all these accounts, each with its reason, and tell of it in one mail.

    An author who has just been told that consent is missing, and where, is not told so once more.
    """
    known = lost_consent.just_told(session, draft, held, now=now)
    for one, why in held:
        hold(session, one, why, tell=False, now=now)
    trouble_mail.tell_held(session, held, but=draft.author_id if known else None, now=now)


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
            f"{outcome.detail} It would be more than {permits.minutes(settings().publish_late_limit)} "
            "minutes late.",
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
    if outcome.credentials_dead:
        accounts.mark_dead(session, session.get_one(Account, publication.account_id), outcome.detail, now=now)
        move_publication(
            session,
            publication,
            PublicationState.SCHEDULED,
            actor=Actor.PRODUCT,
            by=None,
            reason=f"{outcome.detail} Nothing was posted; it waits for the account.",
            now=now,
        )
        _wait_for_account(session, publication, now=now)
        return
    publication.problem = outcome.detail
    move_publication(
        session,
        publication,
        PublicationState.FAILED,
        actor=Actor.PRODUCT,
        by=None,
        reason=outcome.detail,
        now=now,
    )
    said = [publication.problem, "Nothing was posted."]
    trouble_mail.tell(session, publication, "was refused", said, now=now)


def _wait_for_account(session: Session, publication: Publication, *, now: datetime) -> None:
    """Leave a due post where it is until its account works again; people are told once."""
    first = publication.problem is None or WAITS not in publication.problem
    account = publication.account
    until = publication.due_at + settings().publish_late_limit
    publication.problem = (
        f"{account_name(account)} can't be used: {account.problem or 'it is paused.'} {WAITS} when it works "
        f"again, until {say(until)}; after that a person decides."
    )
    publication.next_try_at = now + ACCOUNT_AWAY_WAIT
    if first:
        trouble_mail.tell(session, publication, "waits for its account", [publication.problem], now=now)


WAITS = "This post goes out by itself"
