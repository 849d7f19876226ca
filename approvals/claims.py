"""What a worker holds while it publishes or looks: the claim, its lease, and what it rests on (P12)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import drafts, pictures, videos
from approvals.content import post_content, revision_hash, use_for
from approvals.models import (
    ApprovalDecision,
    DecisionKind,
    Draft,
    DraftRevision,
    Publication,
    PublicPicture,
    VideoPart,
)
from approvals.states import DraftState, PublicationState
from connectors.base import Picture, Platform, PostContent
from school import secrets
from school.errors import NotFound
from school.models import School
from school.settings import settings


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
    video_id: UUID | None = None


def publication_lease() -> timedelta:
    """How long a worker may go without a sign of life before its publication counts as lost.

    Each step kept is a sign of life; the longest stretch between two is an upload with its
    description, four of the usual time limits (`connectors.x`).
    """
    return min(settings().lease, timedelta(seconds=6 * settings().platform_timeout))


def keep_lease(session: Session, claim: PublicationClaim, *, now: datetime) -> bool:
    """Prolong a claim. False when it was taken over: whoever held it may do nothing more."""
    kept = session.execute(
        sa.update(Publication)
        .where(
            Publication.id == claim.publication_id,
            Publication.lease_id == claim.lease_id,
            Publication.state == PublicationState.PUBLISHING,
        )
        .values(lease_until=now + publication_lease())
        .returning(Publication.id)
        .execution_options(synchronize_session=False)
    ).first()
    return kept is not None


def locked(session: Session, publication_id: UUID) -> tuple[Publication, Draft]:
    """The publication and its draft as they are now, locked until the transaction ends; or NotFound.

    The draft's row is locked first, as an edit does, so that the two can't wait for each other.
    """
    found = session.get(Publication, publication_id)
    if found is None:
        raise NotFound("There is no such publication.")
    draft = drafts.locked(session, found.draft_id)
    # Its own row too: a worker that is about to post prolongs its lease without the draft's lock.
    session.refresh(found, with_for_update={"of": Publication})
    return found, draft


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
        content=post_content(revision, publication.account_id, images, videos.to_publish(session, revision)),
        video_id=revision.video.video_id if revision.video is not None else None,
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


def with_video(
    claim: PublicationClaim, reading: Callable[[], AbstractContextManager[Session]]
) -> PublicationClaim:
    """The claim with a video whose bytes can be read, each time in a session of its own.

    `reading` is handed in by the task, since that happens while a platform is being spoken to.
    """
    video, video_id = claim.content.video, claim.video_id
    if video is None or video_id is None:
        return claim
    found = video_id

    def read_copy(start: int, most: int) -> bytes:
        with reading() as session:
            return videos.read(session, found, VideoPart.COPY, start, most)

    return replace(claim, content=replace(claim.content, video=replace(video, read=read_copy)))


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


def stopped(session: Session) -> bool:
    """Whether all publishing is stopped."""
    return session.scalar(sa.select(School.publishing_stopped_at)) is not None


def was_due_in_stop(session: Session, publication: Publication) -> datetime | None:
    """When the stop ended in or before which the publication came due; None where it wasn't so.

    A school stops because something has happened: what was due meanwhile may no longer be fit to be read.
    Whoever lets it go out after all sets a new due time.
    """
    allowed = session.scalar(sa.select(School.publishing_allowed_at))
    return allowed if allowed is not None and publication.due_at <= allowed else None


def unseen_since(session: Session, publication: Publication, draft: Draft) -> datetime | None:
    """The moment since which this draft may have been published by what a restore has replaced, if any."""
    school = session.scalars(sa.select(School)).one()
    if school.restored_from is None or school.restored_at is None or draft.created_at > school.restored_from:
        return None
    looked = publication.looked_for_at
    return school.restored_from if looked is None or looked < school.restored_at else None


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
