"""What of posts and pictures can be erased, what a hold keeps, and the erasing itself (P34)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import shown_faces
from approvals.models import (
    ApprovalDecision,
    ApprovalRequest,
    BlurChoice,
    CropChoice,
    Draft,
    DraftMove,
    DraftRemark,
    DraftRevision,
    LinkLook,
    MediaFile,
    MediaRendition,
    PictureLook,
    PictureWords,
    PostFigures,
    Publication,
    PublicationMove,
    PublicationStep,
    PublicPicture,
    RevisionAccount,
    RevisionPicture,
    RevisionPupil,
    RevisionVideo,
    Submission,
    Takedown,
    TakedownMove,
    TakedownState,
    UnsavedDraft,
    VideoFile,
    VideoMove,
    VideoPiece,
)
from approvals.states import DraftState, PublicationState
from school import erasing, holds, secrets
from school.models import Consent, HoldOn, Pupil
from school.retention import Condition, delete

ERASED = "Erased pupil"
_ENDED = (
    PublicationState.PUBLISHED,
    PublicationState.CANCELLED,
    PublicationState.MISSED,
    PublicationState.FAILED,
)
_AT_REST = (DraftState.DRAFT, DraftState.CHANGES_REQUESTED, DraftState.REJECTED, DraftState.APPROVED)


def draft_held() -> Condition:
    """Drafts on hold by themselves, by their author, or by a pupil whom they show."""
    shown = (
        sa.select(DraftRevision.id)
        .join(RevisionPupil, RevisionPupil.revision_id == DraftRevision.id)
        .where(DraftRevision.draft_id == Draft.id, RevisionPupil.pupil_id.in_(holds.ids(HoldOn.PUPIL)))
        .exists()
    )
    return sa.or_(holds.held(HoldOn.DRAFT, Draft.id), holds.held(HoldOn.PERSON, Draft.author_id), shown)


def published() -> Condition:
    """Drafts that went out on some account."""
    return _publication(Publication.state == PublicationState.PUBLISHED)


def settled() -> Condition:
    """Drafts of which nothing is waiting, going out or being taken down."""
    taking_down = (
        sa.select(Takedown.id)
        .join(Publication, Publication.id == Takedown.publication_id)
        .where(Publication.draft_id == Draft.id, Takedown.state != TakedownState.DONE)
        .exists()
    )
    return sa.and_(
        Draft.state.in_(_AT_REST),
        sa.not_(_publication(Publication.state.not_in(_ENDED))),
        sa.not_(taking_down),
    )


def kept_with_account() -> Condition:
    """Drafts that went out on an account that was closed with the wish to keep what it holds."""
    return _publication(erasing.kept_with_account(Publication.account_id))


def _publication(*conditions: Condition) -> Condition:
    return sa.select(Publication.id).where(Publication.draft_id == Draft.id, *conditions).exists()


def shows_pupil_at_school() -> Condition:
    """Drafts that show a pupil who is still at the school: a withdrawal must find the post (P25)."""
    return (
        sa.select(DraftRevision.id)
        .join(RevisionPupil, RevisionPupil.revision_id == DraftRevision.id)
        .join(Pupil, Pupil.id == RevisionPupil.pupil_id)
        .where(DraftRevision.draft_id == Draft.id, Pupil.left_on.is_(None))
        .exists()
    )


def shows(pupil_id: UUID) -> Condition:
    """Drafts that show or name a pupil in any version."""
    return (
        sa.select(DraftRevision.id)
        .join(RevisionPupil, RevisionPupil.revision_id == DraftRevision.id)
        .where(DraftRevision.draft_id == Draft.id, RevisionPupil.pupil_id == pupil_id)
        .exists()
    )


def erase_drafts(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Forget drafts with all their versions, decisions, publications, and the pictures only they use.

    What stands on a platform stays there: a takedown is another act, and comes before.
    """
    revisions = sa.select(DraftRevision.id).where(DraftRevision.draft_id.in_(ids))
    publications = sa.select(Publication.id).where(Publication.draft_id.in_(ids))
    takedowns = sa.select(Takedown.id).where(Takedown.publication_id.in_(publications))
    media = list(
        session.scalars(
            sa.select(RevisionPicture.media_id).where(RevisionPicture.revision_id.in_(revisions)).distinct()
        )
    )
    filmed = list(
        session.scalars(
            sa.select(RevisionVideo.video_id).where(RevisionVideo.revision_id.in_(revisions)).distinct()
        )
    )
    for statement in (
        delete(TakedownMove, TakedownMove.takedown_id, takedowns),
        delete(Takedown, Takedown.publication_id, publications),
        delete(PostFigures, PostFigures.id, publications),
        delete(PublicPicture, PublicPicture.publication_id, publications),
        delete(PublicationStep, PublicationStep.publication_id, publications),
        delete(PublicationMove, PublicationMove.publication_id, publications),
        delete(Publication, Publication.draft_id, ids),
        delete(ApprovalDecision, ApprovalDecision.draft_id, ids),
        delete(ApprovalRequest, ApprovalRequest.draft_id, ids),
        delete(Submission, Submission.draft_id, ids),
        delete(DraftMove, DraftMove.draft_id, ids),
        delete(DraftRemark, DraftRemark.draft_id, ids),
        delete(UnsavedDraft, UnsavedDraft.draft_id, ids),
        delete(RevisionAccount, RevisionAccount.revision_id, revisions),
        delete(RevisionPicture, RevisionPicture.revision_id, revisions),
        delete(RevisionVideo, RevisionVideo.revision_id, revisions),
        delete(RevisionPupil, RevisionPupil.revision_id, revisions),
        delete(DraftRevision, DraftRevision.draft_id, ids),
        delete(Draft, Draft.id, ids),
    ):
        session.execute(statement)
    unused = session.scalars(
        sa.select(MediaFile.id).where(MediaFile.id.in_(media), sa.not_(used()), sa.not_(picture_held()))
    )
    erase_pictures(session, list(unused), now)
    unseen = session.scalars(
        sa.select(VideoFile.id).where(VideoFile.id.in_(filmed), sa.not_(video_used()), sa.not_(video_held()))
    )
    erase_videos(session, list(unseen), now)
    # What the session still holds of them is gone.
    session.expire_all()


def video_used() -> Condition:
    """Videos that some version of a draft has."""
    return sa.select(RevisionVideo.revision_id).where(RevisionVideo.video_id == VideoFile.id).exists()


def video_held() -> Condition:
    """Videos of a person on hold, or of a draft that is."""
    shown = sa.select(RevisionVideo.revision_id).where(RevisionVideo.video_id == VideoFile.id)
    return sa.or_(holds.held(HoldOn.PERSON, VideoFile.uploaded_by_id), _in_held(shown, RevisionVideo))


def erase_videos(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Forget videos with all their bytes."""
    session.execute(delete(VideoPiece, VideoPiece.video_id, ids))
    session.execute(delete(VideoMove, VideoMove.video_id, ids))
    session.execute(delete(VideoFile, VideoFile.id, ids))


def used() -> Condition:
    """Pictures that some version of a draft has."""
    return sa.select(RevisionPicture.id).where(RevisionPicture.media_id == MediaFile.id).exists()


def picture_held() -> Condition:
    """Pictures of a person on hold, or of a draft that is."""
    shown = sa.select(RevisionPicture.id).where(RevisionPicture.media_id == MediaFile.id)
    return sa.or_(holds.held(HoldOn.PERSON, MediaFile.uploaded_by_id), _in_held(shown, RevisionPicture))


def _in_held(shown: sa.Select[UUID], entry: type[RevisionPicture] | type[RevisionVideo]) -> Condition:
    """Those of the versions' entries that belong to a draft on hold."""
    return (
        shown.join(DraftRevision, DraftRevision.id == entry.revision_id)
        .join(Draft, Draft.id == DraftRevision.draft_id)
        .where(draft_held())
        .exists()
    )


def erase_pictures(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Forget pictures with their clean copies and what was seen in them."""
    session.execute(delete(BlurChoice, BlurChoice.media_id, ids))
    shown_faces.keep_counts(session, ids)
    session.execute(sa.update(BlurChoice).where(BlurChoice.source_id.in_(ids)).values(source_id=None))
    session.execute(delete(CropChoice, CropChoice.media_id, ids))
    session.execute(sa.update(CropChoice).where(CropChoice.source_id.in_(ids)).values(source_id=None))
    session.execute(delete(PictureLook, PictureLook.media_id, ids))
    session.execute(delete(PictureWords, PictureWords.media_id, ids))
    session.execute(delete(MediaRendition, MediaRendition.media_id, ids))
    session.execute(delete(MediaFile, MediaFile.id, ids))


def erase_originals(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Forget pictures as they came from the camera, with place and device; the clean copies stay."""
    session.execute(
        sa.update(MediaFile)
        .where(MediaFile.id.in_(ids))
        # Sealed like any other, so that a change of the key finds nothing odd.
        .values(original=secrets.encrypt(b""), original_erased_at=now)
        .execution_options(synchronize_session=False)
    )


def erase_unsaved(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Forget what somebody was writing and did not save."""
    session.execute(delete(UnsavedDraft, UnsavedDraft.id, ids))


def erase_link_looks(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Forget what was found behind links."""
    session.execute(delete(LinkLook, LinkLook.id, ids))


def unsaved_held() -> Condition:
    """Unsaved writing of a person on hold, or to a draft on hold."""
    return sa.or_(
        holds.held(HoldOn.PERSON, UnsavedDraft.person_id),
        sa.and_(UnsavedDraft.draft_id.is_not(None), holds.held(HoldOn.DRAFT, UnsavedDraft.draft_id)),
    )


def pupil_shown() -> Condition:
    """Pupils whom some draft shows."""
    return sa.select(RevisionPupil.pupil_id).where(RevisionPupil.pupil_id == Pupil.id).exists()


def erase_pupils(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Forget pupils and their consents; of one whom a kept post shows, only that somebody was shown."""
    session.execute(delete(Consent, Consent.pupil_id, ids))
    shown = set(session.scalars(sa.select(Pupil.id).where(Pupil.id.in_(ids), pupil_shown())))
    session.execute(delete(Pupil, Pupil.id, [one for one in ids if one not in shown]))
    for one in shown:
        session.execute(
            sa.update(Pupil)
            .where(Pupil.id == one)
            .values(name=f"{ERASED} {one}", class_name="", reference=None, left_on=now.date())
            .execution_options(synchronize_session=False)
        )
    session.expire_all()
