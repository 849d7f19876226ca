"""Who may see a draft. To everybody else it is as if there were none."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.models import Draft, DraftRevision, MediaFile, RevisionPicture, RevisionVideo, VideoFile
from school import people
from school.errors import NotFound
from school.models import Person
from school.permissions import Action, may

NO_SUCH = "There is no such draft, or you may not see it."
DRAFTS_LOOKED_AT = 20
"""Of those that show a picture or a video: it is in few."""


def may_see(session: Session, draft: Draft, *, by: Person, now: datetime) -> bool:
    """Whether the draft is the person's own, or theirs to see by role or as a deputy."""
    return (
        draft.author_id == by.id
        or may(by, Action.SEE_ALL_DRAFTS)
        or people.may_approve(session, by, author_id=draft.author_id, now=now)
    )


def check_seen(session: Session, draft: Draft, *, by: Person, now: datetime) -> None:
    """Raise NotFound, as for a draft that doesn't exist, unless the person may see it."""
    if not may_see(session, draft, by=by, now=now):
        raise NotFound(NO_SUCH)


def may_see_picture(session: Session, media: MediaFile, *, by: Person, now: datetime) -> bool:
    """Whether the picture is the person's own, or in a draft that they may see."""
    shown_in = sa.select(RevisionPicture.revision_id).where(RevisionPicture.media_id == media.id)
    return media.uploaded_by_id == by.id or _sees_one(session, shown_in, by=by, now=now)


def may_see_video(session: Session, video: VideoFile, *, by: Person, now: datetime) -> bool:
    """Whether the video is the person's own, or in a draft that they may see."""
    shown_in = sa.select(RevisionVideo.revision_id).where(RevisionVideo.video_id == video.id)
    return video.uploaded_by_id == by.id or _sees_one(session, shown_in, by=by, now=now)


def _sees_one(session: Session, versions: sa.Select[UUID], *, by: Person, now: datetime) -> bool:
    of_drafts = sa.select(DraftRevision.draft_id).where(DraftRevision.id.in_(versions))
    query = sa.select(Draft).where(Draft.id.in_(of_drafts)).limit(DRAFTS_LOOKED_AT)
    return any(may_see(session, draft, by=by, now=now) for draft in session.scalars(query))
