"""What a person decides about a publication that is held, failed or scheduled."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import checks, claims
from approvals.content import tidy
from approvals.models import DraftRevision, Publication, PublicationMove
from approvals.moves import move_publication, note_publication
from approvals.states import IN_WORDS, Actor, PublicationState
from approvals.steps import keep_step, note_sent_before
from connectors.base import STEP_POSTING
from school.errors import BadInput, MoveNotAllowed
from school.models import Person
from school.permissions import Action, require
from school.times import today

REASON_MAX = 2000


def seen(session: Session, publications: Iterable[Publication]) -> dict[UUID, int]:
    """How often each of these has moved: whoever decides tells what they saw by it."""
    query = (
        sa.select(PublicationMove.publication_id, sa.func.count())
        .where(PublicationMove.publication_id.in_([one.id for one in publications]))
        .group_by(PublicationMove.publication_id)
    )
    return dict(session.execute(query).all())


def lacks(
    session: Session, revision: DraftRevision, platforms: Collection[str], *, now: datetime
) -> list[checks.Problem]:
    """Why a post can't go out on these platforms now, whatever a person decides: consent, names (P26, P27).

    What is looked at once more just before it is sent; held for it, it would be held for it again.
    """
    found = checks.consent_problems(session, revision, on=today(now), platforms=platforms)
    found += checks.unticked_problems(session, revision, on=today(now), platforms=platforms)
    return found + checks.name_problems(session, revision)


def publish_now(
    session: Session,
    publication_id: UUID,
    *,
    looked: bool,
    reason: str,
    by: Person,
    now: datetime,
    seen_then: int | None = None,
) -> Publication:
    """Let a held or failed publication go out at the next opportunity.

    `looked`: the person has seen on the platform itself that it isn't there; needed where the
    outcome was unknown. `seen_then`: how often it had moved by `seen` when they did; None: just now.
    Raises NotPermitted, BadInput without `looked` or a reason, or where it moved since, and
    MoveNotAllowed when the approval no longer covers what is stored (P12) or it isn't held.
    """
    require(by, Action.HOLD_PUBLICATIONS)
    why = check_reason(reason)
    publication, draft = claims.locked(session, publication_id)
    revision = session.get_one(DraftRevision, publication.revision_id)
    if publication.state not in {PublicationState.HELD, PublicationState.FAILED}:
        raise MoveNotAllowed(f"This post is {IN_WORDS[publication.state]}: there is nothing to decide.")
    if claims.stopped(session):
        raise MoveNotAllowed(
            "All publishing is stopped. Somebody who may has to allow it again under Accounts; then decide "
            "on this post."
        )
    if not claims.approval_holds(session, publication, draft, revision):
        raise MoveNotAllowed(
            "The approval no longer covers this post: it must be edited and handed in again."
        )
    if lacking := lacks(session, revision, [publication.account.platform], now=now):
        raise checks.DraftRefused(lacking)
    _check_looked(session, publication, looked, seen_then)
    if publication.unknown_since is not None:
        note_sent_before(session, publication.id)
    publication.due_at = publication.next_try_at = now
    publication.attempts, publication.looks = 0, 0
    publication.unknown_since = publication.problem = None
    publication.looked_for_at = now
    # The person has established that nothing was posted, so the mark of the attempt may go.
    keep_step(session, publication.id, STEP_POSTING, "")
    move_publication(
        session, publication, PublicationState.SCHEDULED, actor=Actor.HOLDER, by=by, reason=why, now=now
    )
    return publication


def cancel(
    session: Session,
    publication_id: UUID,
    *,
    looked: bool,
    reason: str,
    by: Person,
    now: datetime,
    seen_then: int | None = None,
) -> Publication:
    """Give a scheduled, held or failed publication up. Whoever asks tells its author (`stop_mail`).

    `looked` and `seen_then` as for `publish_now`: its author may hand the draft in again, and a post that is
    there already would then be there twice. Raises NotPermitted, BadInput, MoveNotAllowed.
    """
    require(by, Action.HOLD_PUBLICATIONS)
    why = check_reason(reason)
    publication, _draft = claims.locked(session, publication_id)
    _check_looked(session, publication, looked, seen_then)
    move_publication(
        session, publication, PublicationState.CANCELLED, actor=Actor.HOLDER, by=by, reason=why, now=now
    )
    return publication


def published_by_hand(
    session: Session, publication_id: UUID, *, url: str, reason: str, by: Person, now: datetime
) -> Publication:
    """Note that a held or failed publication is on the platform, under this address.

    Raises NotPermitted, BadInput for an address that isn't one, MoveNotAllowed.
    """
    require(by, Action.HOLD_PUBLICATIONS)
    address = tidy(url)
    if not address or urlsplit(address).scheme not in {"http", "https"} or len(address) > checks.LINK_MAX:
        raise BadInput(
            f"“{address[:80]}” isn't the address of a post. Copy it from the platform.", field="url"
        )
    why = check_reason(reason)
    publication, _draft = claims.locked(session, publication_id)
    move_publication(
        session, publication, PublicationState.PUBLISHED, actor=Actor.HOLDER, by=by, reason=why, now=now
    )
    publication.post_url, publication.by_hand, publication.published_at = address, True, now
    publication.problem = publication.unknown_since = None
    return publication


def look_again(session: Session, publication_id: UUID, *, by: Person, now: datetime) -> Publication:
    """Have a post whose fate isn't clear looked for on its platform now. Looking never posts.

    For one that is being published, its worker counts as lost from here on. Raises NotPermitted,
    and MoveNotAllowed where there is nothing to look for.
    """
    require(by, Action.HOLD_PUBLICATIONS)
    publication, _draft = claims.locked(session, publication_id)
    old, reason = publication.state, "Asked to look on the platform again."
    if old is PublicationState.HELD and publication.unknown_since is not None:
        publication.unknown_since, publication.looks, publication.next_try_at = now, 0, now
        publication.problem = "It isn't known whether it was posted. The account's posts are being read."
        move_publication(
            session, publication, PublicationState.UNKNOWN, actor=Actor.HOLDER, by=by, reason=reason, now=now
        )
    elif old is PublicationState.UNKNOWN:
        publication.next_try_at = now
        publication.lease_id = publication.lease_until = None
        note_publication(session, publication, old, by=by, reason=reason, now=now)
    elif old is PublicationState.PUBLISHING:
        publication.lease_until = now
        note_publication(session, publication, old, by=by, reason=reason, now=now)
    else:
        raise MoveNotAllowed(f"This post is {IN_WORDS[old]}: there is nothing to look for.")
    return publication


def _check_looked(session: Session, publication: Publication, looked: bool, seen_then: int | None) -> None:
    if publication.unknown_since is None:
        return
    if not looked:
        raise BadInput(
            "It may have been posted already. Look at the account on the platform, then tick that it "
            "isn't there. If it is there, give its address instead.",
            field="looked",
        )
    if seen_then is not None and seen(session, [publication]).get(publication.id) != seen_then:
        # What it was sent meanwhile nobody has looked for: it could go out twice.
        raise BadInput(
            "Something happened to this post since you looked, and it may have been posted by now. Look at "
            "the account on the platform once more.",
            field="looked",
        )


def check_reason(text: str) -> str:
    """The reason as it is kept. Raises BadInput where there is none, or too much of it."""
    why = tidy(text)
    if not why:
        raise BadInput("The reason is empty: say why in a few words.", field="reason")
    if len(why) > REASON_MAX:
        raise BadInput(f"The reason has {len(why):,} characters: at most {REASON_MAX:,} fit.", field="reason")
    return why
