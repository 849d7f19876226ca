"""From what was typed to a revision, with everything that is wrong about it (P1, P16)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import checks, planned, unticked
from approvals.checks import Problem, account_name
from approvals.content import DraftContent, PictureChoice, VideoChoice, tidy
from approvals.models import (
    Draft,
    DraftRevision,
    MediaFile,
    PupilsAppear,
    RevisionAccount,
    RevisionPicture,
    RevisionPupil,
    RevisionVideo,
    VideoFile,
)
from school import people
from school.errors import BadInput, NotPermitted
from school.models import Account, AccountState, Person, Pupil

WORDS_MAX = 1000
"""Characters of a description, a source, a licence or a device."""


def revise(
    session: Session,
    content: DraftContent,
    draft: Draft | None,
    *,
    by: Person,
    now: datetime,
) -> tuple[DraftRevision, list[Problem]]:
    """A revision of what was typed, not yet in the session, and what of it can't be kept as it is.

    `draft`: the one that it is for, None while it has none. What was chosen and isn't there any more
    is left out and named, so that the rest can be kept. What merely can't be handed in so is kept:
    `checks.submission_problems` says it. Raises NotPermitted without the headteacher's leave for every
    account chosen (P1).
    """
    problems: list[Problem] = []
    accounts = _chosen_accounts(session, content.account_ids, problems, by=by)
    text, link = tidy(content.text), checks.whole_link(tidy(content.link))
    if len(text) > checks.TEXT_STORED_MAX:
        problems.append(
            Problem("text", f"The text has {len(text):,} characters: no platform takes more than 63,206.")
        )
    if len(link) > checks.LINK_MAX:
        problems.append(Problem("link", checks.link_problem(link)))
    local, at = _planned(content, problems)
    device = tidy(content.device)
    if len(device) > WORDS_MAX:
        problems.append(
            Problem("device", f"The device has {len(device):,} characters: at most {WORDS_MAX:,} fit.")
        )
    revision = DraftRevision(
        made_by_id=by.id,
        made_at=now,
        text=text[: checks.TEXT_STORED_MAX],
        link=link[: checks.LINK_MAX],
        planned_local=local,
        planned_at=at,
        objective=content.objective,
        none_shown=content.none_shown,
        pupils_appear=_appear(content),
        checklist=sorted(criterion.value for criterion in content.checklist),
        urgent=content.urgent,
        device=device[:WORDS_MAX],
        content_hash="",
        accounts=[
            RevisionAccount(
                account_id=account.id,
                account=account,
                position=position,
                own_text=tidy(content.own_texts[account.id])[: checks.TEXT_STORED_MAX]
                if account.id in content.own_texts
                else None,
            )
            for position, account in enumerate(accounts)
        ],
        pictures=_pictures(session, content, draft, problems, by=by),
        video=_video(session, content, draft, problems, by=by),
        pupils=_pupils(session, content.pupil_ids, problems),
    )
    # What nobody is asked is not an answer.
    day = checks.day_out(revision, now=now)
    asked = {one.pupil.id for one in unticked.of(session, revision, on=day)}
    revision.not_seen = sorted(str(one) for one in set(content.not_seen) & asked) or None
    return revision, problems


def _appear(content: DraftContent) -> str | None:
    if not content.pupil_ids or content.pupils_appear is PupilsAppear.SEEN:
        return None
    return content.pupils_appear.value


def _chosen_accounts(
    session: Session, ids: Sequence[UUID], problems: list[Problem], *, by: Person
) -> list[Account]:
    chosen: list[Account] = []
    for account_id in dict.fromkeys(ids):
        account = session.get(Account, account_id)
        if account is None or account.state is AccountState.CLOSED:
            problems.append(
                Problem(
                    "accounts",
                    "An account that was chosen does not exist any more: it is left out. Look at the others.",
                )
            )
            continue
        if not people.may_post(session, by, account.id):
            raise NotPermitted(
                f"You may not write for {account_name(account)}: the headteacher has not authorised you."
            )
        chosen.append(account)
    return chosen


def _planned(content: DraftContent, problems: list[Problem]) -> tuple[str | None, datetime | None]:
    try:
        return planned.kept(content.planned_date, content.planned_time)
    except BadInput as error:
        problems.append(Problem("planned_time", str(error)))
        return None, None


def _pictures(
    session: Session, content: DraftContent, draft: Draft | None, problems: list[Problem], *, by: Person
) -> list[RevisionPicture]:
    made: list[RevisionPicture] = []
    for position, choice in enumerate(content.pictures):
        media = session.get(MediaFile, choice.media_id)
        if media is None or not may_use(session, media, draft, by=by):
            problems.append(
                Problem(
                    "pictures",
                    "A picture that was chosen does not exist any more: it is left out. Add it again if it "
                    "is wanted.",
                )
            )
            continue
        words = _words(choice, media.filename, "pictures", problems)
        made.append(RevisionPicture(position=position, media_id=media.id, media=media, **words))
    return made


def _video(
    session: Session, content: DraftContent, draft: Draft | None, problems: list[Problem], *, by: Person
) -> RevisionVideo | None:
    choice = content.video
    if choice is None:
        return None
    video = session.get(VideoFile, choice.video_id)
    if video is None or not may_use_video(session, video, draft, by=by):
        problems.append(
            Problem(
                "video",
                "The video that was chosen does not exist any more: it is left out. Add it again if it is "
                "wanted.",
            )
        )
        return None
    words = _words(choice, video.filename, "video", problems)
    return RevisionVideo(video_id=video.id, video=video, **words)


def _words(
    choice: PictureChoice | VideoChoice, filename: str, place: str, problems: list[Problem]
) -> dict[str, str]:
    """What was written of a picture or video, tidied; what is too long for keeping is a problem."""
    words = {
        "alt_text": ("description", tidy(choice.alt_text)),
        "source": ("owner", tidy(choice.source)),
        "licence": ("licence", tidy(choice.licence)),
    }
    problems += [
        Problem(place, f"The {what} of “{filename}” has {len(said):,} characters: at most {WORDS_MAX:,} fit.")
        for what, said in words.values()
        if len(said) > WORDS_MAX
    ]
    return {column: said for column, (_what, said) in words.items()}


def may_use_video(session: Session, video: VideoFile, draft: Draft | None, *, by: Person) -> bool:
    """Whether a video may be in the person's draft, as `may_use` says for a picture."""
    if video.uploaded_by_id == by.id or draft is None:
        return video.uploaded_by_id == by.id
    query = (
        sa.select(RevisionVideo.revision_id)
        .join(DraftRevision, DraftRevision.id == RevisionVideo.revision_id)
        .where(DraftRevision.draft_id == draft.id, RevisionVideo.video_id == video.id)
    )
    return session.scalar(query.limit(1)) is not None


def may_use(session: Session, media: MediaFile, draft: Draft | None, *, by: Person) -> bool:
    """Whether a picture may be in the person's draft: another's can't be had by guessing its id."""
    return media.uploaded_by_id == by.id or (draft is not None and _had_before(session, draft, media.id))


def _had_before(session: Session, draft: Draft, media_id: UUID) -> bool:
    query = (
        sa.select(RevisionPicture.id)
        .join(DraftRevision, DraftRevision.id == RevisionPicture.revision_id)
        .where(DraftRevision.draft_id == draft.id, RevisionPicture.media_id == media_id)
    )
    return session.scalar(query.limit(1)) is not None


def _pupils(session: Session, ids: Sequence[UUID], problems: list[Problem]) -> list[RevisionPupil]:
    chosen: list[RevisionPupil] = []
    for pupil_id in dict.fromkeys(ids):
        pupil = session.get(Pupil, pupil_id)
        if pupil is None:
            problems.append(
                Problem(
                    "pupils",
                    "A pupil who was chosen is not in the consent register any more: look at who is shown.",
                )
            )
            continue
        chosen.append(RevisionPupil(pupil_id=pupil.id, pupil=pupil))
    return chosen
